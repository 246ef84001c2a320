import { describe, expect, test } from 'vitest';
import type { DeviceId, OpId, UserId } from '#shared/ids.ts';
import { retryDelay } from '#sync/client/backoff.ts';
import type { Queued } from '#sync/client/ports.ts';
import {
  ANSWER_LIMIT,
  type ClientEffect,
  type ClientEvent,
  type ClientState,
  FLIGHT_WINDOW,
  PING_EVERY,
  STORE_RETRY,
  WAKE_LIMIT,
  newClient,
  step,
} from '#sync/client/state.ts';
import type { Down, Entry, Page } from '#sync/wire/down.ts';
import type { Cursor, Up } from '#sync/wire/up.ts';

const peer = 'B'.repeat(22) as UserId;
const other = 'C'.repeat(22) as UserId;
const device = 'D'.repeat(22) as DeviceId;
const at = (seq: number): Cursor => ({ epoch: 'e', seq, tag: seq });
const opId = (n: number): OpId => `0190b3c5-7d5e-7abc-8def-${String(n).padStart(12, '0')}` as OpId;
const queued = (n: number, to = peer, after: OpId | null = null): Queued => ({
  op: { id: opId(n), kind: 'message.send', to, envelope: new Uint8Array(10) },
  lane: `c:${to}`,
  after,
});
const entry = (seq: number): Entry => ({
  kind: 'receipt',
  seq,
  time: 1,
  peer,
  mine: { delivered: 0, seen: 0 },
  theirs: { delivered: 0, seen: 0 },
});
const page = (from: number, to: number, fields: Partial<Page> = {}): Page => ({
  from,
  to,
  tag: to,
  head: to,
  entries: Array.from({ length: to - from }, (_, i) => entry(from + i + 1)),
  ...fields,
});
const frame = (down: Down): ClientEvent => ({ kind: 'frame', frame: down });
const entries = (of: Page): ClientEvent => frame({ t: 'entries', page: of });
const outbox = (...rows: Queued[]): ClientEvent => ({ kind: 'outbox', queued: rows });
const ok = (...ns: number[]): ClientEvent =>
  frame({ t: 'results', results: ns.map((n) => ({ id: opId(n), ok: true as const, time: 1, n })) });

const start: ClientEvent = { kind: 'start', device, cursor: null };
const welcome = (head = 0): ClientEvent => frame({ t: 'welcome', v: 1, epoch: 'e', head, time: 1 });
const connected = (...rows: Queued[]): ClientEvent[] => [
  start,
  outbox(...rows),
  { kind: 'opened' },
  welcome(),
];

function run(...events: ClientEvent[]): [ClientState, ClientEffect[]] {
  let state = newClient();
  let effects: ClientEffect[] = [];
  for (const event of events) [state, effects] = step(state, event);
  return [state, effects];
}
const sent = (effects: ClientEffect[]): Up[] =>
  effects.flatMap((effect) => (effect.kind === 'send' ? [effect.frame] : []));
const sentIds = (effects: ClientEffect[]): OpId[] =>
  sent(effects).flatMap((up) => (up.t === 'ops' || up.t === 'hello' ? up.ops.map(({ id }) => id) : []));
const of = <K extends ClientEffect['kind']>(effects: ClientEffect[], kind: K) =>
  effects.filter((effect): effect is Extract<ClientEffect, { kind: K }> => effect.kind === kind);

