import type { ErrorCode } from '#shared/errors.ts';
import type { Bytes, DeviceId, OpId, UserId } from '#shared/ids.ts';
import type { Down, HistoryPage, OpResult, Page } from '../wire/down.ts';
import type { Cursor, Operation, Up } from '../wire/up.ts';
import { negotiate } from '../wire/version.ts';
import { laneOf } from './commands/decide.ts';
import type { SnapshotPlace, SnapshotRead } from './ports.ts';

/**
 * One connection, as a pure function: step(state, event) → [state, effects]. No clock, no I/O, no randomness.
 * The shell around it (connection.ts) performs the effects and feeds their outcomes back as events.
 */

/** Pages sent and not yet confirmed by `took`, at most. */
export const PAGE_WINDOW = 16;
/** Operations accepted and not yet answered, at most. */
export const OPERATION_WINDOW = 1024;
/** Requests for history not yet answered, at most. */
export const HISTORY_WINDOW = 8;
/** Signals of a call that are looked into and not yet passed on, at most. */
export const SIGNAL_WINDOW = 64;
export const SNAPSHOT_ABOVE = 2_000;
/** How long a friend's typing shows without news, in milliseconds. */
export const TYPING_TTL = 5_000;

export interface SessionState {
  readonly phase: 'new' | 'greeting' | 'live' | 'closed';
  readonly version: number;
  /** The installation at the other end; null before the hello. */
  readonly device: DeviceId | null;
  readonly epoch: string;
  /** The end of what was sent; the next read starts here. Null: from nothing. */
  readonly sent: Cursor | null;
  /** The highest log position heard of. */
  readonly head: number;
  readonly reading: boolean;
  /** While a snapshot is sent: where its next part begins. Pages wait until it is complete. */
  readonly snapshot: SnapshotPlace | 'first' | null;
  /** The installation's next generation, once it is known: the welcome waits for it. */
  readonly gen: number | null;
  /** What the first read found, while the welcome waits. */
  readonly firstRead: FirstRead | null;
  /**
   * After a resync in the greeting, until the client has forgotten its cursor: what it sends meanwhile it sends again,
   * behind what this history has lost.
   */
  readonly deaf: boolean;
  readonly histories: number;
  readonly signals: number;
  /** The log grew while it was being read: what the read says of the head is already old. */
  readonly grewMeanwhile: boolean;
  /** Ends of the pages that were sent and not yet taken. */
  readonly untaken: readonly number[];
  /** A log that is further ahead than this many entries is not read: a snapshot says the same in less. */
  readonly snapshotAbove: number;
  /** The socket's buffer is above its cap: nothing more is read until it has drained. */
  readonly slow: boolean;
  /** Operations not yet answered, by lane, oldest first; the first of each lane is being executed. */
  readonly lanes: ReadonlyMap<string, readonly Operation[]>;
  readonly pending: number;
}

interface FirstRead {
  readonly page: Page | 'resync';
  readonly epoch: string;
  readonly now: number;
}

export type SessionEvent =
  | { readonly kind: 'frame'; readonly frame: Up }
  | { readonly kind: 'broken-frame'; readonly code: ErrorCode }
  | { readonly kind: 'read'; readonly page: Page | 'resync'; readonly epoch: string; readonly now: number }
  | { readonly kind: 'part'; readonly read: SnapshotRead }
  | { readonly kind: 'history'; readonly id: number; readonly page: HistoryPage }
  | { readonly kind: 'generation'; readonly gen: number | 'cloned' }
  /** A signal was passed on, or dropped. */
  | { readonly kind: 'signalled' }
  | { readonly kind: 'executed'; readonly id: OpId; readonly lane: string; readonly result: OpResult }
  | { readonly kind: 'failed'; readonly code: ErrorCode }
  | { readonly kind: 'grew' }
  | { readonly kind: 'slow' }
  | { readonly kind: 'drained' }
  | { readonly kind: 'typing'; readonly from: UserId; readonly on: boolean }
  /** What one device in a call says to another. */
  | {
      readonly kind: 'signal';
      readonly from: UserId;
      readonly device: DeviceId;
      readonly toDevice: DeviceId;
      readonly envelope: Bytes;
    }
  | { readonly kind: 'presence'; readonly online: readonly UserId[]; readonly offline: readonly UserId[] }
  /**
   * The sign-in ended, its time ran out, nothing was heard for too long, or the server stops and says in how many
   * milliseconds to come back.
   */
  | { readonly kind: 'end'; readonly code: ErrorCode; readonly retryAfter?: number | undefined };

