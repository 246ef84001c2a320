import { describe, expect, test } from 'vitest';
import { retryDelay } from '#sync/client/backoff.ts';
import type { Queued } from '#sync/client/ports.ts';
import {
  ANSWER_LIMIT,
  type ClientEvent,
  FLIGHT_WINDOW,
  GONE_LIMIT,
  PING_EVERY,
  STORE_RETRY,
  WAKE_LIMIT,
  statusOf,
} from '#sync/client/state.ts';
import type { Page } from '#sync/wire/down.ts';
import {
  at,
  beingStored,
  bye,
  connected,
  cut,
  device,
  entries,
  entry,
  frame,
  go,
  of,
  ok,
  opId,
  opened,
  other,
  outbox,
  page,
  peer,
  queued,
  receipt,
  results,
  retry,
  run,
  sent,
  sentIds,
  start,
  storeFailed,
  stored,
  welcome,
} from './client-steps.ts';

describe('connecting', () => {
  test('W6: versions, generation, cursor and the first operations travel in the hello', () => {
    const [, effects] = run(start({ cursor: at(7), gen: 4 }), outbox(queued(1)), opened);
    expect(sent(effects)).toEqual([
      { t: 'hello', v: [1, 1], device, gen: 4, cursor: at(7), ops: [queued(1).op] },
    ]);
  });
  test('C1: what does not fit into the hello follows the first frame that was heard', () => {
    const large = (n: number): Queued => ({
      ...queued(n),
      op: { id: opId(n), kind: 'message.send', to: peer, envelope: new Uint8Array(70_000) },
    });
    const [state, effects] = run(start({ cursor: at(7) }), outbox(large(1), large(2)), opened);
    expect(sentIds(effects)).toEqual([]);
    expect(sentIds(go(state, welcome(7))[1])).toEqual([opId(1), opId(2)]);
  });

  test('C14: the hello waits until a page that is being stored has settled the cursor', () => {
    const [state, effects] = run(...connected(null), entries(page(0, 2)), cut, retry, outbox(), opened);
    expect(sent(effects)).toEqual([]);
    expect(sent(go(state, stored(state))[1])).toMatchObject([{ t: 'hello', cursor: at(2) }]);
    expect(sent(go(state, storeFailed(state))[1])).toMatchObject([{ t: 'hello', cursor: null }]);
  });

  test('C8: the bound of the wait doubles from 1 s to 60 s', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 99].map(retryDelay)).toEqual([
      1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000,
    ]);
  });
  test('C8: every failure waits longer, with jitter; ten seconds of life forgive', () => {
    const fail: ClientEvent[] = [cut, retry, outbox(), opened, welcome()];
    const waits = (...events: ClientEvent[]) => of(run(...connected(null), ...events, cut)[1], 'timer');
    expect(waits(...fail, ...fail)).toContainEqual({ kind: 'timer', name: 'retry', ms: 4000, jitter: true });
    expect(waits(...fail, ...fail, { kind: 'timer', name: 'stable' })).toContainEqual({
      kind: 'timer',
      name: 'retry',
      ms: 1000,
      jitter: true,
    });
  });
  test('C8: a wake tries at once', () => {
    const [state, effects] = run(...connected(null), cut, { kind: 'wake' });
    expect(state.phase).toBe('connecting');
    expect(of(effects, 'connect')).toHaveLength(1);
  });
  test('C8: the server may say how long to wait', () => {
    const [, effects] = run(...connected(null), bye('UNAVAILABLE', 30_000));
    expect(of(effects, 'timer')).toContainEqual({ kind: 'timer', name: 'retry', ms: 30_000, jitter: false });
  });

  test('C9: a silent socket is asked, and given up without an answer', () => {
    const [live, first] = run(...connected(null));
    expect(of(first, 'timer')).toContainEqual({ kind: 'timer', name: 'ping', ms: PING_EVERY, jitter: false });
    const [asked, second] = go(live, { kind: 'timer', name: 'ping' });
    expect(sent(second)).toEqual([{ t: 'ping', id: 1 }]);
    expect(of(second, 'timer')).toContainEqual({
      kind: 'timer',
      name: 'answer',
      ms: ANSWER_LIMIT,
      jitter: false,
    });
    const [state, third] = go(asked, { kind: 'timer', name: 'answer' });
    expect(of(third, 'disconnect')).toHaveLength(1);
    expect(state.phase).toBe('waiting');
  });
  test('C9: typing and presence put off neither the ping nor the end of the wait for its answer', () => {
    const [live] = run(...connected(null));
    for (const chatter of [
      frame({ t: 'typing', from: peer, on: true, ttl: 5 }),
      frame({ t: 'presence', online: [peer], offline: [] }),
    ]) {
      for (const state of [live, go(live, { kind: 'timer', name: 'ping' })[0]]) {
        const [, effects] = go(state, chatter);
        expect([...of(effects, 'timer'), ...of(effects, 'cancel')]).toEqual([]);
      }
    }
    const [, effects] = go(live, frame({ t: 'pong', id: 1, head: 0 }));
    expect(of(effects, 'timer').map(({ name }) => name)).toEqual(['ping']);
  });
  test('C9: on waking, and when the browser says that the network is gone, the socket is asked at once', () => {
    const limits = { wake: WAKE_LIMIT, 'network-gone': GONE_LIMIT } as const;
    for (const kind of ['wake', 'network-gone'] as const) {
      const [, effects] = run(...connected(null), { kind });
      expect(sent(effects)).toEqual([{ t: 'ping', id: 1 }]);
      expect(of(effects, 'timer')).toContainEqual({
        kind: 'timer',
        name: 'answer',
        ms: limits[kind],
        jitter: false,
      });
    }
  });
  test('C9: without a network nothing on its way up is a reason to wait longer, and its return gives more time', () => {
    const [gone, effects] = run(...connected(null), outbox(queued(1)), { kind: 'network-gone' });
    expect(of(effects, 'timer').findLast(({ name }) => name === 'answer')?.ms).toBe(GONE_LIMIT);
    const [, again] = go(gone, { kind: 'wake' });
    expect(of(again, 'timer').findLast(({ name }) => name === 'answer')?.ms).toBe(ANSWER_LIMIT);
  });
  test('C9: without a network a connection that is being made has no longer to answer than one that lives', () => {
    for (const events of [[start()], [start(), opened]]) {
      const [state, effects] = run(...events, { kind: 'network-gone' });
      expect(of(effects, 'timer').at(-1)).toMatchObject({ name: 'answer', ms: GONE_LIMIT });
      expect(statusOf(state).link).toBe('offline');
    }
  });
  test('C9: on waking with operations on their way the answer may take as long as any', () => {
    const [, effects] = run(...connected(null), outbox(queued(1)), { kind: 'wake' });
    expect(of(effects, 'timer').map(({ name, ms }) => [name, ms])).toContainEqual(['answer', ANSWER_LIMIT]);
    expect(of(effects, 'timer').map(({ name, ms }) => [name, ms])).not.toContainEqual(['answer', WAKE_LIMIT]);
  });
  test('C9: a result that comes before the welcome does not disarm the limit on the welcome', () => {
    // Regression: the server died between the two, and the client waited for ever. Found by simulation.
    const [, effects] = run(start(), outbox(queued(1)), opened, ok(1));
    expect(of(effects, 'cancel')).toEqual([]);
    expect(of(effects, 'timer')).toEqual([]);
  });

  test.each(['SESSION_ENDED', 'UNSUPPORTED_VERSION'])(
    'C12: %s stops the client, and the outbox is kept',
    (code) => {
      for (const event of [bye(code), { kind: 'closed', code } as const]) {
        const [state, effects] = run(...connected(null, queued(1)), event);
        expect(state.phase).toBe('stopped');
        expect(of(effects, 'status').at(-1)?.status).toMatchObject({ link: 'stopped', reason: code });
        expect(of(effects, 'settle')).toEqual([]);
        expect(of(effects, 'timer')).toEqual([]);
      }
    },
  );

  describe('as a device with a generation', () => {
    test('C18: a new generation is named in the hello once it is kept, and not before', () => {
      const [state, effects] = run(start({ gen: 3 }), outbox(), opened, welcome(0, { gen: 4 }));
      expect(of(effects, 'keep-generation')).toEqual([{ kind: 'keep-generation', gen: 4 }]);
      // A device that is full can't keep it. It names the one before, and is given the same again.
      const [, unkept] = go(state, cut, retry, outbox(), opened);
      expect(sent(unkept)).toMatchObject([{ t: 'hello', gen: 3 }]);
      const [, kept] = go(state, { kind: 'generation-kept', gen: 4 }, cut, retry, outbox(), opened);
      expect(sent(kept)).toMatchObject([{ t: 'hello', gen: 4 }]);
    });

    const renamed: ClientEvent = {
      kind: 'renamed',
      standing: { cursor: at(5), device: other as never, gen: 0 },
    };
    test('C18: a copy takes another name, and says nothing until it has it', () => {
      const [state, effects] = run(...connected(at(5)), bye('DEVICE_CLONED'));
      expect(of(effects, 'disconnect')).toHaveLength(1);
      expect(of(effects, 'rename-device')).toHaveLength(1);
      const [waiting, silence] = go(state, { kind: 'wake' }, outbox(), opened);
      expect(sent(silence)).toEqual([]);
      expect(sent(go(waiting, renamed)[1])).toMatchObject([
        { t: 'hello', device: other, gen: 0, cursor: at(5) },
      ]);
    });
    test('C13: a server that takes every name for a copy is met with ever longer waits', () => {
      const again: ClientEvent[] = [renamed, retry, outbox(), opened, bye('DEVICE_CLONED')];
      const [state, effects] = run(...connected(at(5)), bye('DEVICE_CLONED'), ...again, ...again, ...again);
      expect(state.attempt).toBe(4);
      expect(of(effects, 'timer')).toContainEqual({ kind: 'timer', name: 'retry', ms: 8000, jitter: true });
      expect(of(go(state, renamed)[1], 'connect')).toEqual([]);
    });
    test('C18: a device that is too full for another name tries again', () => {
      const [state] = run(...connected(at(5)), bye('DEVICE_CLONED'));
      const [failed] = go(state, { kind: 'rename-failed', code: 'STORAGE_FULL' });
      expect(failed).toMatchObject({ phase: 'waiting', reason: 'STORAGE_FULL' });
      const [, effects] = go(failed, retry, outbox(), opened, bye('DEVICE_CLONED'));
      expect(of(effects, 'rename-device')).toHaveLength(1);
    });
  });
});

