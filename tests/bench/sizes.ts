import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import * as v from 'valibot';
import { buildIfStale } from '#api/dev/build.ts';
import type { Report } from './table.ts';

const dist = fileURLToPath(new URL('../../dist/client/', import.meta.url));

/** Vite's list of what was built, by source. */
const buildList = v.record(
  v.string(),
  v.object({
    file: v.string(),
    css: v.optional(v.array(v.string()), []),
    imports: v.optional(v.array(v.string()), []),
  }),
);
type BuildList = v.InferOutput<typeof buildList>;

/** What a first visit downloads, and what the installed app keeps. */
export async function measureSizes(): Promise<Report> {
  await buildIfStale();
  const list = v.parse(buildList, JSON.parse(await readFile(`${dist}.vite/manifest.json`, 'utf8')));
  const first = loadedAtOnce(list, 'index.html').flatMap((key) => list[key] ?? []);
  const worker = await readFile(`${dist}sw.js`, 'utf8');
  const precached = [...worker.matchAll(/["`']?url["`']?:\s*["`']([^"`']+)["`']/g)].map(
    ([, url = '']) => url,
  );
  if (precached.length === 0) throw new Error('The service worker has no precache list.');

  const filesByName = {
    'Script of the first screen': first.map((chunk) => chunk.file),
    Styles: [...new Set(first.flatMap((chunk) => chunk.css))],
    'Service worker': ['sw.js'],
    'Everything kept for offline use': precached,
  };
  const figures = await Promise.all(
    Object.entries(filesByName).map(async ([name, files]) => {
      const contents = await Promise.all(files.map((file) => readFile(dist + file)));
      const sum = (size: (content: Buffer) => number): number =>
        contents.reduce((total, content) => total + size(content), 0);
      return {
        name,
        files: files.length,
        raw: sum((content) => content.length),
        // Alone, as the server sends them; fonts are compressed already.
        gzip: sum((content) => Math.min(content.length, gzipSync(content, { level: 9 }).length)),
      };
    }),
  );
  const kilobytes = (bytes: number): string => (bytes / 1000).toFixed(1);
  const rows = figures.map(({ name, files, raw, gzip }) => [
    name,
    String(files),
    kilobytes(raw),
    kilobytes(gzip),
  ]);
  return { tables: [{ name: 'sizes', columns: ['', 'Files', 'kB', 'kB gzip'], rows }], figures };
}

function loadedAtOnce(list: BuildList, key: string, seen = new Set<string>()): string[] {
  if (!seen.has(key)) {
    seen.add(key);
    for (const other of list[key]?.imports ?? []) loadedAtOnce(list, other, seen);
  }
  return [...seen];
}