export type SessionEffect =
  | { readonly kind: 'send'; readonly frame: Down }
  | { readonly kind: 'read'; readonly cursor: Cursor | null }
  | { readonly kind: 'read-snapshot'; readonly after: SnapshotPlace | null }
  | { readonly kind: 'read-history'; readonly id: number; readonly peer: UserId; readonly before: number }
  | { readonly kind: 'use-device'; readonly device: DeviceId; readonly gen: number }
  | { readonly kind: 'execute'; readonly lane: string; readonly op: Operation }
  | { readonly kind: 'announce-typing'; readonly to: UserId; readonly on: boolean }
  | {
      readonly kind: 'relay-signal';
      readonly device: DeviceId;
      readonly to: UserId;
      readonly toDevice: DeviceId;
      readonly envelope: Bytes;
    }
  | { readonly kind: 'keep-call'; readonly device: DeviceId; readonly peer: UserId; readonly call: OpId }
  | { readonly kind: 'announce-presence' }
  | { readonly kind: 'reauthenticate'; readonly token: string }
  | { readonly kind: 'close'; readonly code: ErrorCode };

type Step = [SessionState, SessionEffect[]];

export function openSession(snapshotAbove: number = SNAPSHOT_ABOVE): SessionState {
  return {
    phase: 'new',
    version: 0,
    device: null,
    epoch: '',
    sent: null,
    head: 0,
    reading: false,
    snapshot: null,
    gen: null,
    firstRead: null,
    deaf: false,
    histories: 0,
    signals: 0,
    grewMeanwhile: false,
    untaken: [],
    snapshotAbove,
    slow: false,
    lanes: new Map(),
    pending: 0,
  };
}

export function step(state: SessionState, event: SessionEvent): Step {
  if (state.phase === 'closed') return [state, []];
  switch (event.kind) {
    case 'frame':
      return onFrame(state, event.frame);
    case 'read':
      return onRead(state, event.page, event.epoch, event.now);
    case 'part':
      return onPart(state, event.read);
    case 'history':
      return [
        { ...state, histories: state.histories - 1 },
        [send({ t: 'history', id: event.id, page: event.page })],
      ];
    case 'generation':
      if (event.gen === 'cloned') return end(state, 'DEVICE_CLONED');
      return welcomeWhenKnown({ ...state, gen: event.gen });
    case 'signalled':
      return [{ ...state, signals: state.signals - 1 }, []];
    case 'executed':
      return onExecuted(state, event.lane, event.result);
    case 'grew':
      if (state.reading) return [{ ...state, grewMeanwhile: true }, []];
      return readMore({ ...state, head: beyond(state) });
    case 'slow':
      return [{ ...state, slow: true }, []];
    case 'drained':
      return readMore({ ...state, slow: false });
    case 'typing':
      if (state.phase !== 'live' || state.slow) return [state, []];
      return [state, [send({ t: 'typing', from: event.from, on: event.on, ttl: TYPING_TTL })]];
    case 'signal':
      // A socket that is slow loses signals as it loses typing: the two devices find out and begin anew.
      if (state.phase !== 'live' || state.slow || event.toDevice !== state.device) return [state, []];
      return [
        state,
        [send({ t: 'signal', from: event.from, device: event.device, envelope: event.envelope })],
      ];
    case 'presence':
      if (state.phase !== 'live') return [state, []];
      return [state, [send({ t: 'presence', online: [...event.online], offline: [...event.offline] })]];
    case 'end':
      return end(state, event.code, event.retryAfter);
    case 'broken-frame':
    // An operation that could not be carried out now must not be overtaken by a later one of its lane, some of which
    // may be on their way: the connection ends, and the client sends all of them again, in order.
    case 'failed':
      return end(state, event.code);
  }
}

function onFrame(state: SessionState, frame: Up): Step {
  if (frame.t === 'hello') return onHello(state, frame);
  if (state.phase === 'new') return end(state, 'BAD_FRAME');
  switch (frame.t) {
    case 'ops':
      return state.deaf ? [state, []] : enqueue(state, frame.ops);
    case 'took':
      return readMore({ ...state, deaf: false, untaken: withoutTaken(state.untaken, frame.seq) });
    case 'typing':
      return [state, [{ kind: 'announce-typing', to: frame.to, on: frame.on }]];
    case 'signal':
      return onSignal(state, frame);
    case 'in-call':
      if (state.phase !== 'live' || state.device === null) return [state, []];
      return [state, [{ kind: 'keep-call', device: state.device, peer: frame.peer, call: frame.call }]];
    case 'history':
      if (state.histories >= HISTORY_WINDOW) return end(state, 'RATE_LIMITED');
      return [
        { ...state, histories: state.histories + 1 },
        [{ kind: 'read-history', id: frame.id, peer: frame.peer, before: frame.before }],
      ];
    case 'ping':
      return onPing(state, frame.id);
    case 'auth':
      return [state, [{ kind: 'reauthenticate', token: frame.token }]];
  }
}