describe('the log', () => {
  test('C6: the cursor moves when the page is stored, and only then is it taken', () => {
    const [storing, first] = run(...connected(null), entries(page(0, 2)));
    expect(of(first, 'store')).toEqual([
      { kind: 'store', item: { kind: 'page', page: page(0, 2) }, cursor: at(2) },
    ]);
    expect(storing.cursor).toBeNull();
    expect(sent(first)).toEqual([]);
    const [state, second] = go(storing, stored(storing));
    expect(state.cursor).toEqual(at(2));
    expect(sent(second)).toEqual([{ t: 'took', seq: 2 }]);
  });
  test('C6: a full device keeps its cursor, and stores the same page again later', () => {
    const [storing] = run(...connected(null), entries(page(0, 2)));
    const item = beingStored(storing);
    const [state, effects] = go(storing, storeFailed(storing));
    expect(state.cursor).toBeNull();
    expect(of(effects, 'timer')).toEqual([{ kind: 'timer', name: 'store', ms: STORE_RETRY, jitter: false }]);
    expect(of(effects, 'status').at(-1)?.status.reason).toBe('STORAGE_FULL');
    expect(of(go(state, { kind: 'timer', name: 'store' })[1], 'store')).toEqual([
      { kind: 'store', item, cursor: at(2) },
    ]);
  });
  test('C5: pages are stored one after the other', () => {
    const [state, effects] = run(...connected(null), entries(page(0, 2)), entries(page(2, 5)));
    expect(of(effects, 'store')).toEqual([]);
    expect(of(go(state, stored(state))[1], 'store')).toMatchObject([{ cursor: at(5) }]);
  });

  const liars: [string, Page][] = [
    ['leaves a gap', page(1, 3)],
    ['covers nothing', page(0, 0)],
    ['goes backwards', page(0, 3, { to: -1 })],
    ['ends above the head', page(0, 3, { head: 2 })],
    ['holds an entry outside its range', page(0, 2, { entries: [entry(3)] })],
    ['holds entries out of order', page(0, 3, { entries: [entry(2), entry(1)] })],
    ['holds an entry twice', page(0, 3, { entries: [entry(1), entry(1)] })],
  ];
  test.each(liars)('C4 C13: a page that %s ends the connection, with a wait, and moves nothing', (_, lie) => {
    const [state, effects] = run(...connected(null), entries(lie));
    expect(state).toMatchObject({ phase: 'waiting', cursor: null, incoming: [], attempt: 1 });
    expect(of(effects, 'store')).toEqual([]);
    expect(of(effects, 'timer')).toContainEqual(expect.objectContaining({ name: 'retry' }));
  });
  test('C4: a page before the welcome is no page', () => {
    expect(run(start(), outbox(), opened, entries(page(0, 2)))[0].phase).toBe('waiting');
  });
  test('C13: a server that welcomes and then lies is met with ever longer waits', () => {
    const lie: ClientEvent[] = [retry, outbox(), opened, welcome(), entries(page(5, 6))];
    const [state] = run(...connected(null), entries(page(5, 6)), ...lie, ...lie, ...lie);
    expect(state.attempt).toBe(4);
  });
  test('C13: bytes that are no frame end the connection, with a wait', () => {
    expect(run(...connected(null), { kind: 'garbage' })[0]).toMatchObject({ phase: 'waiting', attempt: 1 });
  });

  test('W4: an unknown critical entry stops the client, which asks for an update', () => {
    const later = { kind: 'vote', seq: 1, time: 1, critical: true };
    const [state, effects] = run(...connected(null), entries(page(0, 1, { entries: [later] })));
    expect(state).toMatchObject({ phase: 'stopped', reason: 'UNSUPPORTED_VERSION', cursor: null });
    expect(of(effects, 'store')).toEqual([]);
    const harmless = page(0, 1, { entries: [{ ...later, critical: false }] });
    expect(run(...connected(null), entries(harmless))[0].storing).toBe(true);
  });

  test('catching up is shown with its progress, and small gaps are not', () => {
    const [state] = run(start(), outbox(), opened, welcome(1000), entries(page(0, 256, { head: 1000 })));
    expect(of(go(state, stored(state))[1], 'status')).toEqual([
      { kind: 'status', status: { link: 'catching-up', progress: { done: 256, total: 1000 }, reason: null } },
    ]);
    expect(of(run(start(), outbox(), opened, welcome(3))[1], 'status')[0]?.status.link).toBe('live');
  });
});

