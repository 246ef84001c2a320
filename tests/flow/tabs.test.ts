import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../support/wait.ts';
import { type Friends, makeFriends } from './friends.ts';
import { type Person, personAt, texts } from './person.ts';

let friends: Friends;
beforeAll(async () => {
  friends = await makeFriends();
});
afterAll(() => friends?.close());

const TABS = 5;
const ROUNDS = 4;
/** Longer than followers wait for a leader to answer. */
const FROZEN_MS = 6_000;

async function openTab(): Promise<Person> {
  const { ana, url } = friends;
  const page = await ana.browser.context.newPage();
  await page.goto(url);
  const tab = personAt(ana.browser, page);
  await tab.openChat('ben');
  return tab;
}

/** Whether this page holds the lock of the leading tab. */
async function leads(page: Page): Promise<boolean> {
  return page.evaluate(async () => {
    const probe = `probe-${crypto.randomUUID()}`;
    return navigator.locks.request(probe, async () => {
      const { held = [] } = await navigator.locks.query();
      const self = held.find(({ name }) => name === probe)?.clientId;
      return held.some(({ name, clientId }) => name?.startsWith('nexchat-sync-') && clientId === self);
    });
  });
}

async function findLeader(tabs: readonly Person[]): Promise<number> {
  return until(
    async () => {
      for (const [index, { page }] of tabs.entries()) if (await leads(page)) return { index };
      return null;
    },
    { within: 10_000, for: 'a tab that leads' },
  ).then(({ index }) => index);
}

test('C19: five tabs write while their leaders are closed and frozen, and everything arrives once and in order', async () => {
  const { ana, ben } = friends;
  const tabs: Person[] = [ana];
  while (tabs.length < TABS) tabs.push(await openTab());
  const writtenByTab = new Map<Person, string[]>();
  let names = 0;
  const nameOf = new Map<Person, string>();
  const write = async (tab: Person, round: number) => {
    const name = nameOf.get(tab) ?? `tab${++names}`;
    nameOf.set(tab, name);
    for (const part of ['a', 'b']) {
      const text = `${name} ${round}${part}`;
      writtenByTab.set(tab, [...(writtenByTab.get(tab) ?? []), text]);
      await tab.send(text);
    }
  };
  await ben.send('go');

  for (let round = 0; round < ROUNDS; round++) {
    const at = await findLeader(tabs);
    const leader = tabs[at];
    if (leader === undefined) throw new Error('no leader');
    const others = tabs.filter((tab) => tab !== leader);
    if (round % 2 === 0) {
      // All write, and the leader goes as soon as its own is on the device.
      await Promise.all([
        ...others.map((tab) => write(tab, round)),
        write(leader, round).then(() => leader.page.close()),
      ]);
      tabs[at] = await openTab();
    } else {
      await write(leader, round);
      const frozen = leader.page.evaluate((ms) => {
        const end = performance.now() + ms;
        while (performance.now() < end);
      }, FROZEN_MS);
      // A person comes back to another tab.
      await others[0]?.page.evaluate(() => window.dispatchEvent(new Event('online')));
      await Promise.all(others.map((tab) => write(tab, round)));
      await until(async () => (await findLeader(others)) >= 0, { within: 10_000 });
      await frozen;
    }
    await ben.send(`answer ${round}`);
  }

  const all = [...writtenByTab.values()].flat();
  const expected = ROUNDS + 1 + all.length;
  const told = await until(
    async () => {
      const [hers, his] = [await tabs[0]?.readAll(), await ben.readAll()];
      const unsent = hers?.filter(({ tick }) => tick === 'queued' || tick === 'failed').length ?? 0;
      if (unsent > 0 || his.length < expected) throw new Error(`${unsent} unsent, ben has ${his.length}`);
      expect(texts(hers ?? [])).toEqual(texts(his));
      return texts(his);
    },
    { within: 40_000, every: 500, for: 'everything to arrive' },
  );
  expect(told).toHaveLength(expected);
  for (const written of writtenByTab.values()) {
    expect(told.filter((text) => written.includes(text))).toEqual(written);
  }
});
