import { mkdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'vite';

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

const ROOT = resolve(import.meta.dirname, '../../..');
const OUT = join(ROOT, 'tests/.artifacts/sim');
const CODEC = join(ROOT, 'sync/wire/codec.ts');
const PLAIN_CODEC = join(ROOT, 'tests/sync/sim/plain-codec.ts');

/**
 * The simulation with everything that it runs, as one JavaScript file for a worker thread: starts at once, and may hold
 * a changed copy of the cores. Returns the file's path. `name` tells bundles apart that are there at one time.
 */
export async function bundleSimulation(name: string, { codec, replacements = [] }: BundleOptions): Promise<string> {
  const outDir = join(OUT, `${process.pid}-${name}`);
  await mkdir(outDir, { recursive: true });
  const applied = new Set<Replacement>();
  await build({
    configFile: false,
    root: ROOT,
    logLevel: 'error',
    plugins: [
      {
        name: 'simulation',
        enforce: 'pre',
        async load(id) {
          const changes = replacements.filter(({ file }) => join(ROOT, file) === id);
          let text = await readFile(id === CODEC && codec === 'plain' ? PLAIN_CODEC : id, 'utf8').catch(() => null);
          if (text === null) return null;
          for (const change of changes) {
            text = replaceOnce(text, change);
            applied.add(change);
          }
          return text;
        },
      },
    ],
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
  const missed = replacements.find((change) => !applied.has(change));
  if (missed) throw new Error(`${missed.file} is not part of the simulation`);
  return join(outDir, 'worker.mjs');
}

export async function removeBundle(file: string): Promise<void> {
  await rm(join(file, '..'), { recursive: true, force: true });
}

function replaceOnce(text: string, { file, from, to }: Replacement): string {
  const parts = text.split(from);
  if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times: ${from}`);
  return parts.join(to);
}