/** A device speaks for itself only, and only when it is known to be no copy. */
function onSignal(state: SessionState, { to, device, envelope }: Extract<Up, { t: 'signal' }>): Step {
  if (state.phase !== 'live' || state.device === null) return [state, []];
  if (state.signals >= SIGNAL_WINDOW) return end(state, 'RATE_LIMITED');
  return [
    { ...state, signals: state.signals + 1 },
    [{ kind: 'relay-signal', device: state.device, to, toDevice: device, envelope }],
  ];
}

/** Also looks into the log: a hint that got lost between nodes costs no more than one heartbeat. */
function onPing(state: SessionState, id: number): Step {
  const pong = send({ t: 'pong', id, head: state.head });
  const busy = state.phase !== 'live' || state.reading || state.slow || state.untaken.length >= PAGE_WINDOW;
  if (busy || state.snapshot !== null) return [state, [pong]];
  return [{ ...state, reading: true }, [pong, { kind: 'read', cursor: state.sent }]];
}

function onHello(state: SessionState, hello: Extract<Up, { t: 'hello' }>): Step {
  if (state.phase !== 'new') return end(state, 'BAD_FRAME');
  const version = negotiate(hello.v);
  if (version === undefined) return end(state, 'UNSUPPORTED_VERSION');
  const { device, cursor } = hello;
  const greeting: SessionState = {
    ...state,
    phase: 'greeting',
    version,
    device,
    reading: true,
    sent: cursor,
  };
  const [next, effects] = enqueue(greeting, hello.ops);
  return [next, [{ kind: 'use-device', device, gen: hello.gen }, { kind: 'read', cursor }, ...effects]];
}

function onRead(state: SessionState, page: Page | 'resync', epoch: string, now: number): Step {
  if (state.phase === 'greeting') return welcomeWhenKnown({ ...state, firstRead: { page, epoch, now } });
  return takePage(state, page);
}

/**
 * The welcome needs the first read and the installation's generation, whichever comes last; so does the first
 * operation. A copy says it under another name, and after a resync it comes again, in order with what was lost.
 */
function welcomeWhenKnown(state: SessionState): Step {
  const { firstRead, gen } = state;
  if (!firstRead || gen === null || state.phase !== 'greeting') return [state, []];
  const { page, epoch, now } = firstRead;
  const head = page === 'resync' ? 0 : page.head;
  const deaf = page === 'resync';
  const known: SessionState = { ...state, phase: 'live', epoch, firstRead: null, deaf };
  const [next, effects] = takePage(deaf ? { ...known, lanes: new Map(), pending: 0 } : known, page);
  const starting = Array.from(next.lanes, ([lane, [op]]) =>
    op ? [{ kind: 'execute' as const, lane, op }] : [],
  );
  return [
    next,
    [
      send({ t: 'welcome', v: state.version, epoch, head, time: now, gen }),
      { kind: 'announce-presence' },
      ...effects,
      ...starting.flat(),
    ],
  ];
}

function takePage(state: SessionState, page: Page | 'resync'): Step {
  if (page === 'resync') {
    const [next, effects] = startSnapshot({ ...state, sent: null, untaken: [] });
    return [next, [send({ t: 'resync' }), ...effects]];
  }
  // A device that has nothing yet, or was away for long: how things stand says more than how they came to be so.
  if (page.head - page.from > state.snapshotAbove || (page.from === 0 && page.to > 0))
    return startSnapshot(state);
  const empty = page.to === page.from;
  const read: SessionState = {
    ...state,
    reading: false,
    grewMeanwhile: false,
    head: page.head,
    sent: empty ? state.sent : { epoch: state.epoch, seq: page.to, tag: page.tag },
    untaken: empty ? state.untaken : [...state.untaken, page.to],
  };
  const next = state.grewMeanwhile ? { ...read, head: beyond(read) } : read;
  const [last, more] = readMore(next);
  return [last, empty ? more : [send({ t: 'entries', page }), ...more]];
}

