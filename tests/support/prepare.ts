import { spawnSync } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { chromiumPath, findChromium } from './chromium.ts';

/**
 * Runs before the tests: sees to it that there is a Chromium, and in CI also what some tests are skipped without. Flows
 * build the product themselves.
 */

/** Debian packages by the program that tells whether they are there. */
const ALSO = {
  '/usr/bin/redis-server': 'redis-server',
  '/usr/bin/turnserver': 'coturn',
  '/sbin/ip': 'iproute2',
} as const;

const canInstall = process.getuid?.() === 0 && (await exists('/usr/bin/apt-get'));
if ((await findChromium()) === null) installChromium();
if (process.env['CI']) await installOthers();
process.stdout.write(`Testing with ${await chromiumPath()}\n`);

function installChromium(): void {
  process.stdout.write('No Chromium found, installing one …\n');
  const why = canInstall ? aptGet('chromium') : run('npx', ['playwright-core', 'install', 'chromium']);
  if (why === null) return;
  process.stderr.write(
    `${why}\nInstall Chromium or Chrome yourself, or put the path of one into NEXCHAT_CHROMIUM.\n`,
  );
  process.exit(1);
}

async function installOthers(): Promise<void> {
  const missing: string[] = [];
  for (const [program, name] of Object.entries(ALSO)) if (!(await exists(program))) missing.push(name);
  if (missing.length === 0) return;
  const why = canInstall ? aptGet(...missing) : 'That takes root and apt-get.';
  if (why !== null) process.stdout.write(`Tests go on without ${missing.join(', ')}. ${why}\n`);
}

function aptGet(...names: string[]): string | null {
  return (
    run('apt-get', ['update', '-qq']) ??
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names])
  );
}

/** What went wrong; null when nothing did. */
function run(command: string, args: string[]): string | null {
  const { status, error } = spawnSync(command, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: 10 * 60_000,
  });
  if (status === 0) return null;
  return `\`${[command, ...args].join(' ')}\` failed${error === undefined ? '' : ` (${error.message})`}.`;
}

async function exists(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
