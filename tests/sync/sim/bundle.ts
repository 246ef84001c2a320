import { mkdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Plugin, build } from 'vite';

/** A change to the text of one source file: `from` has to be there exactly once. */
export interface Replacement {
  /** From the root of the project. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export interface BundleOptions {
  /** `plain` leaves out MessagePack and its checks. */
  readonly codec: 'real' | 'plain';
  readonly replacements?: readonly Replacement[];
}

export const ROOT = resolve(import.meta.dirname, '../../..');
export const OUT = join(ROOT, 'tests/.artifacts/sim');
const CODEC = join(ROOT, 'sync/wire/codec.ts');
const PLAIN_CODEC = new URL('./plain-codec.ts', import.meta.url);

/**
 * The simulation with everything that it runs, as one JavaScript file for a worker thread: starts at once, and may hold
 * a changed copy of the cores. Returns the file's path. `name` tells bundles apart that are there at one time.
 */
export async function bundleSimulation(
  name: string,
  { codec, replacements = [] }: BundleOptions,
): Promise<string> {
  const outDir = join(OUT, `${process.pid}-${name}`);
  await mkdir(outDir, { recursive: true });
  await build({
    configFile: false,
    root: ROOT,
    logLevel: 'error',
    plugins: [replacing(replacements), ...(codec === 'plain' ? [plainCodec] : [])],
    ssr: { noExternal: true },
    build: {
      ssr: join(import.meta.dirname, 'worker.ts'),
      outDir,
      emptyOutDir: true,
      minify: false,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'worker.mjs' } },
    },
  });
  return join(outDir, 'worker.mjs');
}

/** Loads changed copies of source files. Fails the build when one of them is not part of it. */
export function replacing(replacements: readonly Replacement[]): Plugin {
  const left = new Set(replacements);
  return {
    name: 'replacing',
    enforce: 'pre',
    async load(id) {
      const changes = replacements.filter(({ file }) => join(ROOT, file) === id);
      if (changes.length === 0) return null;
      let text = await readFile(id, 'utf8');
      for (const change of changes) {
        text = replaceOnce(text, change);
        left.delete(change);
      }
      return text;
    },
    buildEnd() {
      const [missed] = left;
      if (missed) throw new Error(`${missed.file} was not loaded`);
    },
  };
}

const plainCodec: Plugin = {
  name: 'plain-codec',
  enforce: 'pre',
  load: (id) => (id === CODEC ? readFile(PLAIN_CODEC, 'utf8') : null),
};

export async function removeBundle(file: string): Promise<void> {
  await rm(join(file, '..'), { recursive: true, force: true });
}

function replaceOnce(text: string, { file, from, to }: Replacement): string {
  const parts = text.split(from);
  if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times: ${from}`);
  return parts.join(to);
}