function startSnapshot(state: SessionState): Step {
  return [{ ...state, reading: true, snapshot: 'first' }, [{ kind: 'read-snapshot', after: null }]];
}

function onPart(state: SessionState, { part, next }: SnapshotRead): Step {
  const sent: SessionState = {
    ...state,
    reading: false,
    snapshot: next,
    untaken: [...state.untaken, part.seq],
    ...(next === null
      ? // What grew since the snapshot began is read as pages, from where it began.
        {
          sent: { epoch: state.epoch, seq: part.seq, tag: part.tag },
          head: part.seq + 1,
          grewMeanwhile: false,
        }
      : {}),
  };
  const [last, more] = readMore(sent);
  return [last, [send({ t: 'snapshot', part }), ...more]];
}

/** How far the log grew is not said with the hint: at least past what was sent. The next read tells. */
function beyond(state: SessionState): number {
  return Math.max(state.head, (state.sent?.seq ?? 0) + 1);
}

/** The parts of a snapshot all end where it began: each `took` is for one of them. */
function withoutTaken(untaken: readonly number[], seq: number): number[] {
  const left = untaken.filter((to) => to >= seq);
  return left[0] === seq ? left.slice(1) : left;
}

/** One read at a time, while there is something to read, credit to send it, and room in the socket. */
function readMore(state: SessionState): Step {
  if (state.phase !== 'live' || state.reading || state.slow) return [state, []];
  if (state.untaken.length >= PAGE_WINDOW) return [state, []];
  if (state.snapshot !== null) {
    const after = state.snapshot === 'first' ? null : state.snapshot;
    return [{ ...state, reading: true }, [{ kind: 'read-snapshot', after }]];
  }
  if ((state.sent?.seq ?? 0) >= state.head) return [state, []];
  return [{ ...state, reading: true }, [{ kind: 'read', cursor: state.sent }]];
}

/** Whether the device has stored everything that there is, as far as this node has heard. */
export function isCurrent(state: SessionState): boolean {
  if (state.phase !== 'live' || state.reading || state.snapshot !== null) return false;
  return state.untaken.length === 0 && (state.sent?.seq ?? 0) >= state.head;
}

/** Whether everything that was asked has been answered, as far as there was credit for it. */
export function isIdle(state: SessionState): boolean {
  if (state.phase === 'closed') return true;
  if (state.phase !== 'live' || state.reading || state.pending > 0 || state.histories > 0) return false;
  return readMore(state)[1].length === 0;
}

function enqueue(state: SessionState, ops: readonly Operation[]): Step {
  if (ops.length === 0) return [state, []];
  if (state.pending + ops.length > OPERATION_WINDOW) return end(state, 'RATE_LIMITED');
  const lanes = new Map(state.lanes);
  const effects: SessionEffect[] = [];
  for (const op of ops) {
    const lane = laneOf(op);
    const waiting = lanes.get(lane) ?? [];
    lanes.set(lane, [...waiting, op]);
    if (waiting.length === 0 && state.phase === 'live') effects.push({ kind: 'execute', lane, op });
  }
  return [{ ...state, lanes, pending: state.pending + ops.length }, effects];
}

function onExecuted(state: SessionState, lane: string, result: OpResult): Step {
  if (!result.ok && result.code === 'STALE_KEY') {
    // Not the end of the operation: it comes again, sealed anew, and nothing of its lane may pass it meanwhile.
    const [closed, farewell] = end(state, 'STALE_KEY');
    return [closed, [send({ t: 'results', results: [result] }), ...farewell]];
  }
  const lanes = new Map(state.lanes);
  const [, ...waiting] = lanes.get(lane) ?? [];
  const next = waiting[0];
  if (next) lanes.set(lane, waiting);
  else lanes.delete(lane);
  const effects: SessionEffect[] = [send({ t: 'results', results: [result] })];
  if (next) effects.push({ kind: 'execute', lane, op: next });
  return [{ ...state, lanes, pending: state.pending - 1 }, effects];
}

function end(state: SessionState, code: ErrorCode, retryAfter?: number): Step {
  const bye: Down = { t: 'bye', code, ...(retryAfter !== undefined && { retryAfter }) };
  return [{ ...state, phase: 'closed', lanes: new Map(), pending: 0 }, [send(bye), { kind: 'close', code }]];
}

function send(frame: Down): SessionEffect {
  return { kind: 'send', frame };
}
