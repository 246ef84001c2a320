import type { DeviceId, OpId, UserId } from '#shared/ids.ts';
import type { Queued, StoredStanding } from '#sync/client/ports.ts';
import {
  type ClientEffect,
  type ClientEvent,
  type ClientState,
  type Incoming,
  newClient,
  step,
} from '#sync/client/state.ts';
import type {
  ConversationSummary,
  Down,
  Entry,
  Message,
  OpResult,
  Page,
  SnapshotPart,
} from '#sync/wire/down.ts';
import type { Cursor, Up } from '#sync/wire/up.ts';

/** Short words for what a client hears, and for what it does about it. */
export const self = 'A'.repeat(22) as UserId;
export const peer = 'B'.repeat(22) as UserId;
export const other = 'C'.repeat(22) as UserId;
export const device = 'D'.repeat(22) as DeviceId;

export const at = (seq: number): Cursor => ({ epoch: 'e', seq, tag: seq });
export const opId = (n: number): OpId => `0190b3c5-7d5e-7abc-8def-${String(n).padStart(12, '0')}` as OpId;

export const queued = (n: number, to = peer, after: OpId | null = null): Queued => ({
  op: { id: opId(n), kind: 'message.send', to, envelope: new Uint8Array(10) },
  lane: `c:${to}`,
  after,
});
export const receipt = (n: number): Queued => ({
  op: { id: opId(n), kind: 'receipt', to: peer, delivered: n, seen: 0 },
  lane: `r:${peer}`,
  after: null,
});

// --- what the server says

export const frame = (down: Down): ClientEvent => ({ kind: 'frame', frame: down });
export const welcome = (head = 0, fields: Partial<Extract<Down, { t: 'welcome' }>> = {}): ClientEvent =>
  frame({ t: 'welcome', v: 1, epoch: 'e', head, time: 1, gen: 1, ...fields });
export const bye = (code: string, retryAfter?: number): ClientEvent => frame({ t: 'bye', code, retryAfter });
export const resync = frame({ t: 'resync' });

export const entry = (seq: number): Entry => ({
  kind: 'receipt',
  seq,
  time: 1,
  peer,
  mine: { delivered: 0, seen: 0 },
  theirs: { delivered: 0, seen: 0 },
});
export const page = (from: number, to: number, fields: Partial<Page> = {}): Page => ({
  from,
  to,
  tag: to,
  head: to,
  entries: Array.from({ length: to - from }, (_, i) => entry(from + i + 1)),
  ...fields,
});
export const entries = (of: Page): ClientEvent => frame({ t: 'entries', page: of });

export const results = (...ended: OpResult[]): ClientEvent => frame({ t: 'results', results: ended });
export const ok = (...ns: number[]): ClientEvent =>
  results(...ns.map((n) => ({ id: opId(n), ok: true as const, time: 1, n })));

/** Messages of the peer numbered from `from` up to but not including `before`. */
const messages = (from: number, before: number): Message[] =>
  Array.from({ length: before - from }, (_, i) => ({
    op: opId(from + i),
    from: peer,
    to: self,
    n: from + i,
    time: 1,
    envelope: new Uint8Array(10),
  }));
export const conversation = (head: number, from: number, before = head + 1): ConversationSummary => ({
  peer,
  head,
  mine: { delivered: 0, seen: 0 },
  theirs: { delivered: 0, seen: 0 },
  messages: messages(from, before),
  calls: [],
});
/** The only part of a snapshot, if nothing else is said. */
export const part = (seq: number, fields: Partial<SnapshotPart> = {}): ClientEvent =>
  frame({
    t: 'snapshot',
    part: { seq, tag: seq, revision: 1, contacts: [], conversations: [], first: true, done: true, ...fields },
  });
export const history = (id: number, from: number, before: number): ClientEvent =>
  frame({ t: 'history', id, page: { peer, from, before, messages: messages(from, before), calls: [] } });

// --- what its surroundings tell it

export const start = (fields: Partial<StoredStanding> = {}): ClientEvent => ({
  kind: 'start',
  standing: { cursor: null, device, gen: 1, ...fields },
});
export const outbox = (...rows: Queued[]): ClientEvent => ({ kind: 'outbox', queued: rows });
export const opened: ClientEvent = { kind: 'opened' };
export const cut: ClientEvent = { kind: 'closed', code: null };
export const retry: ClientEvent = { kind: 'timer', name: 'retry' };
export const hole = (before: number | null): ClientEvent => ({
  kind: 'hole',
  wish: before === null ? null : { peer, before },
});
/** A client that is connected, with nothing new in the log; `cursor` is where it stands. */
export const connected = (cursor: Cursor | null, ...rows: Queued[]): ClientEvent[] => [
  start({ cursor }),
  outbox(...rows),
  opened,
  welcome(cursor?.seq ?? 0),
];

/** The very item that was handed to the store. */
export function beingStored(state: ClientState): Incoming {
  const item = state.incoming[0];
  if (!item || !state.storing) throw new Error('nothing is being stored');
  return item;
}
export const stored = (state: ClientState): ClientEvent => ({ kind: 'stored', item: beingStored(state) });
export const storeFailed = (state: ClientState, code = 'STORAGE_FULL'): ClientEvent => ({
  kind: 'store-failed',
  item: beingStored(state),
  code,
});

// --- what comes of it

/** Goes on from a state. The effects are those of the last event. */
export function go(state: ClientState, ...events: ClientEvent[]): [ClientState, ClientEffect[]] {
  let [next, effects]: [ClientState, ClientEffect[]] = [state, []];
  for (const event of events) [next, effects] = step(next, event);
  return [next, effects];
}
export const run = (...events: ClientEvent[]): [ClientState, ClientEffect[]] => go(newClient(), ...events);

export const of = <K extends ClientEffect['kind']>(effects: readonly ClientEffect[], kind: K) =>
  effects.filter((effect): effect is Extract<ClientEffect, { kind: K }> => effect.kind === kind);
export const sent = (effects: readonly ClientEffect[]): Up[] =>
  of(effects, 'send').map((effect) => effect.frame);
export const sentIds = (effects: readonly ClientEffect[]): OpId[] =>
  sent(effects).flatMap((up) => (up.t === 'ops' || up.t === 'hello' ? up.ops.map(({ id }) => id) : []));
