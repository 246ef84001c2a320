import { spawnSync } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { chromiumPath, findChromium } from './chromium.ts';

/** Runs before the tests: sees to it that there is a Chromium. Flows build the product themselves. */
if ((await findChromium()) === null) await install();
process.stdout.write(`Testing with ${await chromiumPath()}\n`);

async function install(): Promise<void> {
  process.stdout.write('No Chromium found, installing one …\n');
  const apt = process.getuid?.() === 0 && (await exists('/usr/bin/apt-get'));
  if (apt) {
    run('apt-get', ['update', '-qq']);
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium']);
  } else {
    run('npx', ['playwright-core', 'install', 'chromium']);
  }
}

function run(command: string, args: string[]): void {
  const { status, error } = spawnSync(command, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: 10 * 60_000,
  });
  if (status === 0) return;
  process.stderr.write(
    `\`${[command, ...args].join(' ')}\` failed${error === undefined ? '' : ` (${error.message})`}.\n` +
      'Install Chromium or Chrome yourself, or put the path of one into NEXCHAT_CHROMIUM.\n',
  );
  process.exit(1);
}

async function exists(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
