import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildIfStale } from '#api/dev/build.ts';
import { CHROMIUM_ARGS, chromiumPath } from '#tests/support/chromium.ts';
import { startServer } from '#tests/support/server.ts';
import { median } from './statistics.ts';
import { type Report, short, whole } from './table.ts';

/** Not a dependency: it is fetched when this is measured. The newest one that runs on Node 20. */
const LIGHTHOUSE = 'lighthouse@12.8.2';
const CATEGORIES = ['performance', 'accessibility', 'best-practices'] as const;
const TARGETS = { performance: 100, accessibility: 100, 'best-practices': 100 } as const;
const TIMES = [
  ['first-contentful-paint', 'First contentful paint'],
  ['largest-contentful-paint', 'Largest contentful paint'],
  ['total-blocking-time', 'Total blocking time'],
] as const;
const ROUNDS = 5;
const TRIES = 5;
const RUN_MS = 180_000;

interface Result {
  readonly categories: Readonly<Record<string, { readonly score: number }>>;
  readonly audits: Readonly<Record<string, { readonly numericValue?: number }>>;
}

/** What a newcomer meets: the door, on Lighthouse's mobile profile (a mid-range phone on slow 4G), with nothing cached. */
export async function measureLighthouse(): Promise<Report> {
  await buildIfStale();
  const server = await startServer();
  const folder = await mkdtemp(join(tmpdir(), 'nexchat-lighthouse-'));
  try {
    const results: Result[] = [];
    for (let round = 0; round < ROUNDS; round++)
      results.push(await run(server.url, join(folder, `${round}.json`)));
    const score = (name: string) =>
      median(results.map(({ categories }) => (categories[name]?.score ?? 0) * 100));
    const time = (name: string) =>
      median(results.map(({ audits }) => audits[name]?.numericValue ?? Number.NaN));
    const rows = [
      ...CATEGORIES.map((name) => {
        const reached = score(name);
        return [name, whole(TARGETS[name]), whole(reached), reached >= TARGETS[name] ? 'yes' : 'no'];
      }),
      ...TIMES.map(([name, title]) => [title, '', `${short(Math.round(time(name)))} ms`, '']),
    ];
    const table = { name: 'lighthouse', columns: ['', 'Target', 'Measured', 'Held'], rows };
    return { tables: [table], figures: results.map(({ categories }) => categories) };
  } finally {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(url: string, file: string): Promise<Result> {
  const chromeFlags = ['--headless=new', ...CHROMIUM_ARGS].join(' ');
  const args = [
    '--yes',
    LIGHTHOUSE,
    url,
    '--quiet',
    '--output=json',
    `--output-path=${file}`,
    `--only-categories=${CATEGORIES.join(',')}`,
    `--chrome-flags=${chromeFlags}`,
  ];
  const env = { ...process.env, CHROME_PATH: await chromiumPath(), CI: 'true' };
  const measure = () => promisify(execFile)('npx', args, { timeout: RUN_MS, env });
  for (let tried = 1; ; tried++) {
    try {
      await measure();
      break;
    } catch (error) {
      // It misses the beginning of a page now and then, and asks to be run again.
      if (tried === TRIES || !String(error).includes('NO_NAVSTART')) throw error;
    }
  }
  return JSON.parse(await readFile(file, 'utf8')) as Result;
}
