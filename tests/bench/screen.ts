import { CONTENTS, ask, onDevice } from './full-device.ts';
import { SEEDED } from '#tests/support/seed.ts';
import { median } from './statistics.ts';
import { type Report, short } from './table.ts';

/** What a person waits for on the screen of a slow phone: a full device, its processor four times slower. */

const ROUNDS = 7;
const OPENED = 12;
const SENT = 12;
const FRIEND = SEEDED.users[0];

const ms = (value: number): string => `${short(Math.round(value))} ms`;
const held = (isHeld: boolean): string => (isHeld ? 'yes' : 'no');
const COLUMNS = ['', 'Target', 'Median', 'Worst', 'Held'];

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
      rowOf(`The stored list, with ${CONTENTS}`, 500, listed),
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