describe('connecting', () => {
  test('W6: versions, cursor and the first operations travel in the hello', () => {
    const [, effects] = run({ kind: 'start', device, cursor: at(7) }, outbox(queued(1)), { kind: 'opened' });
    expect(sent(effects)).toEqual([{ t: 'hello', v: [1, 1], device, cursor: at(7), ops: [queued(1).op] }]);
  });

  test('C14: the hello waits until a page that is being stored has settled the cursor', () => {
    const reconnecting: ClientEvent[] = [
      ...connected(),
      entries(page(0, 2)),
      { kind: 'closed', code: null },
      { kind: 'timer', name: 'retry' },
      outbox(),
    ];
    const stored = run(...connected(), entries(page(0, 2)))[0].pages[0] as Page;
    let [state, effects] = run(...reconnecting, { kind: 'opened' });
    expect(sent(effects)).toEqual([]);
    // The state holds the very page that was handed to the store.
    const held = state.pages[0] as Page;
    expect(held).toEqual(stored);
    [state, effects] = step(state, { kind: 'stored', page: held });
    expect(sent(effects)).toMatchObject([{ t: 'hello', cursor: at(2) }]);
  });

  test('C8: the bound of the wait doubles from 1 s to 60 s', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 99].map(retryDelay)).toEqual([
      1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000,
    ]);
  });
  test('C8: every failure waits longer, with jitter; ten seconds of life forgive', () => {
    const fail: ClientEvent[] = [
      { kind: 'closed', code: null },
      { kind: 'timer', name: 'retry' },
      { kind: 'opened' },
      welcome(),
    ];
    const waits = (events: ClientEvent[]) => of(run(...events, { kind: 'closed', code: null })[1], 'timer');
    expect(waits([...connected(), ...fail, ...fail])).toContainEqual({
      kind: 'timer',
      name: 'retry',
      ms: 4000,
      jitter: true,
    });
    expect(waits([...connected(), ...fail, ...fail, { kind: 'timer', name: 'stable' }])).toContainEqual({
      kind: 'timer',
      name: 'retry',
      ms: 1000,
      jitter: true,
    });
  });
  test('C8: a wake tries at once', () => {
    const [state, effects] = run(...connected(), { kind: 'closed', code: null }, { kind: 'wake' });
    expect(state.phase).toBe('connecting');
    expect(of(effects, 'connect')).toHaveLength(1);
  });
  test('C8: the server may say how long to wait', () => {
    const [, effects] = run(...connected(), frame({ t: 'bye', code: 'UNAVAILABLE', retryAfter: 30_000 }));
    expect(of(effects, 'timer')).toContainEqual({ kind: 'timer', name: 'retry', ms: 30_000, jitter: false });
  });

  test('C9: a silent socket is asked, and given up without an answer', () => {
    let [state, effects] = run(...connected());
    expect(of(effects, 'timer')).toContainEqual({
      kind: 'timer',
      name: 'ping',
      ms: PING_EVERY,
      jitter: false,
    });
    [state, effects] = step(state, { kind: 'timer', name: 'ping' });
    expect(sent(effects)).toEqual([{ t: 'ping', id: 1 }]);
    expect(of(effects, 'timer')).toContainEqual({
      kind: 'timer',
      name: 'answer',
      ms: ANSWER_LIMIT,
      jitter: false,
    });
    [state, effects] = step(state, { kind: 'timer', name: 'answer' });
    expect(of(effects, 'disconnect')).toHaveLength(1);
    expect(state.phase).toBe('waiting');
  });
  test('C9: on waking, and when the browser says that the network is gone, the socket is asked at once', () => {
    for (const event of [{ kind: 'wake' }, { kind: 'network-gone' }] as const) {
      const [, effects] = run(...connected(), event);
      expect(sent(effects)).toEqual([{ t: 'ping', id: 1 }]);
      expect(of(effects, 'timer')).toContainEqual({
        kind: 'timer',
        name: 'answer',
        ms: WAKE_LIMIT,
        jitter: false,
      });
    }
  });
  test('C9: a result that comes before the welcome does not disarm the limit on the welcome', () => {
    // Regression: the server died between the two, and the client waited for ever. Found by simulation, seed 80.
    const [, effects] = run(start, outbox(queued(1)), { kind: 'opened' }, ok(1));
    expect(of(effects, 'cancel')).toEqual([]);
    expect(of(effects, 'timer')).toEqual([]);
  });

  test.each(['SESSION_ENDED', 'UNSUPPORTED_VERSION'])(
    'C12: %s stops the client, and the outbox is kept',
    (code) => {
      for (const event of [frame({ t: 'bye', code }), { kind: 'closed', code } as const]) {
        const [state, effects] = run(...connected(queued(1)), event);
        expect(state.phase).toBe('stopped');
        expect(of(effects, 'status').at(-1)?.status).toMatchObject({ link: 'stopped', reason: code });
        expect(of(effects, 'settle')).toEqual([]);
        expect(of(effects, 'timer')).toEqual([]);
      }
    },
  );
});

