import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CDPSession, Page } from 'playwright-core';
import { buildIfStale } from '#api/dev/build.ts';
import { type BrowserOptions, openBrowser } from '#tests/support/browser.ts';
import { SEEDED, seed } from '#tests/support/seed.ts';
import { type TestServer, startServer } from '#tests/support/server.ts';
import { settled } from '#tests/support/wait.ts';
import { buildPageScript } from './programs.ts';
import { whole } from './table.ts';

/** A device with all that a person may have on it, made once for every part that looks at its screen. */

/** So many times slower than this machine’s processor is the one of a phone. */
const SLOWER = 4;
const CONVERSATIONS = 200;
/** In the longest conversation, which is that with `LONGEST`. */
export const MESSAGES = 100_000;
export const LONGEST = 'friend.000';
/** One conversation is as long as all that the brief history of the others holds together. */
const OTHERS = 100;
const ANSWER_MS = 30_000;
const FILL_MS = 240_000;
const USER = SEEDED.users[1];
/** What is on it, in words. */
export const CONTENTS = `${whole(MESSAGES + OTHERS * (CONVERSATIONS - 2))} messages in ${CONVERSATIONS} conversations`;

interface Device {
  readonly profile: string;
  readonly server: TestServer;
  readonly script: string;
}

let made: Promise<Device> | null = null;

/** A device with everything on it, made once for all parts. */
function fullDevice(): Promise<Device> {
  made ??= (async () => {
    await buildIfStale();
    const script = await buildPageScript(new URL('screen-page.ts', import.meta.url));
    const server = await startServer({ env: { NEXCHAT_FRAMES_PER_SECOND: '100000' } });
    const profile = await mkdtemp(join(tmpdir(), 'nexchat-screen-'));
    await seed({ url: server.url, messages: 50 });
    const browser = await openBrowser({ profile });
    const { page } = browser;
    try {
      await page.goto(server.url);
      await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
      await page.fill('input[name=username]', USER);
      await page.fill('input[name=password]', SEEDED.password);
      await page.click('button[type=submit]');
      await page.locator('.conversation-item').first().waitFor();
      // The app's own origin without the app.
      await page.goto(`${server.url}/favicon.svg`);
      await page.evaluate(script);
      const counts = [MESSAGES, ...Array.from({ length: CONVERSATIONS - 2 }, () => OTHERS)];
      await settled(page.evaluate<void>(`globalThis.probe.fill(${JSON.stringify(counts)})`), {
        within: FILL_MS,
        for: 'the database to be filled',
      });
    } finally {
      await browser.close();
    }
    return { profile, server, script };
  })();
  return made;
}

/** To be called when no part is measured any more. */
export async function closeDevice(): Promise<void> {
  const device = await made?.catch(() => null);
  if (!device) return;
  await device.server.close();
  await rm(device.profile, { recursive: true, force: true });
}

export interface DeviceOptions extends Pick<BrowserOptions, 'touch'> {
  /** At the speed of this machine, not of a phone. */
  readonly full?: boolean;
}

/** Opens the app on the full device, which is as slow as a phone. */
export async function onDevice<T>(
  task: (page: Page, url: string, devtools: CDPSession) => Promise<T>,
  { touch = false, full = false }: DeviceOptions = {},
): Promise<T> {
  const { profile, server, script } = await fullDevice();
  const browser = await openBrowser({ profile, width: 412, height: 823, touch });
  const { context, page } = browser;
  try {
    await context.addInitScript({ content: script });
    const devtools = await context.newCDPSession(page);
    await page.goto(server.url);
    await page.locator('.conversation-item').first().waitFor();
    if (!full) await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
    return await task(page, server.url, devtools);
  } finally {
    await browser.close();
  }
}

/** Has the page of `screen-page.ts` do something, and waits no longer than an answer takes. */
export async function ask<T>(page: Page, call: string): Promise<T> {
  return settled(page.evaluate<T>(`globalThis.probe.${call}`), { within: ANSWER_MS, for: call });
}
