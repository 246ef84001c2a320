import { expect, test } from 'vitest';
import { type DeviceId, type OpId, type UserId, pairOf } from '#shared/ids.ts';
import {
  HISTORY_WINDOW,
  OPERATION_WINDOW,
  PAGE_WINDOW,
  SIGNAL_WINDOW,
  SNAPSHOT_ABOVE,
  type SessionEffect,
  type SessionEvent,
  type SessionState,
  isIdle,
  openSession,
  step,
} from '#sync/server/session.ts';
import type { SnapshotRead } from '#sync/server/ports.ts';
import type { HistoryPage, Page } from '#sync/wire/down.ts';
import type { Cursor, Operation, Up } from '#sync/wire/up.ts';
import { VERSIONS } from '#sync/wire/version.ts';

const peer = 'B'.repeat(22) as UserId;
const other = 'C'.repeat(22) as UserId;
const device = 'D'.repeat(22) as DeviceId;
const opId = (n: number): OpId => `0190b3c5-7d5e-7abc-8def-${String(n).padStart(12, '0')}` as OpId;
const message = (n: number, to = peer): Operation => ({
  id: opId(n),
  kind: 'message.send',
  to,
  envelope: new Uint8Array(1),
});
const hello = (fields: Partial<Extract<Up, { t: 'hello' }>> = {}): SessionEvent => ({
  kind: 'frame',
  frame: { t: 'hello', v: [...VERSIONS], device, gen: 3, cursor: null, ops: [], ...fields },
});
const frame = (up: Up): SessionEvent => ({ kind: 'frame', frame: up });
const page = (from: number, to: number, head = to): Page => ({ from, to, tag: to, head, entries: [] });
const read = (of: Page | 'resync'): SessionEvent => ({ kind: 'read', page: of, epoch: 'e', now: 5 });
const generation = (gen: number | 'cloned' = 4): SessionEvent => ({ kind: 'generation', gen });
/** A hello that continues from entry `seq`, and everything that its welcome needs. */
const from = (seq: number, ops: Operation[] = []): SessionEvent[] => [
  hello({ cursor: cursorAt(seq), ops }),
  generation(),
];
const cursorAt = (seq: number): Cursor => ({ epoch: 'e', seq, tag: seq });
const part = (at: { first?: boolean; next?: boolean } = {}): SessionEvent => {
  const place = { seq: 9, tag: 9 };
  const found: SnapshotRead = {
    part: {
      ...place,
      revision: 1,
      contacts: [],
      conversations: [],
      first: at.first ?? false,
      done: !at.next,
    },
    next: at.next ? { ...place, pair: pairOf(peer, other) } : null,
  };
  return { kind: 'part', read: found };
};
const executed = (n: number, lane = `c:${peer}`): SessionEvent => ({
  kind: 'executed',
  id: opId(n),
  lane,
  result: { id: opId(n), ok: true, time: 5 },
});

/** Runs events one after the other; the effects are those of the last one. */
function after(...events: SessionEvent[]): [SessionState, SessionEffect[]] {
  let state = openSession();
  let effects: SessionEffect[] = [];
  for (const event of events) [state, effects] = step(state, event);
  return [state, effects];
}
const sent = (effects: SessionEffect[]) =>
  effects.flatMap((effect) => (effect.kind === 'send' ? [effect.frame] : []));
const kinds = (effects: SessionEffect[]) => effects.map(({ kind }) => kind);

test('W3: a client that is too old is told so, and the connection closes', () => {
  for (const v of [
    [0, 0],
    [7, 9],
  ] as [number, number][]) {
    const [state, effects] = after(hello({ v }));
    expect(effects).toEqual([
      { kind: 'send', frame: { t: 'bye', code: 'UNSUPPORTED_VERSION' } },
      { kind: 'close', code: 'UNSUPPORTED_VERSION' },
    ]);
    expect(state.phase).toBe('closed');
  }
});

test('W5: anything before the hello, and a second hello, end the connection', () => {
  expect(sent(after(frame({ t: 'ping', id: 1 }))[1])).toEqual([{ t: 'bye', code: 'BAD_FRAME' }]);
  expect(sent(after(hello(), hello())[1])).toEqual([{ t: 'bye', code: 'BAD_FRAME' }]);
});

test('W6: a hello with nothing new is answered by one welcome after one read', () => {
  const greeting = hello({ cursor: cursorAt(4) });
  expect(after(greeting)[1]).toEqual([
    { kind: 'use-device', device, gen: 3 },
    { kind: 'read', cursor: cursorAt(4) },
  ]);
  const welcome = { t: 'welcome', v: VERSIONS[1], epoch: 'e', head: 4, time: 5, gen: 4 };
  for (const events of [
    [generation(), read(page(4, 4))],
    [read(page(4, 4)), generation()],
  ]) {
    expect(sent(after(greeting, ...events.slice(0, 1))[1])).toEqual([]);
    expect(sent(after(greeting, ...events)[1])).toEqual([welcome]);
  }
});

