import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const path = (url: URL): string => fileURLToPath(url);
const out = path(new URL('../.artifacts/bench/', import.meta.url));
const input = {
  'relay-server': path(new URL('relay-server.ts', import.meta.url)),
  'bare-relay': path(new URL('bare-relay.ts', import.meta.url)),
  'relay-load': path(new URL('relay-load.ts', import.meta.url)),
  crowd: path(new URL('crowd.ts', import.meta.url)),
  'preload-soak': path(new URL('preload-soak.ts', import.meta.url)),
};

/** A module as one classic script, for a page to run before its own. */
export async function buildPageScript(entry: URL): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, minify: false, lib: { entry: path(entry), formats: ['iife'], name: 'bench' } },
  });
  const [bundle] = Array.isArray(built) ? built : [];
  const [chunk] = bundle?.output ?? [];
  if (chunk === undefined) throw new Error(`Nothing came of ${entry.href}`);
  return chunk.code;
}

/** Bundles the programs as the server is bundled: what runs from sources carries the loader's own cost. */
export async function buildPrograms(): Promise<Record<keyof typeof input, string>> {
  await build({
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    build: {
      ssr: true,
      outDir: out,
      emptyOutDir: true,
      target: 'node20',
      sourcemap: true,
      rolldownOptions: { input, output: { entryFileNames: '[name].js' } },
    },
  });
  const built = (name: keyof typeof input): string => `${out}${name}.js`;
  return {
    'relay-server': built('relay-server'),
    'bare-relay': built('bare-relay'),
    'relay-load': built('relay-load'),
    crowd: built('crowd'),
    'preload-soak': built('preload-soak'),
  };
}