describe('the log', () => {
  test('C6: the cursor moves when the page is stored, and only then is it taken', () => {
    let [state, effects] = run(...connected(), entries(page(0, 2)));
    expect(of(effects, 'store')).toEqual([{ kind: 'store', page: page(0, 2), cursor: at(2) }]);
    expect(state.cursor).toBeNull();
    expect(sent(effects)).toEqual([]);
    [state, effects] = step(state, { kind: 'stored', page: state.pages[0] as Page });
    expect(state.cursor).toEqual(at(2));
    expect(sent(effects)).toEqual([{ t: 'took', seq: 2 }]);
  });
  test('C6: a full device keeps its cursor, and stores the same page again later', () => {
    let [state, effects] = run(...connected(), entries(page(0, 2)));
    const held = state.pages[0] as Page;
    [state, effects] = step(state, { kind: 'store-failed', page: held, code: 'STORAGE_FULL' });
    expect(state.cursor).toBeNull();
    expect(of(effects, 'timer')).toEqual([{ kind: 'timer', name: 'store', ms: STORE_RETRY, jitter: false }]);
    expect(of(effects, 'status').at(-1)?.status.reason).toBe('STORAGE_FULL');
    [state, effects] = step(state, { kind: 'timer', name: 'store' });
    expect(of(effects, 'store')).toEqual([{ kind: 'store', page: held, cursor: at(2) }]);
  });
  test('C5: pages are stored one after the other', () => {
    const [state, effects] = run(...connected(), entries(page(0, 2)), entries(page(2, 5)));
    expect(of(effects, 'store')).toEqual([]);
    expect(of(step(state, { kind: 'stored', page: state.pages[0] as Page })[1], 'store')).toMatchObject([
      { cursor: at(5) },
    ]);
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
    const [state, effects] = run(...connected(), entries(lie));
    expect(state).toMatchObject({ phase: 'waiting', cursor: null, pages: [], attempt: 1 });
    expect(of(effects, 'store')).toEqual([]);
    expect(of(effects, 'timer')).toContainEqual(expect.objectContaining({ name: 'retry' }));
  });
  test('C4: a page before the welcome is no page', () => {
    expect(run(start, { kind: 'opened' }, entries(page(0, 2)))[0].phase).toBe('waiting');
  });
  test('C13: a server that welcomes and then lies is met with ever longer waits', () => {
    const lie: ClientEvent[] = [
      { kind: 'timer', name: 'retry' },
      { kind: 'opened' },
      welcome(),
      entries(page(5, 6)),
    ];
    const [state] = run(...connected(), entries(page(5, 6)), ...lie, ...lie, ...lie);
    expect(state.attempt).toBe(4);
  });
  test('C13: bytes that are no frame end the connection, with a wait', () => {
    expect(run(...connected(), { kind: 'garbage' })[0]).toMatchObject({ phase: 'waiting', attempt: 1 });
  });

  test('C7: resync forgets cursor and pages on the way, and keeps the outbox', () => {
    const resync: ClientEvent[] = [
      { kind: 'start', device, cursor: at(9) },
      outbox(queued(1)),
      { kind: 'opened' },
      welcome(9),
      entries(page(9, 10)),
      frame({ t: 'resync' }),
    ];
    const [state, effects] = run(...resync);
    expect(state).toMatchObject({ cursor: null, pages: [], outbox: [queued(1)] });
    expect(of(effects, 'reset')).toHaveLength(1);
    const old = page(9, 10);
    expect(step(state, { kind: 'stored', page: old })[0].cursor).toBeNull();
    expect(of(step(state, entries(page(0, 4)))[1], 'store')).toMatchObject([{ cursor: at(4) }]);
  });

  test('W4: an unknown critical entry stops the client, which asks for an update', () => {
    const later = { kind: 'vote', seq: 1, time: 1, critical: true };
    const [state, effects] = run(...connected(), entries(page(0, 1, { entries: [later] })));
    expect(state).toMatchObject({ phase: 'stopped', reason: 'UNSUPPORTED_VERSION', cursor: null });
    expect(of(effects, 'store')).toEqual([]);
    expect(
      run(...connected(), entries(page(0, 1, { entries: [{ ...later, critical: false }] })))[0].storing,
    ).toBe(true);
  });

  test('catching up is shown with its progress, and small gaps are not', () => {
    const big: ClientEvent[] = [
      start,
      outbox(),
      { kind: 'opened' },
      welcome(1000),
      entries(page(0, 256, { head: 1000 })),
    ];
    const [state] = run(...big);
    const [, effects] = step(state, { kind: 'stored', page: state.pages[0] as Page });
    expect(of(effects, 'status')).toEqual([
      { kind: 'status', status: { link: 'catching-up', progress: { done: 256, total: 1000 }, reason: null } },
    ]);
    expect(of(run(start, outbox(), { kind: 'opened' }, welcome(3))[1], 'status')[0]?.status.link).toBe(
      'live',
    );
  });
});

