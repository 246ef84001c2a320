import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type LogLevel, build, runnerImport } from 'vite';
import { drawing } from '../../vite.config.ts';
import { compressFiles } from './compress.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Everything that a build is made of. Names are relative to the root. */
const SOURCES = ['pwa', 'api', 'sync', 'shared', 'vite.config.ts', 'package.json', 'package-lock.json'];

/** Left by a finished build: the digest of the sources that it was made of. */
const STAMP = 'dist/sources.sha256';

/** Builds the client into dist/client and the server into dist/server. */
async function buildAll(logLevel: LogLevel): Promise<void> {
  const made = await digestSources();
  await rm(`${root}dist`, { recursive: true, force: true });
  const options = { configFile: `${root}vite.config.ts`, logLevel };
  // Vite takes the caller's NODE_ENV over its own; a test runner's would make a development build.
  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = 'production';
  try {
    await build(options);
    await drawDoors(`${root}dist/client`);
    await compressFiles(`${root}dist/client`);
    await build({ ...options, build: { ssr: true } });
  } finally {
    if (before === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = before;
  }
  await mkdir(`${root}dist`, { recursive: true });
  await writeFile(root + STAMP, made);
}

/** Puts a page beside index.html for newcomers of each language, in which the door is drawn already. */
async function drawDoors(dir: string): Promise<void> {
  type Drawing = { doorPages(index: string): Record<string, string> };
  const { module } = await runnerImport<Drawing>(`${root}pwa/door-pages.tsx`, {
    plugins: drawing(),
    logLevel: 'error',
  });
  const pages = module.doorPages(await readFile(`${dir}/index.html`, 'utf8'));
  for (const [language, page] of Object.entries(pages)) await writeFile(`${dir}/door.${language}.html`, page);
}

/** Builds unless what is built was made of exactly the present sources. True when it had to build. */
export async function buildIfStale(): Promise<boolean> {
  const stamp = await readFile(root + STAMP, 'utf8').catch(() => null);
  if (stamp !== null && stamp === (await digestSources())) return false;
  await buildAll('error');
  return true;
}

/** Contents and names, not times: those change with a checkout and go back with a restored file. */
async function digestSources(): Promise<string> {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    for (const file of await filesUnder(source))
      hash
        .update(`${file}\0`)
        .update(await readFile(root + file))
        .update('\0');
  }
  return hash.digest('hex');
}

async function filesUnder(path: string): Promise<string[]> {
  if ((await stat(root + path)).isFile()) return [path];
  const entries = await readdir(root + path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath.slice(root.length)}/${entry.name}`)
    .toSorted();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--if-stale')) await buildIfStale();
  else await buildAll('info');
}
