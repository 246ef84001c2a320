import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** For a browser under test: nothing of its own goes to the network, and it runs as root in a container. */
export const CHROMIUM_ARGS: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The Chromium to test with. Rejects with what to do when there is none. */
export async function chromiumPath(): Promise<string> {
  const found = await findChromium();
  if (found === null) {
    throw new Error(
      'No Chromium found. Install one with `npm run pretest`, or name yours in NEXCHAT_CHROMIUM.',
    );
  }
  return found;
}

/** The Chromium named by NEXCHAT_CHROMIUM, else the system's, else one that Playwright has downloaded. */
export async function findChromium(): Promise<string | null> {
  const named = process.env['NEXCHAT_CHROMIUM'];
  if (named !== undefined && named !== '') {
    if (await canRun(named)) return named;
    throw new Error(`NEXCHAT_CHROMIUM names ${named}, which can't be run.`);
  }
  for (const path of [...SYSTEM, ...(await downloaded())]) if (await canRun(path)) return path;
  return null;
}

const SYSTEM = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** Playwright's own cache, newest build first. */
async function downloaded(): Promise<string[]> {
  const caches = [
    process.env['PLAYWRIGHT_BROWSERS_PATH'],
    join(homedir(), '.cache/ms-playwright'),
    join(homedir(), 'Library/Caches/ms-playwright'),
  ].filter((path): path is string => path !== undefined && path !== '');
  const found: string[] = [];
  for (const cache of caches) {
    const entries = await readdir(cache).catch(() => []);
    const builds = entries
      .filter((name) => /^chromium-\d+$/.test(name))
      .toSorted((a, b) => revision(b) - revision(a));
    for (const build of builds) for (const inside of INSIDE) found.push(join(cache, build, inside));
  }
  return found;
}

const INSIDE = [
  'chrome-linux64/chrome',
  'chrome-linux/chrome',
  'chrome-mac/Chromium.app/Contents/MacOS/Chromium',
  'chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
];

const revision = (name: string) => Number(name.slice('chromium-'.length));

async function canRun(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
