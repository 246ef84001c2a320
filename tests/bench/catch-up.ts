import { cp, rm } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { buildIfStale } from '#api/dev/build.ts';
import { type Browser, openBrowser } from '#tests/support/browser.ts';
import { freePort } from '#tests/support/free-port.ts';
import { createProxy } from '#tests/support/proxy.ts';
import { SEEDED, seed } from '#tests/support/seed.ts';
import { startServer } from '#tests/support/server.ts';
import { settled } from '#tests/support/wait.ts';
import type { Probe } from './catch-up-page.ts';
import { buildPageScript } from './programs.ts';
import { median } from './statistics.ts';
import { type Report, short, whole } from './table.ts';

const MESSAGES = 10_000;
const WRITTEN_OFFLINE = 1000;
const ROUNDS = 3;
/** Long enough for a machine that does other things as well. */
const ANSWER_MS = 150_000;
const [, USER] = SEEDED.users;

/** A new device takes over a long history; then it writes in a tunnel and comes out. The built app in Chromium. */
export async function measureCatchUp(): Promise<Report> {
  await buildIfStale();
  const script = await buildPageScript(new URL('catch-up-page.ts', import.meta.url));
  const port = await freePort();
  const proxy = await createProxy(port);
  const app = `http://localhost:${proxy.port}`;
  const env = { NEXCHAT_FRAMES_PER_SECOND: '100000', NEXCHAT_BCRYPT_COST: '12' } as const;
  const server = await startServer({ port, origins: [app], env });
  const seeded = `${server.dataDir}-seeded`;
  const browsers: Browser[] = [];
  try {
    await seed({ url: server.url, messages: MESSAGES, received: false });
    await server.stop();
    await cp(server.dataDir, seeded, { recursive: true });
    const catchUps = [];
    let last: Visit | null = null;
    for (let round = 0; round < ROUNDS; round++) {
      await last?.browser.close();
      // What one device has fetched, the next would not fetch by itself.
      await server.stop();
      await rm(server.dataDir, { recursive: true });
      await cp(seeded, server.dataDir, { recursive: true });
      await server.start();
      const browser = await openBrowser();
      browsers.push(browser);
      await browser.context.addInitScript({ content: script });
      last = { browser, page: browser.page, frames: countFrames(browser.page) };
      catchUps.push(await takeOver(last, app));
    }
    if (last === null) throw new Error('Nobody came.');

    const { page, frames } = last;
    await proxy.refuse();
    proxy.cut();
    const written = await ask(page, (probe, messages) => probe.write(messages), WRITTEN_OFFLINE);
    await proxy.accept();
    const before = { ...frames };
    const drained = await ask(page, (probe) => probe.drained(), 0);
    const drain = { written, drained, up: frames.up - before.up, down: frames.down - before.down };
    return reportOf(catchUps, drain);
  } finally {
    for (const browser of browsers) await browser.close();
    await proxy.close();
    await server.close();
    await rm(seeded, { recursive: true, force: true });
  }
}

interface Visit {
  readonly browser: Browser;
  readonly page: Page;
  readonly frames: { up: number; down: number };
}
type CatchUp = Awaited<ReturnType<Probe['stored']>>;
interface Drain {
  readonly written: number;
  readonly drained: number;
  readonly up: number;
  readonly down: number;
}

/** Signs in on a device that has never been here. */
async function takeOver({ page, frames }: Visit, app: string): Promise<CatchUp & { down: number }> {
  await page.goto(app);
  // Whoever types a password gives the service worker the time to install.
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.fill('input[name=username]', USER);
  await page.fill('input[name=password]', SEEDED.password);
  const before = frames.down;
  const stored = ask(page, (probe, messages) => probe.stored(messages), MESSAGES);
  await page.click('button[type=submit]');
  return { ...(await stored), down: frames.down - before };
}

type Ask<T> = (probe: Probe, argument: number) => Promise<T>;

/** Calls the probe in the page. `asked` is sent as text: it sees nothing but its arguments. */
async function ask<T>(page: Page, asked: Ask<T>, argument: number): Promise<T> {
  const answer = page.evaluate<T>(`(${asked.toString()})(globalThis.probe, ${argument})`);
  return settled(answer, { within: ANSWER_MS, for: asked.toString() });
}

function countFrames(page: Page): { up: number; down: number } {
  const frames = { up: 0, down: 0 };
  page.on('websocket', (socket) => {
    socket.on('framesent', () => (frames.up += 1));
    socket.on('framereceived', () => (frames.down += 1));
  });
  return frames;
}

function reportOf(catchUps: readonly (CatchUp & { down: number })[], drain: Drain): Report {
  const of = (figure: (taken: CatchUp & { down: number }) => number): number => median(catchUps.map(figure));
  const seconds = (ms: number): string => `${short(ms / 1000)} s`;
  const stored = of((taken) => taken.stored);
  // Browsers report tasks above 50 ms only.
  const longest = of((taken) => taken.longestTask);
  const catchUp = [
    ['Sign-in pressed until the list of conversations shows', seconds(of((taken) => taken.listed))],
    ['Sign-in pressed until the newest messages can be read', seconds(of((taken) => taken.readable))],
    [`Sign-in pressed until all ${whole(MESSAGES)} messages are opened and stored`, seconds(stored)],
    ['Messages a second', whole((MESSAGES / stored) * 1000)],
    ['Longest task of the main thread meanwhile', longest === 0 ? 'under 50 ms' : `${whole(longest)} ms`],
    ['Tasks above 50 ms meanwhile', whole(of((taken) => taken.longTasks))],
    ['Frames received', whole(of((taken) => taken.down))],
  ];
  const outbox = [
    [`Writing ${whole(WRITTEN_OFFLINE)} messages offline, through the composer`, seconds(drain.written)],
    ['Network back until all are acknowledged and settled', seconds(drain.drained)],
    ['Messages a second', whole((WRITTEN_OFFLINE / drain.drained) * 1000)],
    ['Frames sent', whole(drain.up)],
    ['Frames received', whole(drain.down)],
  ];
  return {
    tables: [
      { name: 'catch-up', columns: ['', 'Chromium'], rows: catchUp },
      { name: 'outbox', columns: ['', 'Chromium'], rows: outbox },
    ],
    figures: { catchUps, drain },
  };
}