describe('the outbox', () => {
  test('C2: operations are sent in the order they were made', () => {
    const [, effects] = run(...connected(null), outbox(queued(1), queued(2, other), queued(3)));
    expect(sentIds(effects)).toEqual([opId(1), opId(2), opId(3)]);
  });
  test('C2: one that waits for another holds back its lane, and no other lane', () => {
    const accept: Queued = {
      op: { id: opId(1), kind: 'friend.accept', to: peer },
      lane: `f:${peer}`,
      after: null,
    };
    const rows = [accept, queued(2, peer, opId(1)), queued(3), queued(4, other)];
    const [waiting, first] = run(...connected(null), outbox(...rows));
    expect(sentIds(first)).toEqual([opId(1), opId(4)]);
    const [, second] = go(waiting, ok(1), { kind: 'settled' }, outbox(...rows.slice(1)));
    expect(sentIds(second)).toEqual([opId(2), opId(3)]);
  });
  test('C3: what was sent and not settled is sent again on the next connection', () => {
    const rows = [queued(1), queued(2)];
    const [, effects] = run(...connected(null, ...rows), cut, retry, outbox(...rows), opened);
    expect(sentIds(effects)).toEqual([opId(1), opId(2)]);
  });
  test('C3: nothing is sent twice on one connection', () => {
    expect(sentIds(run(...connected(null, queued(1)), outbox(queued(1), queued(2)))[1])).toEqual([opId(2)]);
  });
  test('C10: at most 256 operations are on their way', () => {
    const rows = Array.from({ length: 600 }, (_, i) => queued(i));
    const [state, effects] = run(...connected(null), outbox(...rows));
    expect(sentIds(effects)).toHaveLength(FLIGHT_WINDOW);
    expect(state.inFlight.size).toBe(FLIGHT_WINDOW);
  });
  test('C11: an answered operation stays in line until its answer is stored, and its lane waits', () => {
    const [answered, first] = run(...connected(null, queued(1)), ok(1));
    expect(of(first, 'settle')).toHaveLength(1);
    const [waiting, second] = go(answered, outbox(queued(1), queued(2), queued(3, other)));
    expect(sentIds(second)).toEqual([opId(3)]);
    const [settled, third] = go(waiting, { kind: 'settled' });
    expect(of(third, 'load-outbox')).toHaveLength(1);
    expect(sentIds(go(settled, outbox(queued(2), queued(3, other)))[1])).toEqual([opId(2)]);
  });
  test('C11: results that come while others are stored are stored next', () => {
    const [state, first] = run(...connected(null, queued(1), queued(2)), ok(1), ok(2));
    expect(of(first, 'settle')).toEqual([]);
    const [next, second] = go(state, { kind: 'settled' });
    expect(of(second, 'settle')).toMatchObject([{ results: [{ id: opId(2) }] }]);
    expect(next.settling).toHaveLength(1);
  });
  test('C1: an answer that could not be stored is asked for again', () => {
    const [state] = run(...connected(null, queued(1)), ok(1), {
      kind: 'settle-failed',
      code: 'STORAGE_FULL',
    });
    expect(state).toMatchObject({ phase: 'waiting', settling: [], results: [] });
  });
  test('C1: who is not connected reads the outbox when that changes', () => {
    const [state, effects] = run(...connected(null), cut, { kind: 'outbox-changed' });
    expect(of(effects, 'load-outbox')).toEqual([]);
    expect(of(go(state, retry)[1], 'load-outbox')).toHaveLength(1);
  });
  test('C2: an outdated key costs no wait, and its lane is sent again in order', () => {
    const rows = [queued(1), queued(2)];
    const stale = results({ id: opId(1), ok: false, code: 'STALE_KEY' });
    const [state, effects] = run(...connected(null, ...rows), stale, bye('STALE_KEY'));
    expect(state.attempt).toBe(0);
    expect(of(effects, 'timer')).toContainEqual({ kind: 'timer', name: 'retry', ms: 1000, jitter: true });
    // Still being sealed anew: nothing of the lane goes out with the old key.
    const [sealing, nothing] = go(state, retry, outbox(...rows), opened);
    expect(sentIds(nothing)).toEqual([]);
    const [, again] = go(sealing, { kind: 'settled' }, outbox(...rows));
    expect(sentIds(again)).toEqual([opId(1), opId(2)]);
  });
});

