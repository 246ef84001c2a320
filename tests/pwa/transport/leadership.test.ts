import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Browser, openBrowser } from '#tests/support/browser.ts';
import { until } from '#tests/support/wait.ts';
import type { Tab } from './leadership.page.ts';

declare const tab: Tab;

let server: Server;
let browser: Browser;
let pages: Page[] = [];

beforeAll(async () => {
  const script = await bundle();
  server = createServer((request, response) => {
    const isScript = request.url === '/tab.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
    response.end(
      isScript ? script : '<!doctype html><title>tab</title><script type="module" src="/tab.js"></script>',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  pages = [];
});
afterEach(async () => {
  expect(browser.faults()).toEqual([]);
  for (const page of pages) await page.close();
});

async function bundle(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      write: false,
      minify: false,
      rolldownOptions: { input: fileURLToPath(new URL('leadership.page.ts', import.meta.url)) },
    },
  });
  const outputs = Array.isArray(built) ? built : [built];
  const chunk = outputs
    .flatMap((one) => ('output' in one ? one.output : []))
    .find(({ type }) => type === 'chunk');
  if (chunk?.type !== 'chunk') throw new Error('nothing was bundled');
  return chunk.code;
}

async function openTab(): Promise<Page> {
  const page = await browser.context.newPage();
  pages.push(page);
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await page.waitForFunction(() => 'tab' in globalThis);
  return page;
}

const leads = (page: Page) => page.evaluate(() => tab.leads());
const heard = (page: Page) => page.evaluate(() => tab.heard);
const asked = (page: Page) => page.evaluate(() => tab.asked);
const within = { within: 3_000 };

async function leaderAndFollower(): Promise<[Page, Page]> {
  const leader = await openTab();
  await until(() => leads(leader), within);
  return [leader, await openTab()];
}