test('S11: a cursor that does not fit is answered with resync and a snapshot', () => {
  const [state, effects] = after(...from(4), read('resync'));
  expect(sent(effects).map(({ t }) => t)).toEqual(['welcome', 'resync']);
  expect(effects.at(-1)).toEqual({ kind: 'read-snapshot', after: null });
  expect(sent(step(state, part({ first: true }))[1])).toMatchObject([
    { t: 'snapshot', part: { first: true } },
  ]);
  // Also in the middle of a connection, such as when the log was truncated meanwhile.
  const live = [...from(4), read(page(4, 5)), { kind: 'grew' } as const];
  const [, later] = after(...live, read('resync'));
  expect(kinds(later)).toEqual(['send', 'read-snapshot']);
});

test('S19: a log that is read from its start, or far ahead, is answered by a snapshot', () => {
  const answerTo = (cursor: Cursor | null, to: Page) =>
    kinds(after(hello({ cursor }), generation(), read(to))[1]).at(-1);
  expect(answerTo(null, page(0, 1))).toBe('read-snapshot');
  expect(answerTo(cursorAt(0), page(0, 1))).toBe('read-snapshot');
  expect(answerTo(cursorAt(5), page(5, 9, 6 + SNAPSHOT_ABOVE))).toBe('read-snapshot');
  expect(answerTo(cursorAt(5), page(5, 9, 5 + SNAPSHOT_ABOVE))).toBe('read');
  // An empty log has nothing to show.
  expect(answerTo(null, page(0, 0))).toBe('announce-presence');
});

test('S19: parts follow one another, pages follow the last from where the first began', () => {
  const begun = [...from(4), read('resync')];
  const second = after(...begun, part({ first: true, next: true }));
  const place = { seq: 9, tag: 9, pair: pairOf(peer, other) };
  expect(second[1].at(-1)).toEqual({ kind: 'read-snapshot', after: place });
  // What grows meanwhile waits for the end.
  const [growing, effects] = step(second[0], { kind: 'grew' });
  expect(effects).toEqual([]);
  const [last, more] = step(growing, part());
  expect(more.at(-1)).toEqual({ kind: 'read', cursor: cursorAt(9) });
  expect(kinds(step(last, read(page(9, 12)))[1])).toEqual(['send']);
});

test('S19 S13: each part that is taken gives credit for one more', () => {
  const events = [...from(4), read('resync'), part({ first: true, next: true })];
  for (let i = 1; i < PAGE_WINDOW; i++) events.push(part({ next: true }));
  let [state, effects] = after(...events);
  expect(kinds(effects)).toEqual(['send']);
  [state, effects] = step(state, frame({ t: 'took', seq: 9 }));
  expect(kinds(effects)).toEqual(['read-snapshot']);
  [state, effects] = step(state, part({ next: true }));
  expect(kinds(effects)).toEqual(['send']);
  // A page that is taken answers for every part before it.
  expect(step(state, frame({ t: 'took', seq: 10 }))[0].untaken).toEqual([]);
});

test('S20: at most 8 requests for history wait at a time', () => {
  const ask = (id: number): SessionEvent => frame({ t: 'history', id, peer, before: 40 });
  const asked = [...from(4), read(page(4, 4))];
  for (let id = 0; id < HISTORY_WINDOW; id++) asked.push(ask(id));
  const [state, effects] = after(...asked);
  expect(effects).toEqual([{ kind: 'read-history', id: 7, peer, before: 40 }]);
  expect(sent(step(state, ask(8))[1])).toEqual([{ t: 'bye', code: 'RATE_LIMITED' }]);

  const found: HistoryPage = { peer, from: 40, before: 40, messages: [], calls: [] };
  const [answered, answer] = step(state, { kind: 'history', id: 3, page: found });
  expect(sent(answer)).toEqual([{ t: 'history', id: 3, page: found }]);
  expect(kinds(step(answered, ask(8))[1])).toEqual(['read-history']);
});

