import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StoredCall } from '#pwa/store/ports.ts';
import { type Call, advanceCall, isLive } from '#shared/call.ts';
import type { DeviceId, OpId, UserId } from '#shared/ids.ts';
import type { OpResult } from '#sync/wire/down.ts';
import { whyNoIsland } from '#tests/support/island.ts';
import { until } from '#tests/support/wait.ts';
import { type Alone, openAlone } from './alone.ts';
import type { Suite, ToServer } from './calls.page.ts';

declare const suite: Suite;

const whyNot = await whyNoIsland();
const ANN = 'AAAAAAAAAAAAAAAAAAAAAA' as UserId;
const BEA = 'BBBBBBBBBBBBBBBBBBBBBA' as UserId;
const ORIGINS = new Map([
  [ANN, 'http://127.0.0.1'],
  [BEA, 'http://localhost'],
]);
const deviceOf = (user: UserId) => user.replace(/.$/, 'Q') as DeviceId;

interface Tab {
  readonly user: UserId;
  readonly page: Page;
}

/** Calls of two people, by the rules of the server; one device each, of any number of tabs. */
function createServer() {
  const calls = new Map<OpId, Call>();
  const tabs = new Set<Tab>();
  const heard: ToServer[] = [];
  let deaf = false;

  const other = (user: UserId) => (user === ANN ? BEA : ANN);
  const present = (user: UserId): StoredCall[] =>
    [...calls.values()].map((call) => {
      const peer = other(user);
      return { ...call, peer, name: peer === BEA ? 'bea' : 'ann', mine: call.caller === user };
    });

  async function tell<T>(user: UserId, task: (page: Page) => Promise<T>): Promise<void> {
    for (const tab of tabs) if (tab.user === user) await task(tab.page).catch(() => {});
  }
  const tellLogs = async () => {
    for (const user of [ANN, BEA])
      await tell(user, (page) => page.evaluate((log) => suite.log(log), present(user)));
  };

  function start(user: UserId, id: OpId, device: DeviceId, media: Call['media']): string | null {
    const live = [...calls.values()].find(isLive);
    if (live !== undefined) {
      if (live.status !== 'ringing' || live.caller === user) return 'IN_CALL';
      return step(user, live.id, (call) =>
        advanceCall(call, { kind: 'answer', by: user, device }, Date.now()),
      );
    }
    calls.set(id, {
      id,
      caller: user,
      callee: other(user),
      media,
      status: 'ringing',
      after: 0,
      startedAt: Date.now(),
      answeredAt: null,
      endedAt: null,
      callerDevice: device,
      calleeDevice: null,
      seen: true,
    });
    return null;
  }

  function step(_user: UserId, id: OpId, change: (call: Call) => Call | undefined): string | null {
    const call = calls.get(id);
    if (call === undefined) return 'CALL_UNKNOWN';
    const next = change(call);
    if (next === undefined) return isLive(call) ? 'CALL_TAKEN' : 'CALL_OVER';
    calls.set(id, next);
    return null;
  }

  function execute(user: UserId, said: Extract<ToServer, { t: 'call' }>): string | null {
    const { op } = said;
    const now = Date.now();
    switch (op.kind) {
      case 'call.start':
        return start(user, op.id, op.device, op.media);
      case 'call.answer':
        return step(user, op.call, (call) =>
          advanceCall(call, { kind: 'answer', by: user, device: op.device }, now),
        );
      case 'call.decline':
        return step(user, op.call, (call) => advanceCall(call, { kind: 'decline', by: user }, now));
      case 'call.end':
        return step(user, op.call, (call) =>
          advanceCall(call, { kind: 'end', by: user, reason: op.reason }, now),
        );
    }
  }

  return {
    calls,
    heard,
    tabs,
    setDeaf(on: boolean) {
      deaf = on;
    },
    tellLogs,
    async hear(page: Page, said: ToServer): Promise<void> {
      const user = [...tabs].find((tab) => tab.page === page)?.user;
      if (user === undefined || deaf) return;
      heard.push(said);
      if (said.t === 'signal') {
        const live = [...calls.values()].some(({ status }) => status === 'in_progress');
        if (!live) return;
        return tell(said.to, (to) =>
          to.evaluate(([from, device, envelope]) => suite.signal(from, device, envelope), [
            user,
            deviceOf(user),
            said.envelope,
          ] as const),
        );
      }
      if (said.t !== 'call') return;
      const code = execute(user, said);
      const result: OpResult =
        code === null ? { id: said.op.id, ok: true, time: Date.now() } : { id: said.op.id, ok: false, code };
      await tell(user, (to) => to.evaluate((answer) => suite.result(answer), result));
      await tellLogs();
    },
  };
}

