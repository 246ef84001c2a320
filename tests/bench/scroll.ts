import type { CDPSession, Page } from 'playwright-core';
import { type DeviceOptions, LONGEST, MESSAGES, ask, onDevice } from './full-device.ts';
import type { Probe } from './screen-page.ts';
import { type Report, short, whole } from './table.ts';

/** Scrolls the longest conversation towards its beginning, and watches every frame and every task. */

interface Way {
  readonly name: string;
  readonly device: DeviceOptions;
  /** How long it goes on unless the beginning comes first, in milliseconds. */
  readonly ms: number;
  /** Once, with the middle of the conversation under the pointer. */
  move(page: Page, devtools: CDPSession): Promise<void>;
}

/** From one screen’s end to the other in a tenth of a second, which is more than a browser takes for a fling. */
const STROKE = { from: 180, step: 130, steps: 4 };
/** Until the finger is back at the top. */
const LIFTED_MS = 250;
/** Three screens at once, in pixels: nothing of one frame is in the next. */
const LEAP = 2_400;

const WAYS: readonly Way[] = [
  { name: 'A finger, on a slow phone', device: { touch: true }, ms: 60_000, move: fling },
  { name: 'A wheel, as fast as this machine goes', device: { full: true }, ms: 300_000, move: leap },
  { name: 'The same wheel on a slow phone', device: {}, ms: 60_000, move: leap },
];

const LIMIT_MS = 50;
const COLUMNS = [
  '',
  'Messages',
  'A second',
  'Frames',
  'Without a message',
  `Tasks above ${LIMIT_MS} ms`,
  'Longest task',
  'Held',
];

/** How the longest conversation is passed by a finger, and by a wheel that leaps. */
export async function measureScroll(): Promise<Report> {
  const rows: string[][] = [];
  const figures: Record<string, unknown> = {};
  for (const way of WAYS) {
    const { seen, passed, seconds } = await pass(way);
    const isHeld = seen.blank === 0 && seen.longTasks === 0;
    rows.push([
      way.name,
      whole(passed),
      whole(passed / seconds),
      whole(seen.frames),
      whole(seen.blank),
      whole(seen.longTasks),
      seen.longTasks === 0 ? `under ${LIMIT_MS} ms` : `${short(Math.round(seen.longest))} ms`,
      isHeld ? 'yes' : 'no',
    ]);
    figures[way.name] = { ...seen, passed, seconds };
  }
  return { tables: [{ name: 'scroll', columns: COLUMNS, rows }], figures };
}

function pass({ device, ms, move }: Way) {
  return onDevice(async (page, _url, devtools) => {
    await page.locator('.conversation-item', { hasText: LONGEST }).click();
    await page.locator('.timeline .message').first().waitFor();
    await page.waitForTimeout(1_500);
    const box = await page.locator('.timeline').boundingBox();
    if (box === null) throw new Error('The conversation is not on the screen.');
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await ask(page, 'watch()');
    const began = performance.now();
    let reached = MESSAGES;
    while (reached > 1 && performance.now() - began < ms) {
      for (let moved = 0; moved < 20; moved++) await move(page, devtools);
      reached = await ask<number>(page, 'reached()');
    }
    const seconds = (performance.now() - began) / 1000;
    const seen = await ask<Awaited<ReturnType<Probe['watchedSince']>>>(page, 'watchedSince()');
    return { seen, passed: MESSAGES - reached, seconds };
  }, device);
}

/** One stroke of a finger that lets go while it moves. */
async function fling(page: Page, devtools: CDPSession): Promise<void> {
  const x = 200;
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', touchPoints: { x: number; y: number }[]) =>
    devtools.send('Input.dispatchTouchEvent', { type, touchPoints });
  await touch('touchStart', [{ x, y: STROKE.from }]);
  for (let step = 1; step <= STROKE.steps; step++)
    await touch('touchMove', [{ x, y: STROKE.from + step * STROKE.step }]);
  await touch('touchEnd', []);
  await page.waitForTimeout(LIFTED_MS);
}

async function leap(page: Page): Promise<void> {
  await page.mouse.wheel(0, -LEAP);
}