test('S32: a device speaks for itself, once it is known to be no copy, and 64 signals wait at most', () => {
  const envelope = new Uint8Array(1);
  const toDevice = 'E'.repeat(22) as DeviceId;
  const signal = frame({ t: 'signal', to: peer, device: toDevice, envelope });
  const inCall = frame({ t: 'in-call', call: opId(1), peer });
  expect(after(...from(4), signal)[1]).toEqual([]);
  expect(after(...from(4), inCall)[1]).toEqual([]);
  const live = [...from(4), read(page(4, 4))];
  expect(after(...live, signal)[1]).toEqual([{ kind: 'relay-signal', device, to: peer, toDevice, envelope }]);
  expect(after(...live, inCall)[1]).toEqual([{ kind: 'keep-call', device, peer, call: opId(1) }]);

  const full = [...live, ...Array.from({ length: SIGNAL_WINDOW }, () => signal)];
  expect(sent(after(...full, signal)[1])).toEqual([{ t: 'bye', code: 'RATE_LIMITED' }]);
  expect(kinds(after(...full, { kind: 'signalled' }, signal)[1])).toEqual(['relay-signal']);
});

test('S32: a connection hears what is said to its own device, once it is welcome', () => {
  const envelope = new Uint8Array(1);
  const said = (toDevice: DeviceId): SessionEvent => ({
    kind: 'signal',
    from: peer,
    device: toDevice,
    toDevice,
    envelope,
  });
  const live = [...from(4), read(page(4, 4))];
  expect(after(...live, said(device))[1]).toEqual([
    { kind: 'send', frame: { t: 'signal', from: peer, device, envelope } },
  ]);
  expect(after(...live, said('E'.repeat(22) as DeviceId))[1]).toEqual([]);
  expect(after(...from(4), said(device))[1]).toEqual([]);
});

test('S21: a copy is told so, and nothing that it says is carried out', () => {
  const [waiting, effects] = after(hello({ ops: [message(1)] }), frame({ t: 'ops', ops: [message(2)] }));
  expect(effects).toEqual([]);
  expect(waiting.pending).toBe(2);
  expect(step(waiting, generation('cloned'))[1]).toEqual([
    { kind: 'send', frame: { t: 'bye', code: 'DEVICE_CLONED' } },
    { kind: 'close', code: 'DEVICE_CLONED' },
  ]);
  const [, welcomed] = after(hello({ ops: [message(1)] }), read(page(0, 0)), generation());
  expect(welcomed).toContainEqual({ kind: 'execute', lane: `c:${peer}`, op: message(1) });
});

test('S11: what came with a cursor that does not fit is not carried out until the client has forgotten it', () => {
  const resynced = [...from(4, [message(1)]), frame({ t: 'ops', ops: [message(2)] }), read('resync')];
  const [state, effects] = after(...resynced);
  expect(kinds(effects)).not.toContain('execute');
  expect(state.pending).toBe(0);
  expect(after(...resynced, frame({ t: 'ops', ops: [message(3)] }))[1]).toEqual([]);
  const forgotten = [...resynced, frame({ t: 'took', seq: 0 }), frame({ t: 'ops', ops: [message(4)] })];
  expect(after(...forgotten)[1]).toEqual([{ kind: 'execute', lane: `c:${peer}`, op: message(4) }]);
});

test('S23: a server that stops says when to come back', () => {
  expect(sent(after({ kind: 'end', code: 'UNAVAILABLE', retryAfter: 1_200 })[1])).toEqual([
    { t: 'bye', code: 'UNAVAILABLE', retryAfter: 1_200 },
  ]);
});

test('W7: an exchange is over when all that was asked is answered, as far as there is credit', () => {
  const idleAfter = (...events: SessionEvent[]): boolean => isIdle(after(...events)[0]);
  expect(idleAfter()).toBe(false);
  expect(idleAfter(hello())).toBe(false);
  expect(idleAfter(...from(4), read(page(4, 4)))).toBe(true);
  expect(idleAfter(...from(4), read(page(4, 5, 6)))).toBe(false);
  expect(idleAfter(...from(4, [message(1)]), read(page(4, 4)))).toBe(false);
  expect(idleAfter(...from(4, [message(1)]), read(page(4, 4)), executed(1))).toBe(true);
  expect(idleAfter(...from(4), read(page(4, 4)), frame({ t: 'history', id: 1, peer, before: 3 }))).toBe(
    false,
  );
  expect(idleAfter(...from(4), read('resync'), part({ first: true, next: true }))).toBe(false);
  expect(idleAfter(...from(4), generation('cloned'))).toBe(true);
  const full = [...from(4)];
  for (let i = 0; i < PAGE_WINDOW; i++) full.push(read(page(4 + i, 5 + i, 100)));
  expect(idleAfter(...full)).toBe(true);
});

test('S12: what was read is pushed, and reading goes on from its end', () => {
  const [, effects] = after(...from(4), read(page(4, 256, 300)));
  expect(sent(effects).map(({ t }) => t)).toEqual(['welcome', 'entries']);
  expect(effects.at(-1)).toEqual({ kind: 'read', cursor: cursorAt(256) });
});

