import { runVectorChecks } from './vector-checks.ts';
import { vectors } from './vectors.ts';

/** Runs in a browser: the frozen vectors on its own WebCrypto. */
const checks = { run: () => runVectorChecks(vectors) };
export type Checks = typeof checks;

Object.assign(globalThis, { checks });
