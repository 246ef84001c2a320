import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { UserId } from '#shared/ids.ts';
import { type BrowserSuite, openBrowserSuite } from '#tests/support/browser-suite.ts';
import { until } from '#tests/support/wait.ts';
import type { Suite } from './suite.ts';

declare const suite: Suite;

let browser: BrowserSuite;
beforeAll(async () => {
  browser = await openBrowserSuite(new URL('suite.ts', import.meta.url));
});
afterAll(() => browser?.close());
afterEach(() =>
  Promise.all(
    browser.context
      .pages()
      .slice(1)
      .map((page) => page.close()),
  ),
);

async function begin(): Promise<{ tab: Page; peer: UserId }> {
  const tab = await browser.tab();
  return { tab, peer: await tab.evaluate(() => suite.begin()) };
}

async function join(): Promise<Page> {
  const tab = await browser.tab();
  expect(await tab.evaluate(() => suite.join())).toBe(true);
  return tab;
}

const state = (tab: Page, peer: UserId) => tab.evaluate((id) => suite.state(id), peer);

test('Two tabs that write at the same time make one chain, and each sees what the other wrote', async () => {
  const { tab: first, peer } = await begin();
  const second = await join();
  const write = (tab: Page, prefix: string) =>
    tab.evaluate(([id, name]) => suite.queue(id as UserId, name as string, 25), [peer, prefix]);
  await Promise.all([write(first, 'a'), write(second, 'b')]);

  const texts = await first.evaluate(() => suite.readChain());
  expect(texts).toHaveLength(50);
  for (const prefix of ['a', 'b']) {
    const own = texts.filter((text) => text.startsWith(prefix));
    expect(own).toEqual(own.map((_, index) => `${prefix}${index}`));
  }
  // Otherwise it was no race.
  expect(texts.join()).not.toBe(texts.toSorted().join());
  for (const tab of [first, second]) {
    await until(async () => (await tab.evaluate(() => suite.queuedSeen())) === 50, { within: 3_000 });
  }
});

test('C5 a tab that dies while it stores a page leaves all of it or nothing', async () => {
  const outcomes = new Set<number>();
  // Death comes while the page is opened, while it is written, and after.
  for (const ms of [5, 60, 150, 300]) {
    const { tab, peer } = await begin();
    await tab.evaluate(() => suite.make(300));
    await tab.evaluate(() => void suite.applyMade());
    await sleep(ms);
    await tab.close({ runBeforeUnload: false });
    const witness = await join();
    const after = await state(witness, peer);
    outcomes.add(after.messages);
    if (after.seq === 1) expect(after).toEqual({ seq: 1, messages: 0, unread: 0, receipts: 0 });
    else expect(after).toEqual({ seq: 301, messages: 300, unread: 300, receipts: 1 });
    await witness.close();
  }
  expect(outcomes).toContain(0);
});

test('The last message of a conversation is in the list of every tab as it stands: its tick, and when it is gone', async () => {
  const { tab: first, peer } = await begin();
  const second = await join();
  const all = async (expected: string) => {
    for (const tab of [first, second]) {
      await until(async () => (await tab.evaluate(() => suite.listed())) === expected, {
        within: 3_000,
        for: expected,
      });
    }
  };
  const write = (tab: Page, text: string) =>
    tab.evaluate(([id, prefix]) => suite.queue(id as UserId, prefix as string, 1), [peer, text]);
  await write(second, 'said ');
  await all('said 0 queued');
  await first.evaluate(() => suite.answer(1));
  await all('said 0 sent');
  await write(first, 'lost ');
  await all('lost 0 queued');
  await first.evaluate(() => suite.answer(null));
  await all('lost 0 failed');
  await second.evaluate((id) => suite.takeBackLast(id), peer);
  await all('said 0 sent');
});

