import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { whyNoIsland } from '#tests/support/island.ts';
import { until } from '#tests/support/wait.ts';
import { type Alone, openAlone } from './alone.ts';
import type { Suite } from './connection-line.page.ts';

declare const suite: Suite;
type Name = 'caller' | 'callee';

const whyNot = await whyNoIsland();

describe.skipIf(whyNot !== undefined)(
  `what is between the devices of a call${whyNot === undefined ? '' : ` (skipped: ${whyNot})`}`,
  () => {
    let alone: Alone;
    let page: Page;
    let calls = 0;

    beforeAll(async () => {
      alone = await openAlone(new URL('connection-line.page.ts', import.meta.url));
      page = await alone.tab();
    }, 60_000);
    afterAll(() => alone?.close());
    afterEach(() =>
      page.evaluate(() => {
        suite.close();
        suite.hangs(false);
        suite.loses(false);
        suite.keepEvery(null);
      }),
    );

    const state = (name: Name) => page.evaluate((of) => suite.state(of), name);
    const both = () => Promise.all([state('caller'), state('callee')]);
    const call = () => page.evaluate((number) => suite.call(number), ++calls);
    const connected = () =>
      until(async () => (await both()).every((one) => one.connected && one.emoji !== null), {
        within: 12_000,
        for: 'both to be connected, with pictures',
      });
    async function whileLost(happens: () => Promise<void>): Promise<void> {
      await page.evaluate(() => suite.loses(true));
      await happens();
      await new Promise((resolve) => setTimeout(resolve, 200));
      await page.evaluate(() => suite.loses(false));
    }
    const theyHear = (on: boolean, within: number) =>
      until(async () => (await state('caller')).theirs.microphone === on, {
        within,
        for: `the microphone to be ${on ? 'on' : 'off'}`,
      });

    it('hears the next call after one that ended while a description was being set', async () => {
      const closed = page.evaluate(() => suite.closesWhileSetting());
      await call();
      await closed;
      await call();
      await connected();
    });

    it('hears the next call though something of the one before is never opened', async () => {
      await page.evaluate(() => suite.hangs(true));
      await call();
      await new Promise((resolve) => setTimeout(resolve, 200));
      await page.evaluate(() => {
        suite.close();
        suite.hangs(false);
      });
      await call();
      await connected();
    });

    it('tells with each keep who is muted, should it have got lost', async () => {
      await page.evaluate(() => suite.keepEvery(500));
      await call();
      await connected();
      await theyHear(true, 3_000);
      await whileLost(() => page.evaluate(() => suite.microphone(false)));
      await theyHear(false, 3_000);
    });

    it('tells at once who is muted when the server is back', async () => {
      await call();
      await connected();
      await page.evaluate(() => suite.microphone(true));
      await theyHear(true, 3_000);
      await whileLost(() => page.evaluate(() => suite.microphone(false)));
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      expect((await state('caller')).theirs.microphone).toBe(true);
      await page.evaluate(() => suite.repeat('callee'));
      await theyHear(false, 3_000);
    });

    it('marks pictures that are others than before, on both sides', async () => {
      await call();
      await connected();
      const [before] = await both();
      expect((await both()).map(({ changed }) => changed)).toEqual([false, false]);
      await page.evaluate((number) => suite.reload('callee', number), calls);
      await until(async () => (await both()).every(({ emoji }) => emoji !== null && emoji !== before.emoji), {
        within: 12_000,
        for: 'other pictures',
      });
      const after = await both();
      expect(after[0].emoji).toBe(after[1].emoji);
      expect(after.map(({ changed }) => changed)).toEqual([true, true]);
      await page.evaluate(() => suite.close());
      expect((await both()).map(({ changed }) => changed)).toEqual([false, false]);
    });
  },
);
