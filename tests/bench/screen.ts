import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { buildIfStale } from '#api/dev/build.ts';
import { openBrowser } from '#tests/support/browser.ts';
import { SEEDED, seed } from '#tests/support/seed.ts';
import { type TestServer, startServer } from '#tests/support/server.ts';
import { settled } from '#tests/support/wait.ts';
import { buildPageScript } from './programs.ts';
import type { Probe } from './screen-page.ts';
import { median } from './statistics.ts';
import { type Report, short, whole } from './table.ts';

/** What a person waits for on the screen of a slow phone: a full device, its processor four times slower. */

const SLOWER = 4;
const CONVERSATIONS = 200;
const MESSAGES = 100_000;
/** One conversation is as long as all that the brief history of the others holds together. */
const OTHERS = 100;
const ROUNDS = 7;
const OPENED = 12;
const SENT = 12;
const ANSWER_MS = 30_000;
const FILL_MS = 240_000;
/** As far as a determined finger throws, in pixels, and how long it goes on. */
const THROW = 2_400;
const SCROLL_MS = 150_000;
const [FRIEND, USER] = SEEDED.users;

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
export async function closeScreens(): Promise<void> {
  const device = await made?.catch(() => null);
  if (!device) return;
  await device.server.close();
  await rm(device.profile, { recursive: true, force: true });
}

/** Opens the app on the full device, at its slower speed. */
async function onDevice<T>(task: (page: Page, url: string) => Promise<T>): Promise<T> {
  const { profile, server, script } = await fullDevice();
  const browser = await openBrowser({ profile, width: 412, height: 823 });
  const { context, page } = browser;
  try {
    await context.addInitScript({ content: script });
    const devtools = await context.newCDPSession(page);
    await page.goto(server.url);
    await page.locator('.conversation-item').first().waitFor();
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
    return await task(page, server.url);
  } finally {
    await browser.close();
  }
}

async function ask<T>(page: Page, call: string): Promise<T> {
  return settled(page.evaluate<T>(`globalThis.probe.${call}`), { within: ANSWER_MS, for: call });
}

const ms = (value: number): string => `${short(Math.round(value))} ms`;
const held = (isHeld: boolean): string => (isHeld ? 'yes' : 'no');
const COLUMNS = ['', 'Target', 'Median', 'Worst', 'Held'];
const WHERE = `${whole(MESSAGES + OTHERS * (CONVERSATIONS - 2))} messages in ${CONVERSATIONS} conversations`;

function rowOf(what: string, target: number, values: readonly number[]): string[] {
  const middle = median(values);
  return [what, `${target} ms`, ms(middle), ms(Math.max(...values)), held(middle <= target)];
}

/** How long it takes until the stored list of conversations, and a conversation, are on the screen. */
export async function measurePaint(): Promise<Report> {
  return onDevice(async (page, url) => {
    const empty: number[] = [];
    const listed: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await page.goto(`${url}/favicon.svg`);
      empty.push(await ask<number>(page, 'empty()'));
      await page.goto(url);
      listed.push(await ask<number>(page, 'listed()'));
    }
    const opened: number[] = [];
    for (let at = 0; at < OPENED; at++) {
      await page.goto(url);
      await ask(page, 'listed()');
      // Whoever looks for a name needs a moment.
      await page.waitForTimeout(1_500);
      opened.push(await ask<number>(page, `open(${at})`));
    }
    const rows = [
      ['An empty page of the same origin, as a yardstick', '', ms(median(empty)), ms(Math.max(...empty)), ''],
      rowOf(`The stored list, with ${WHERE}`, 500, listed),
      rowOf('A conversation, from the tap', 150, opened),
    ];
    return { tables: [{ name: 'paint', columns: COLUMNS, rows }], figures: { empty, listed, opened } };
  });
}

/** How long it takes until what one writes is on the screen, stored and sealed. */
export async function measureSend(): Promise<Report> {
  return onDevice(async (page) => {
    await page.locator('.conversation-item', { hasText: FRIEND }).click();
    await page.locator('.timeline .message').first().waitFor();
    await page.waitForTimeout(2_000);
    const bubbles: number[] = [];
    for (let at = 0; at < SENT; at++) bubbles.push(await ask<number>(page, `send('written ${at}')`));
    const rows = [rowOf('One’s own bubble, from Enter', 50, bubbles)];
    return { tables: [{ name: 'send', columns: COLUMNS, rows }], figures: { bubbles } };
  });
}

/** Throws the longest conversation towards its beginning, as fast as it goes. */
export async function measureScroll(): Promise<Report> {
  return onDevice(async (page) => {
    await page.locator('.conversation-item', { hasText: 'friend.000' }).click();
    await page.locator('.timeline .message').first().waitFor();
    await page.waitForTimeout(1_500);
    const box = await page.locator('.timeline').boundingBox();
    if (box === null) throw new Error('The conversation is not on the screen.');
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await ask(page, 'watch()');
    const began = performance.now();
    let reached = MESSAGES;
    while (reached > 1 && performance.now() - began < SCROLL_MS) {
      for (let thrown = 0; thrown < 20; thrown++) await page.mouse.wheel(0, -THROW);
      reached = await ask<number>(page, 'reached()');
    }
    const seconds = (performance.now() - began) / 1000;
    const seen = await ask<Awaited<ReturnType<Probe['watchedSince']>>>(page, 'watchedSince()');
    const passed = MESSAGES - reached;
    const longest = seen.longest === 0 ? 'under 50 ms' : ms(seen.longest);
    const rows = [
      ['Messages passed', '', whole(passed), ''],
      ['Messages a second', '', whole(passed / seconds), ''],
      ['Frames', '', whole(seen.frames), ''],
      ['Frames without a message', '0', whole(seen.blank), held(seen.blank === 0)],
      ['Longest task of the main thread', '50 ms', longest, held(seen.longest <= 50)],
      ['Tasks above 50 ms', '0', whole(seen.longTasks), held(seen.longTasks === 0)],
    ];
    return {
      tables: [{ name: 'scroll', columns: ['', 'Target', 'Measured', 'Held'], rows }],
      figures: { ...seen, passed, seconds },
    };
  });
}