describe.skipIf(whyNot !== undefined)(
  `calls of two people${whyNot === undefined ? '' : ` (skipped: ${whyNot})`}`,
  () => {
    let alone: Alone;
    let server = createServer();
    let ann: Page;
    let bea: Page;

    beforeAll(async () => {
      alone = await openAlone(new URL('calls.page.ts', import.meta.url));
      await alone.context.exposeBinding('toServer', ({ page }, said: ToServer) => server.hear(page, said));
    }, 60_000);
    afterAll(() => alone?.close());
    beforeEach(async () => {
      server = createServer();
      [ann, bea] = [await open(ANN), await open(BEA)];
    });
    afterEach(async () => {
      for (const { page } of server.tabs) await page.close();
    });

    async function open(user: UserId): Promise<Page> {
      const page = await alone.tab(ORIGINS.get(user));
      server.tabs.add({ user, page });
      await enter(page, user);
      return page;
    }
    async function enter(page: Page, user: UserId): Promise<void> {
      await page.evaluate((device) => suite.enter(device), deviceOf(user));
      await server.tellLogs();
    }
    const state = (page: Page) => page.evaluate(() => suite.state());
    const comes = (page: Page, isSo: (now: Awaited<ReturnType<typeof state>>) => boolean, what: string) =>
      until(async () => isSo(await state(page)), { within: 10_000, for: what });
    const phase = (page: Page, wanted: string) => comes(page, (now) => now.phase === wanted, wanted);
    const rings = (page: Page) => comes(page, (now) => now.incoming !== null, 'it to ring');
    async function talk(media: 'voice' | 'video' = 'voice'): Promise<void> {
      await ann.evaluate(([peer, of]) => suite.call(peer, of), [BEA, media] as const);
      if (media === 'video') {
        await phase(ann, 'preview');
        await ann.evaluate(() => suite.act('startCall'));
      }
      await phase(ann, 'ringing');
      await rings(bea);
      await bea.evaluate((of) => suite.answer(of), media);
      await phase(ann, 'live');
      await phase(bea, 'live');
    }
    const theOnly = () => [...server.calls.values()];

    it('ring, are answered, are heard, and end on both sides', async () => {
      await talk();
      await comes(ann, (now) => now.emoji !== null && now.hears, 'the pictures and the voice');
      await comes(bea, (now) => now.emoji !== null && now.hears, 'the pictures and the voice');
      const [a, b] = [await state(ann), await state(bea)];
      expect(a.emoji).toEqual(b.emoji);
      expect(a.shown).toEqual(['none', 'starting', 'ringing', 'connecting', 'live']);
      expect(b.shown).toEqual(['none', 'connecting', 'live']);
      expect(server.heard.filter(({ t }) => t === 'in-call')).toHaveLength(2);
      await bea.evaluate(() => suite.act('endCall'));
      await phase(bea, 'ended');
      await phase(ann, 'ended');
      expect(await state(ann)).toMatchObject({
        ending: 'hung-up',
        error: null,
        emoji: null,
        mine: { microphone: false },
        reported: [],
      });
      expect(theOnly()).toMatchObject([{ status: 'completed' }]);
      // Said with a farewell, and gone by itself after a moment.
      await comes(ann, (now) => now.phase === null, 'the call to leave the screen');
    });

    it('show the own picture first, then each other’s, with a camera that goes on and off', async () => {
      await talk('video');
      await comes(ann, (now) => now.pictures.every(Boolean), 'both pictures');
      await comes(bea, (now) => now.pictures.every(Boolean), 'both pictures');
      await bea.evaluate(() => suite.camera(false));
      await comes(ann, (now) => !now.theirs.camera && now.pictures[1] === false, 'their camera to be off');
      await bea.evaluate(() => suite.camera(true));
      await comes(ann, (now) => now.theirs.camera && now.pictures[1] === true, 'their camera to be on');
    });

    it.each([
      ['declined', 'declineCall', 'declined'],
      ['called off', 'endCall', 'hung-up'],
    ] as const)('are %s', async (_what, action, ending) => {
      await ann.evaluate((peer) => suite.call(peer, 'voice'), BEA);
      await phase(ann, 'ringing');
      await rings(bea);
      await (action === 'declineCall' ? bea : ann).evaluate((what) => suite.act(what), action);
      await comes(ann, (now) => now.phase === 'ended' && now.ending === ending, ending);
      await comes(bea, (now) => now.incoming === null, 'silence');
    });

    it('are one when both call at once', async () => {
      await Promise.all([
        ann.evaluate((peer) => suite.call(peer, 'voice'), BEA),
        bea.evaluate((peer) => suite.call(peer, 'voice'), ANN),
      ]);
      await phase(ann, 'live');
      await phase(bea, 'live');
      expect(theOnly()).toMatchObject([{ status: 'in_progress' }]);
    });

    it.each([
      ['the caller', () => [ann, ANN] as const],
      ['the callee', () => [bea, BEA] as const],
    ])('go on when the page of %s is reloaded', async (_who, which) => {
      await talk();
      const [page, user] = which();
      await page.reload();
      await page.waitForFunction(() => 'suiteReady' in globalThis);
      await enter(page, user);
      await phase(page, 'live');
      await comes(
        page === ann ? bea : ann,
        (now) => now.phase === 'live' && now.emoji !== null,
        'live again',
      );
      await comes(page, (now) => now.emoji !== null, 'the pictures');
      expect((await state(ann)).emoji).toEqual((await state(bea)).emoji);
      expect(theOnly()).toMatchObject([{ status: 'in_progress' }]);
    });

    it('are called off by a page that goes while it rings', async () => {
      await ann.evaluate((peer) => suite.call(peer, 'voice'), BEA);
      await rings(bea);
      await ann.reload();
      await ann.waitForFunction(() => 'suiteReady' in globalThis);
      await enter(ann, ANN);
      await until(() => theOnly()[0]?.status === 'missed', {
        within: 5000,
        for: 'the call to be called off',
      });
      await comes(bea, (now) => now.incoming === null, 'silence');
    });

    it('are in one tab, which the others know', async () => {
      const second = await open(BEA);
      await ann.evaluate((peer) => suite.call(peer, 'voice'), BEA);
      await rings(bea);
      await rings(second);
      await bea.evaluate(() => suite.answer('voice'));
      await phase(bea, 'live');
      await comes(
        second,
        (now) => now.elsewhere === 'tab' && now.incoming === null,
        'the call to be elsewhere',
      );
      await second.evaluate((peer) => suite.call(peer, 'voice'), ANN);
      await comes(second, (now) => now.error === 'IN_CALL', 'the refusal');
      expect((await state(bea)).phase).toBe('live');
    });

    it('don’t begin without a relay when they must go through one', async () => {
      await ann.evaluate(() => suite.relayOnly(true));
      await ann.evaluate((peer) => suite.call(peer, 'voice'), BEA);
      await comes(ann, (now) => now.error === 'CALL_NO_RELAY', 'the refusal');
      expect(server.heard).toEqual([]);
      await ann.evaluate(() => suite.relayOnly(false));
    });

    it('say after a while that the server can’t be reached', async () => {
      server.setDeaf(true);
      await ann.evaluate((peer) => suite.call(peer, 'voice'), BEA);
      await until(async () => (await state(ann)).error === 'CALL_OFFLINE', {
        within: 18_000,
        for: 'the refusal',
      });
    }, 30_000);

    it('end when somebody goes out, and hold up an update until then', async () => {
      await talk();
      const over = ann.evaluate(() => suite.over());
      await comes(ann, (now) => now.toasts.some(({ what }) => what === 'after-call'), 'the note');
      await bea.evaluate(() => suite.leave());
      await until(() => theOnly()[0]?.status === 'completed', { within: 5000, for: 'the call to be over' });
      expect(await over).toBe('ended');
      expect(await state(bea)).toMatchObject({ phase: null, mine: { microphone: false } });
    });
  },
);