test('C27 C29 all tabs hear at once that somebody calls, that it was missed, and that one of them has looked', async () => {
  const { tab: leader } = await begin();
  const other = await join();
  const all = async (...expected: number[]) => {
    for (const tab of [leader, other]) {
      const seen = () => tab.evaluate(() => suite.callsSeen());
      await until(async () => (await seen()).join() === expected.join(), { within: 3_000 });
    }
  };
  await leader.evaluate(() => suite.tellCall('ringing'));
  await all(1, 0);
  await leader.evaluate(() => suite.tellCall('missed'));
  await all(0, 1);
  await other.evaluate(() => suite.seeCalls());
  await all(0, 0);
  await leader.evaluate(() => suite.tellCall('missed'));
  await other.evaluate(() => suite.lead());
  await all(0, 0);
});

test('Erasing in one tab closes the others, which say so and write nothing any more', async () => {
  const { tab: first, peer } = await begin();
  const second = await join();
  await second.evaluate(() => suite.erase());
  await until(async () => (await first.evaluate(() => suite.lost())).includes('erased'), { within: 3_000 });
  expect(await first.evaluate((id) => suite.tryQueue(id, 'too late'), peer)).toBe('STORAGE_UNAVAILABLE');
  const third = await browser.tab();
  expect(await third.evaluate(() => suite.join())).toBe(false);
});

test('A newer version in another tab is let in, and this one does not come back', async () => {
  const { tab: first, peer } = await begin();
  const second = await browser.tab();
  await second.evaluate(() => suite.upgrade());
  expect(await first.evaluate(() => suite.lost())).toEqual(['upgraded']);
  expect(await first.evaluate((id) => suite.tryQueue(id, 'old rows'), peer)).toBe('STORAGE_UNAVAILABLE');
});

test('C19 a tab that leads no more can write nothing, though it was in the middle of it', async () => {
  const { tab: first, peer } = await begin();
  await first.evaluate(() => suite.make(300));
  const second = await join();
  await first.evaluate(() => suite.holdOpening());
  const late = first.evaluate(() => suite.applyMade());
  await until(() => first.evaluate(() => suite.isOpening()), { within: 3_000 });
  await second.evaluate(() => suite.lead());
  await first.evaluate(() => suite.goOnOpening());
  expect(await late).toBe('LEADERSHIP_LOST');
  expect(await state(second, peer)).toEqual({ seq: 1, messages: 0, unread: 0, receipts: 0 });
  // What a person writes is not a leader's.
  expect(await first.evaluate((id) => suite.tryQueue(id, 'from here'), peer)).toBeNull();
  await until(async () => (await second.evaluate(() => suite.queuedSeen())) === 1, { within: 3_000 });
});

test('C18 what one tab writes while another gives the copy its name is one chain for each name, in order', async () => {
  const { tab: leader, peer } = await begin();
  const writer = await join();
  const writing = writer.evaluate((id) => suite.queue(id, 'w', 25), peer);
  await leader.evaluate(() => suite.rename(4));
  await writing;
  expect(await leader.evaluate(() => suite.readChain())).toEqual(
    Array.from({ length: 25 }, (_, index) => `w${index}`),
  );
});

test('C15 a new device with 50 long conversations; the time to store them is printed', async () => {
  const { tab } = await begin();
  const spent = await tab.evaluate(() => suite.storeSnapshot(50, 25));
  process.stdout.write(`a snapshot of 50 conversations, 1,500 messages, stored in ${spent.toFixed(0)} ms\n`);
  expect(spent).toBeLessThan(10_000);
}, 60_000);

test('10,000 messages are stored and the newest ones shown; the times are printed', async () => {
  const { tab, peer } = await begin();
  await tab.evaluate(() => suite.make(10_000));
  const start = performance.now();
  expect(await tab.evaluate(() => suite.applyMade(250))).toBeNull();
  const stored = performance.now() - start;
  const shown = await tab.evaluate((id) => suite.timeWindow(id), peer);
  process.stdout.write(
    `10,000 messages stored in ${stored.toFixed(0)} ms, the newest 50 shown in ${shown.toFixed(1)} ms\n`,
  );
  expect(await state(tab, peer)).toMatchObject({
    seq: 10_001,
    messages: 10_000,
    unread: 10_000,
    receipts: 1,
  });
}, 60_000);
