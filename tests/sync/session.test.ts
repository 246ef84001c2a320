import { expect, test } from 'vitest';
import type { DeviceId, OpId, UserId } from '#shared/ids.ts';
import {
  OPERATION_WINDOW,
  PAGE_WINDOW,
  type SessionEffect,
  type SessionEvent,
  type SessionState,
  openSession,
  step,
} from '#sync/server/session.ts';
import type { Page } from '#sync/wire/down.ts';
import type { Operation, Up } from '#sync/wire/up.ts';

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
  frame: { t: 'hello', v: [1, 1], device, cursor: null, ops: [], ...fields },
});
const frame = (up: Up): SessionEvent => ({ kind: 'frame', frame: up });
const page = (from: number, to: number, head = to): Page => ({ from, to, tag: to, head, entries: [] });
const read = (of: Page | 'resync'): SessionEvent => ({ kind: 'read', page: of, epoch: 'e', now: 5 });
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
  const [state, effects] = after(hello({ v: [7, 9] }));
  expect(effects).toEqual([
    { kind: 'send', frame: { t: 'bye', code: 'UNSUPPORTED_VERSION' } },
    { kind: 'close', code: 'UNSUPPORTED_VERSION' },
  ]);
  expect(state.phase).toBe('closed');
});

test('W5: anything before the hello, and a second hello, end the connection', () => {
  expect(sent(after(frame({ t: 'ping', id: 1 }))[1])).toEqual([{ t: 'bye', code: 'BAD_FRAME' }]);
  expect(sent(after(hello(), hello())[1])).toEqual([{ t: 'bye', code: 'BAD_FRAME' }]);
});

test('W6: a hello with nothing new is answered by one welcome after one read', () => {
  expect(kinds(after(hello({ cursor: { epoch: 'e', seq: 4, tag: 4 } }))[1])).toEqual(['read']);
  const [, effects] = after(hello({ cursor: { epoch: 'e', seq: 4, tag: 4 } }), read(page(4, 4)));
  expect(sent(effects)).toEqual([{ t: 'welcome', v: 1, epoch: 'e', head: 4, time: 5 }]);
});

test('S11: a cursor that does not fit is answered with resync, and the log from the start', () => {
  const [, effects] = after(hello({ cursor: { epoch: 'old', seq: 4, tag: 4 } }), read('resync'));
  expect(sent(effects).map(({ t }) => t)).toEqual(['welcome', 'resync']);
  expect(effects.at(-1)).toEqual({ kind: 'read', cursor: null });
});

test('S12: what was read is pushed, and reading goes on from its end', () => {
  const [, effects] = after(hello(), read(page(0, 256, 300)));
  expect(sent(effects).map(({ t }) => t)).toEqual(['welcome', 'entries']);
  expect(effects.at(-1)).toEqual({ kind: 'read', cursor: { epoch: 'e', seq: 256, tag: 256 } });
});

test('S12: what grows during a read is read afterwards, although the read does not know of it', () => {
  const [, effects] = after(hello(), { kind: 'grew' }, read(page(0, 0)));
  expect(kinds(effects)).toEqual(['send', 'announce-presence', 'read']);
});

test('S13: after 16 pages that nobody took, no more are read until one is', () => {
  const events: SessionEvent[] = [hello()];
  for (let i = 0; i < PAGE_WINDOW; i++) events.push(read(page(i, i + 1, 100)));
  expect(kinds(after(...events)[1])).toEqual(['send']);
  expect(after(...events, frame({ t: 'took', seq: 1 }))[1]).toEqual([
    { kind: 'read', cursor: { epoch: 'e', seq: 16, tag: 16 } },
  ]);
});

test('S13: a slow socket gets no pages and no typing until it has drained', () => {
  const slow: SessionEvent[] = [hello(), read(page(0, 0)), { kind: 'slow' }];
  expect(after(...slow, { kind: 'grew' })[1]).toEqual([]);
  expect(after(...slow, { kind: 'typing', from: peer, on: true })[1]).toEqual([]);
  expect(kinds(after(...slow, { kind: 'grew' }, { kind: 'drained' })[1])).toEqual(['read']);
});

test('S14: operations of one lane are carried out one after the other, of two lanes at once', () => {
  const ops = [message(1), message(2), message(3, other)];
  const [state, effects] = after(hello(), read(page(0, 0)), frame({ t: 'ops', ops }));
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
  const [state, effects] = after(hello({ ops: [message(1), message(2)] }), read(page(0, 0)), {
    kind: 'failed',
    code: 'STORAGE_FULL',
  });
  expect(sent(effects)).toEqual([{ t: 'bye', code: 'STORAGE_FULL' }]);
  expect(step(state, executed(1))[1]).toEqual([]);
});

test('S7: an outdated key ends the connection after its answer, so that nothing of the lane gets ahead', () => {
  const result = { id: opId(1), ok: false, code: 'STALE_KEY' } as const;
  const [, effects] = after(hello({ ops: [message(1), message(2)] }), read(page(0, 0)), {
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
  const live: SessionEvent[] = [hello(), read(page(0, 3))];
  expect(after(...live, frame({ t: 'ping', id: 8 }))[1]).toEqual([
    { kind: 'send', frame: { t: 'pong', id: 8, head: 3 } },
    { kind: 'read', cursor: { epoch: 'e', seq: 3, tag: 3 } },
  ]);
  expect(kinds(after(...live, { kind: 'grew' }, frame({ t: 'ping', id: 8 }))[1])).toEqual(['send']);
});

test('S17: more than 1,024 waiting operations end the connection', () => {
  const flood = (from: number): SessionEvent =>
    frame({ t: 'ops', ops: Array.from({ length: 256 }, (_, i) => message(from + i)) });
  const events = [hello(), read(page(0, 0)), flood(0), flood(256), flood(512), flood(768)];
  expect(after(...events)[0].pending).toBe(OPERATION_WINDOW);
  expect(sent(after(...events, frame({ t: 'ops', ops: [message(9999)] }))[1])).toEqual([
    { t: 'bye', code: 'RATE_LIMITED' },
  ]);
});

test('S17: a frame that can’t be read and an ended sign-in close with their reason, once', () => {
  const [state, effects] = after(hello(), { kind: 'broken-frame', code: 'BAD_FIELD' });
  expect(kinds(effects)).toEqual(['send', 'close']);
  expect(step(state, { kind: 'end', code: 'SESSION_ENDED' })[1]).toEqual([]);
});