test('S12: what grows during a read is read afterwards, although the read does not know of it', () => {
  const [, effects] = after(...from(4), { kind: 'grew' }, read(page(4, 4)));
  expect(kinds(effects)).toEqual(['send', 'announce-presence', 'read']);
});

test('S13: after 16 pages that nobody took, no more are read until one is', () => {
  const events: SessionEvent[] = [...from(1)];
  for (let i = 1; i <= PAGE_WINDOW; i++) events.push(read(page(i, i + 1, 100)));
  expect(kinds(after(...events)[1])).toEqual(['send']);
  expect(after(...events, frame({ t: 'took', seq: 2 }))[1]).toEqual([{ kind: 'read', cursor: cursorAt(17) }]);
});

test('S13: a slow socket gets no pages and no typing until it has drained', () => {
  const slow: SessionEvent[] = [...from(4), read(page(4, 4)), { kind: 'slow' }];
  expect(after(...slow, { kind: 'grew' })[1]).toEqual([]);
  expect(after(...slow, { kind: 'typing', from: peer, on: true })[1]).toEqual([]);
  expect(kinds(after(...slow, { kind: 'grew' }, { kind: 'drained' })[1])).toEqual(['read']);
});

test('S14: operations of one lane are carried out one after the other, of two lanes at once', () => {
  const ops = [message(1), message(2), message(3, other)];
  const [state, effects] = after(...from(4), read(page(4, 4)), frame({ t: 'ops', ops }));
  expect(effects).toEqual([
    { kind: 'execute', lane: `c:${peer}`, op: message(1) },
    { kind: 'execute', lane: `c:${other}`, op: message(3, other) },
  ]);
  const [next, more] = step(state, executed(1));
  expect(more).toEqual([
    { kind: 'send', frame: { t: 'results', results: [{ id: opId(1), ok: true, time: 5 }] } },
    { kind: 'execute', lane: `c:${peer}`, op: message(2) },
  ]);
  expect(kinds(step(next, executed(2))[1])).toEqual(['send']);
});

test('S14: a failure that may pass ends the connection, and nothing more of any lane is carried out', () => {
  const [state, effects] = after(...from(4, [message(1), message(2)]), read(page(4, 4)), {
    kind: 'failed',
    code: 'STORAGE_FULL',
  });
  expect(sent(effects)).toEqual([{ t: 'bye', code: 'STORAGE_FULL' }]);
  expect(step(state, executed(1))[1]).toEqual([]);
});

test('S7: an outdated key ends the connection after its answer, so that nothing of the lane gets ahead', () => {
  const result = { id: opId(1), ok: false, code: 'STALE_KEY' } as const;
  const [, effects] = after(...from(4, [message(1), message(2)]), read(page(4, 4)), {
    kind: 'executed',
    id: opId(1),
    lane: `c:${peer}`,
    result,
  });
  expect(effects).toEqual([
    { kind: 'send', frame: { t: 'results', results: [result] } },
    { kind: 'send', frame: { t: 'bye', code: 'STALE_KEY' } },
    { kind: 'close', code: 'STALE_KEY' },
  ]);
});

test('S16: a ping is answered, and looks into the log unless a read is under way', () => {
  const live: SessionEvent[] = [...from(2), read(page(2, 3))];
  expect(after(...live, frame({ t: 'ping', id: 8 }))[1]).toEqual([
    { kind: 'send', frame: { t: 'pong', id: 8, head: 3 } },
    { kind: 'read', cursor: { epoch: 'e', seq: 3, tag: 3 } },
  ]);
  expect(kinds(after(...live, { kind: 'grew' }, frame({ t: 'ping', id: 8 }))[1])).toEqual(['send']);
});

test('S17: more than 1,024 waiting operations end the connection', () => {
  const flood = (first: number): SessionEvent =>
    frame({ t: 'ops', ops: Array.from({ length: 256 }, (_, i) => message(first + i)) });
  const events = [...from(4), read(page(4, 4)), flood(0), flood(256), flood(512), flood(768)];
  expect(after(...events)[0].pending).toBe(OPERATION_WINDOW);
  expect(sent(after(...events, frame({ t: 'ops', ops: [message(9999)] }))[1])).toEqual([
    { t: 'bye', code: 'RATE_LIMITED' },
  ]);
});

test('S17: a frame that can’t be read and an ended sign-in close with their reason, once', () => {
  const [state, effects] = after(...from(4), { kind: 'broken-frame', code: 'BAD_FIELD' });
  expect(kinds(effects)).toEqual(['send', 'close']);
  expect(step(state, { kind: 'end', code: 'SESSION_ENDED' })[1]).toEqual([]);
});