describe('receipts', () => {
  test('C17: they travel in the hello, beside the cursor that says which numbers they speak in', () => {
    expect(sentIds(run(start({ cursor: at(7) }), outbox(receipt(1)), opened)[1])).toEqual([opId(1)]);
    expect(sentIds(run(start(), outbox(receipt(1)), opened)[1])).toEqual([]);
  });
  test('C17: after the hello they wait for a welcome in the same epoch', () => {
    const [greeting, effects] = run(start({ cursor: at(7) }), outbox(), opened, outbox(receipt(1)));
    expect(sentIds(effects)).toEqual([]);
    expect(sentIds(go(greeting, welcome(7))[1])).toEqual([opId(1)]);
    expect(sentIds(go(greeting, welcome(0, { epoch: 'restored' }))[1])).toEqual([]);
  });
  test('C3: one that was replaced while it was on its way does not hold its place', () => {
    const [state, effects] = run(...connected(at(7), receipt(1)), outbox(receipt(2)));
    expect(sentIds(effects)).toEqual([opId(2)]);
    expect([...state.inFlight]).toEqual([opId(2)]);
  });
});

test('S16: a pong that tells of a longer log is not yet the log', () => {
  const [state] = run(...connected(at(7)), frame({ t: 'pong', id: 1, head: 9 }));
  expect(state).toMatchObject({ head: 9, cursor: at(7) });
});
