import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BrowserContext } from 'playwright-core';
import { type Friends, makeFriends } from './friends.ts';
import { type Person, texts } from './person.ts';

/** A day and some more, so that the time of day is wrong as well. */
const OFF = 25 * 3_600_000 + 17 * 60_000;

let friends: Friends;
beforeAll(async () => {
  friends = await makeFriends();
});
afterAll(() => friends?.close());

/** From the next page on, the clock of this browser's pages is off by so much. */
async function setClock(context: BrowserContext, ms: number): Promise<void> {
  await context.addInitScript((off) => {
    const Right = Date;
    const now = () => Right.now() + off;
    globalThis.Date = new Proxy(Right, {
      construct: (target, given: unknown[]) =>
        Reflect.construct(target, given.length === 0 ? [now()] : given) as Date,
      get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
    });
  }, ms);
}

async function reopen(person: Person, friend: string): Promise<void> {
  await person.page.reload();
  await person.openChat(friend);
}

/** The times of the messages on the screen, milliseconds since 1970. */
async function times({ page }: Person): Promise<number[]> {
  const stamps = await page
    .locator('.timeline-row time')
    .evaluateAll((all) => all.map((time) => (time as HTMLTimeElement).dateTime));
  return stamps.map((stamp) => Date.parse(stamp));
}

test('clocks a day behind and a day ahead change neither order nor number, and times are the server’s', async () => {
  const { ana, ben } = friends;
  const began = Date.now();
  const told: string[] = [];
  const say = async (person: Person, friend: Person, text: string) => {
    told.push(text);
    await person.send(text);
    await friend.sees(text);
  };
  await say(ana, ben, 'both right');
  await setClock(ana.browser.context, -OFF);
  await setClock(ben.browser.context, OFF);
  await reopen(ana, 'ben');
  await reopen(ben, 'ana');
  expect(Math.abs((await ana.page.evaluate(() => Date.now())) - Date.now() + OFF)).toBeLessThan(60_000);

  for (const round of [1, 2, 3]) {
    await say(ana, ben, `behind ${round}`);
    await say(ben, ana, `ahead ${round}`);
  }
  // What waits while offline has only the device's own time until the server gives it one.
  await ana.browser.context.setOffline(true);
  friends.proxy.cut();
  await friends.proxy.refuse();
  await ana.send('behind and offline', 'behind and offline still');
  await ana.sees('behind and offline still', 'queued');
  await say(ben, ben, 'ahead meanwhile');
  await friends.proxy.accept();
  await ana.browser.context.setOffline(false);
  told.push('behind and offline', 'behind and offline still');
  await ben.sees('behind and offline still');
  await ana.sees('behind and offline still', 'seen');

  expect(texts(await ben.readAll())).toEqual(told);
  expect(texts(await ana.readAll())).toEqual(told);
  const [hers, his] = [await times(ana), await times(ben)];
  expect(hers).toEqual(his);
  expect(hers).toEqual(hers.toSorted((a, b) => a - b));
  for (const time of hers) {
    expect(time).toBeGreaterThan(began - 5_000);
    expect(time).toBeLessThan(Date.now() + 5_000);
  }
});
