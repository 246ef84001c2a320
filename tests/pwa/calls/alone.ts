import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type BrowserContext, type Page, chromium } from 'playwright-core';
import { PAGE, bundle } from '#tests/support/browser-suite.ts';
import { CHROMIUM_ARGS, chromiumPath } from '#tests/support/chromium.ts';

const run = promisify(execFile);

/** A test module at work in a Chromium that reaches nothing but itself, with a camera and a microphone. */
export interface Alone {
  readonly context: BrowserContext;
  /** Opens a tab in which the module has run; two origins share no storage and no locks. */
  tab(origin?: string): Promise<Page>;
  /** Cuts what connects the browser with itself, or mends it. */
  cut(isCut: boolean): Promise<void>;
  close(): Promise<void>;
}

/** Why no browser can be put into a network of its own here; null when it can. */
export async function whyNotAlone(): Promise<string | null> {
  try {
    await run('unshare', ['--net', 'ip', 'link', 'set', 'lo', 'up'], { timeout: 5000 });
    return null;
  } catch {
    return 'no network namespace can be made here (that takes Linux, iproute2 and root)';
  }
}

const ORIGIN = 'http://127.0.0.1';
const WITH_MEDIA = [
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--allow-loopback-in-peer-connection',
  '--autoplay-policy=no-user-gesture-required',
];

export async function openAlone(entry: URL): Promise<Alone> {
  const code = await bundle(fileURLToPath(entry));
  const profile = await mkdtemp(join(tmpdir(), 'nexchat-alone-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: fileURLToPath(new URL('chromium-alone.sh', import.meta.url)),
    env: { ...process.env, NEXCHAT_ALONE: await chromiumPath() },
    args: [...CHROMIUM_ARGS, ...WITH_MEDIA],
    headless: true,
    timeout: 30_000,
  });
  context.setDefaultTimeout(15_000);
  // No server is in its network: what it asks for comes over the wire that steers it.
  await context.route('**/*', (route) => {
    const isScript = new URL(route.request().url()).pathname === '/suite.js';
    return route.fulfill({
      contentType: isScript ? 'text/javascript; charset=utf-8' : 'text/html; charset=utf-8',
      body: isScript ? code : PAGE,
    });
  });
  const inside = async (...command: string[]) => {
    const pid = await pidOf(profile);
    await run('nsenter', ['--target', pid, '--net', ...command], { timeout: 5000 });
  };
  return {
    context,
    async tab(origin = ORIGIN) {
      const page = await context.newPage();
      await page.goto(origin);
      await page.waitForFunction(() => 'suiteReady' in globalThis);
      return page;
    },
    cut: (isCut) => inside('ip', 'link', 'set', 'lo', isCut ? 'down' : 'up'),
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Chromium links its lock on a profile to "host-pid". */
async function pidOf(profile: string): Promise<string> {
  const { stdout } = await run('readlink', [join(profile, 'SingletonLock')]);
  return stdout.trim().split('-').at(-1) ?? '';
}