describe('the outbox', () => {
  test('C2: operations are sent in the order they were made', () => {
    const [, effects] = run(...connected(), outbox(queued(1), queued(2, other), queued(3)));
    expect(sentIds(effects)).toEqual([opId(1), opId(2), opId(3)]);
  });
  test('C2: one that waits for another holds back its lane, and no other lane', () => {
    const accept: Queued = {
      op: { id: opId(1), kind: 'friend.accept', to: peer },
      lane: `f:${peer}`,
      after: null,
    };
    const rows = [accept, queued(2, peer, opId(1)), queued(3), queued(4, other)];
    let [state, effects] = run(...connected(), outbox(...rows));
    expect(sentIds(effects)).toEqual([opId(1), opId(4)]);
    [state] = step(state, ok(1));
    [state] = step(state, { kind: 'settled' });
    [state, effects] = step(state, outbox(...rows.slice(1)));
    expect(sentIds(effects)).toEqual([opId(2), opId(3)]);
  });
  test('C3: what was sent and not settled is sent again on the next connection', () => {
    const rows = [queued(1), queued(2)];
    const [, effects] = run(
      ...connected(...rows),
      { kind: 'closed', code: null },
      { kind: 'timer', name: 'retry' },
      outbox(...rows),
      { kind: 'opened' },
    );
    expect(sentIds(effects)).toEqual([opId(1), opId(2)]);
  });
  test('C3: nothing is sent twice on one connection', () => {
    expect(sentIds(run(...connected(queued(1)), outbox(queued(1), queued(2)))[1])).toEqual([opId(2)]);
  });
  test('C10: at most 256 operations are on their way', () => {
    const rows = Array.from({ length: 600 }, (_, i) => queued(i));
    const [state, effects] = run(...connected(), outbox(...rows));
    expect(sentIds(effects)).toHaveLength(FLIGHT_WINDOW);
    expect(state.inFlight.size).toBe(FLIGHT_WINDOW);
  });
  test('C11: an answered operation stays in line until its answer is stored, and its lane waits', () => {
    let [state, effects] = run(...connected(queued(1)), ok(1));
    expect(of(effects, 'settle')).toHaveLength(1);
    [state, effects] = step(state, outbox(queued(1), queued(2), queued(3, other)));
    expect(sentIds(effects)).toEqual([opId(3)]);
    [state, effects] = step(state, { kind: 'settled' });
    expect(of(effects, 'load-outbox')).toHaveLength(1);
    expect(sentIds(step(state, outbox(queued(2), queued(3, other)))[1])).toEqual([opId(2)]);
  });
  test('C11: results that come while others are stored are stored next', () => {
    let [state, effects] = run(...connected(queued(1), queued(2)), ok(1), ok(2));
    expect(of(effects, 'settle')).toEqual([]);
    [state, effects] = step(state, { kind: 'settled' });
    expect(of(effects, 'settle')).toMatchObject([{ results: [{ id: opId(2) }] }]);
    expect(state.settling).toHaveLength(1);
  });
  test('C1: an answer that could not be stored is asked for again', () => {
    const [state] = run(...connected(queued(1)), ok(1), { kind: 'settle-failed', code: 'STORAGE_FULL' });
    expect(state).toMatchObject({ phase: 'waiting', settling: [], results: [] });
  });
  test('a receipt that was replaced while it was on its way does not hold its place', () => {
    const receipt = (n: number): Queued => ({
      op: { id: opId(n), kind: 'receipt', to: peer, delivered: n, seen: 0 },
      lane: `r:${peer}`,
      after: null,
    });
    const [state, effects] = run(...connected(receipt(1)), outbox(receipt(2)));
    expect(sentIds(effects)).toEqual([opId(2)]);
    expect([...state.inFlight]).toEqual([opId(2)]);
  });
  test('C2: an outdated key costs no wait, and its lane is sent again in order', () => {
    const stale = frame({ t: 'results', results: [{ id: opId(1), ok: false, code: 'STALE_KEY' }] });
    const [state, effects] = run(
      ...connected(queued(1), queued(2)),
      stale,
      frame({ t: 'bye', code: 'STALE_KEY' }),
    );
    expect(state.attempt).toBe(0);
    expect(of(effects, 'timer')).toContainEqual({ kind: 'timer', name: 'retry', ms: 1000, jitter: true });
    const reconnect: ClientEvent[] = [
      { kind: 'timer', name: 'retry' },
      outbox(queued(1), queued(2)),
      { kind: 'opened' },
    ];
    let next = state;
    let last: ClientEffect[] = [];
    for (const event of reconnect) [next, last] = step(next, event);
    // Still being sealed anew: nothing of the lane goes out with the old key.
    expect(sentIds(last)).toEqual([]);
    for (const event of [{ kind: 'settled' }, outbox(queued(1), queued(2))] as const)
      [next, last] = step(next, event);
    expect(sentIds(last)).toEqual([opId(1), opId(2)]);
  });
});