describe('the tabs of one browser', () => {
  it('have one leader, whose news all of them hear', async () => {
    const [leader, follower] = await leaderAndFollower();
    await leader.evaluate(() => {
      tab.say.live();
      tab.say.online('bob');
      tab.say.typing('bob');
    });
    await until(async () => (await heard(follower)).length >= 3, within);
    const expected = [
      ['status', 'live'],
      ['presence', ['bob'], [], false],
      ['typing', 'bob', true, 6000],
    ];
    expect(await heard(follower)).toEqual(expected);
    expect(await heard(leader)).toEqual(expected);
    expect(await leads(follower)).toBe(false);
  });

  it('tell a new one how things stand', async () => {
    const leader = await openTab();
    await until(() => leads(leader), within);
    await leader.evaluate(() => {
      tab.say.live();
      tab.say.online('bob');
    });
    const late = await openTab();
    await until(async () => (await heard(late)).length === 2, within);
    expect(await heard(late)).toEqual([
      ['status', 'live'],
      ['presence', ['bob'], [], true],
    ]);
  });

  it('let the leader do what any of them wants', async () => {
    const [leader, follower] = await leaderAndFollower();
    await follower.evaluate(() => {
      tab.seat.wake();
      tab.seat.networkGone();
      tab.seat.restart();
      tab.seat.typing('bob' as never, true);
      tab.seat.want('bob' as never, 30);
    });
    await until(async () => (await asked(leader)).length === 5, within);
    expect(await asked(leader)).toEqual([
      'wake',
      'network gone',
      'start',
      ['typing', 'bob', true],
      ['want', 'bob', 30],
    ]);
    expect(await asked(follower)).toEqual([]);
  });

  it('have a new leader in a moment when the old one is closed', async () => {
    const [leader, follower] = await leaderAndFollower();
    await leader.close();
    const began = performance.now();
    await until(() => leads(follower), within);
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it('have a new leader when the old one leaves, which then writes no more', async () => {
    const [leader, follower] = await leaderAndFollower();
    await leader.evaluate(() => tab.seat.leave());
    expect(await asked(leader)).toEqual(['stop']);
    await until(() => leads(follower), within);
    await follower.evaluate(() => tab.say.live());
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await heard(leader)).toEqual([]);
  });

  it('leave a leader that answers alone, however often they ask', async () => {
    const [leader, follower] = await leaderAndFollower();
    for (let i = 0; i < 4; i++) {
      await follower.evaluate(() => tab.seat.wake());
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    expect(await leads(leader)).toBe(true);
    expect(await leads(follower)).toBe(false);
  });

  it('take the lead from one that sleeps, which follows when it wakes', async () => {
    const [leader, follower] = await leaderAndFollower();
    // A page that is busy is as deaf as one that was put to sleep, which headless browsers don't do.
    const asleep = leader.evaluate(() => {
      const end = performance.now() + 1_500;
      while (performance.now() < end);
    });
    await follower.evaluate(() => tab.seat.wake());
    await until(() => leads(follower), { within: 1_300 });
    await asleep;
    await until(async () => !(await leads(leader)), within);
    expect(await asked(leader)).toContain('stop');

    await follower.evaluate(() => tab.say.live());
    await until(async () => (await heard(leader)).length > 0, within);
    await follower.close();
    await until(() => leads(leader), within);
  });

  it('C19: give the lead away when the store refuses it, and queue for it again', async () => {
    const [leader, follower] = await leaderAndFollower();
    await leader.evaluate(() => {
      tab.lose();
      tab.lose();
    });
    await until(() => leads(follower), within);
    expect(await leads(leader)).toBe(false);
    expect(await asked(leader)).toEqual(['stop']);
    await follower.close();
    await until(() => leads(leader), within);
  });

  const callsOf = async (page: Page) => (await asked(page)).filter((one) => Array.isArray(one));

  it('let the leader say what any of them says in a call, and all hear what is said to them', async () => {
    const [leader, follower] = await leaderAndFollower();
    await follower.evaluate(() => {
      tab.call('op');
      tab.seat.signal('bob' as never, 'phone' as never, new Uint8Array([7]));
      tab.seat.inCall('c' as never, 'bob' as never);
      tab.seat.dropCall('op' as never);
    });
    await until(async () => (await asked(leader)).length === 4, within);
    expect(await asked(leader)).toEqual([
      ['call', 'op', 'call.decline'],
      ['signal', 'bob', 'phone', [7]],
      ['in call', 'c', 'bob'],
      ['drop', 'op'],
    ]);
    await leader.evaluate(() => tab.say.signal('bob'));
    await until(async () => (await heard(follower)).length > 0, within);
    const expected = [['signal', 'bob', 'phone', [2, 3]]];
    expect(await heard(follower)).toEqual(expected);
    expect(await heard(leader)).toEqual(expected);
  });

  it('C24: tell the one that asked what became of a call, once', async () => {
    const [leader, follower] = await leaderAndFollower();
    await follower.evaluate(() => tab.call('one'));
    await leader.evaluate(() => tab.call('two'));
    await until(async () => (await asked(leader)).length === 2, within);
    await leader.evaluate(() => {
      for (const id of ['one', 'one', 'two', 'nobody’s']) tab.say.result(id);
      tab.say.typing('bob');
    });
    await until(async () => (await heard(follower)).length === 2, within);
    expect((await heard(follower))[0]).toEqual(['result', 'one', true]);
    expect((await heard(leader))[0]).toEqual(['result', 'two', true]);
    expect(await heard(leader)).toHaveLength(2);
  });

  it('C26: ask the next leader again for what has no answer, whichever of them it is', async () => {
    const [leader, follower] = await leaderAndFollower();
    const third = await openTab();
    await third.evaluate(() => {
      tab.call('answered');
      tab.call('dropped');
      tab.call('third');
    });
    await follower.evaluate(() => tab.call('second'));
    await until(async () => (await callsOf(leader)).length === 4, within);
    await third.evaluate(() => tab.seat.dropCall('dropped' as never));
    await leader.evaluate(() => tab.say.result('answered'));
    await until(async () => (await heard(third)).length === 1, within);
    await leader.close();
    await until(async () => (await callsOf(follower)).length === 2, within);
    expect((await callsOf(follower)).map((one) => (one as string[])[1])).toEqual(['second', 'third']);
    await follower.close();
    await until(async () => (await callsOf(third)).length === 1, within);
    expect(await callsOf(third)).toEqual([['call', 'third', 'call.decline']]);
  });

  it('C26: take the lead from a leader that sleeps while somebody calls, which then asks its successor', async () => {
    const [leader, follower] = await leaderAndFollower();
    await leader.evaluate(() => tab.call('older'));
    const asleep = leader.evaluate(() => {
      const end = performance.now() + 1_500;
      while (performance.now() < end);
    });
    await follower.evaluate(() => tab.call('newer'));
    await until(() => leads(follower), { within: 1_300 });
    await asleep;
    await until(async () => (await callsOf(follower)).length >= 2, within);
    const ids = (await callsOf(follower)).map((one) => (one as string[])[1]);
    expect(new Set(ids)).toEqual(new Set(['newer', 'older']));
  });
});
