import type { ErrorCode } from '#shared/errors.ts';
import type { OpId, UserId } from '#shared/ids.ts';
import type { Down, OpResult, Page } from '../wire/down.ts';
import type { Cursor, Operation, Up } from '../wire/up.ts';
import { negotiate } from '../wire/version.ts';
import { laneOf } from './commands/decide.ts';

/**
 * One connection, as a pure function: step(state, event) → [state, effects]. No clock, no I/O, no randomness.
 * The shell around it (connection.ts) performs the effects and feeds their outcomes back as events.
 */

/** Pages sent and not yet confirmed by `took`, at most. */
export const PAGE_WINDOW = 16;
/** Operations accepted and not yet answered, at most. */
export const OPERATION_WINDOW = 1024;
/** How long a friend's typing shows without news, in milliseconds. */
export const TYPING_TTL = 5_000;

export interface SessionState {
  readonly phase: 'new' | 'greeting' | 'live' | 'closed';
  readonly version: number;
  readonly epoch: string;
  /** The end of what was sent; the next read starts here. Null: from nothing. */
  readonly sent: Cursor | null;
  /** The highest log position heard of. */
  readonly head: number;
  readonly reading: boolean;
  /** The log grew while it was being read: what the read says of the head is already old. */
  readonly grewMeanwhile: boolean;
  /** Ends of the pages that were sent and not yet taken. */
  readonly untaken: readonly number[];
  /** The socket's buffer is above its cap: nothing more is read until it has drained. */
  readonly slow: boolean;
  /** Operations not yet answered, by lane, oldest first; the first of each lane is being executed. */
  readonly lanes: ReadonlyMap<string, readonly Operation[]>;
  readonly pending: number;
}

export type SessionEvent =
  | { readonly kind: 'frame'; readonly frame: Up }
  | { readonly kind: 'broken-frame'; readonly code: ErrorCode }
  | { readonly kind: 'read'; readonly page: Page | 'resync'; readonly epoch: string; readonly now: number }
  | { readonly kind: 'executed'; readonly id: OpId; readonly lane: string; readonly result: OpResult }
  | { readonly kind: 'failed'; readonly code: ErrorCode }
  | { readonly kind: 'grew' }
  | { readonly kind: 'slow' }
  | { readonly kind: 'drained' }
  | { readonly kind: 'typing'; readonly from: UserId; readonly on: boolean }
  | { readonly kind: 'presence'; readonly online: readonly UserId[]; readonly offline: readonly UserId[] }
  /** The sign-in ended, its time ran out, nothing was heard for too long, or the server stops. */
  | { readonly kind: 'end'; readonly code: ErrorCode };

export type SessionEffect =
  | { readonly kind: 'send'; readonly frame: Down }
  | { readonly kind: 'read'; readonly cursor: Cursor | null }
  | { readonly kind: 'execute'; readonly lane: string; readonly op: Operation }
  | { readonly kind: 'announce-typing'; readonly to: UserId; readonly on: boolean }
  | { readonly kind: 'announce-presence' }
  | { readonly kind: 'reauthenticate'; readonly token: string }
  | { readonly kind: 'close'; readonly code: ErrorCode };

type Step = [SessionState, SessionEffect[]];

export function openSession(): SessionState {
  return {
    phase: 'new',
    version: 0,
    epoch: '',
    sent: null,
    head: 0,
    reading: false,
    grewMeanwhile: false,
    untaken: [],
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
    case 'presence':
      if (state.phase !== 'live') return [state, []];
      return [state, [send({ t: 'presence', online: [...event.online], offline: [...event.offline] })]];
    case 'broken-frame':
    // An operation that could not be carried out now must not be overtaken by a later one of its lane, some of which
    // may be on their way: the connection ends, and the client sends all of them again, in order.
    case 'failed':
    case 'end':
      return end(state, event.code);
  }
}

function onFrame(state: SessionState, frame: Up): Step {
  if (frame.t === 'hello') return onHello(state, frame);
  if (state.phase === 'new') return end(state, 'BAD_FRAME');
  switch (frame.t) {
    case 'ops':
      return enqueue(state, frame.ops);
    case 'took':
      return readMore({ ...state, untaken: state.untaken.filter((to) => to > frame.seq) });
    case 'typing':
      return [state, [{ kind: 'announce-typing', to: frame.to, on: frame.on }]];
    case 'ping':
      return onPing(state, frame.id);
    case 'auth':
      return [state, [{ kind: 'reauthenticate', token: frame.token }]];
  }
}

/** Also looks into the log: a hint that got lost between nodes costs no more than one heartbeat. */
function onPing(state: SessionState, id: number): Step {
  const pong = send({ t: 'pong', id, head: state.head });
  const busy = state.phase !== 'live' || state.reading || state.slow || state.untaken.length >= PAGE_WINDOW;
  if (busy) return [state, [pong]];
  return [{ ...state, reading: true }, [pong, { kind: 'read', cursor: state.sent }]];
}

function onHello(state: SessionState, hello: Extract<Up, { t: 'hello' }>): Step {
  if (state.phase !== 'new') return end(state, 'BAD_FRAME');
  const version = negotiate(hello.v);
  if (version === undefined) return end(state, 'UNSUPPORTED_VERSION');
  const greeting: SessionState = { ...state, phase: 'greeting', version, reading: true, sent: hello.cursor };
  const [next, effects] = enqueue(greeting, hello.ops);
  return [next, [{ kind: 'read', cursor: hello.cursor }, ...effects]];
}

function onRead(state: SessionState, page: Page | 'resync', epoch: string, now: number): Step {
  const greets = state.phase === 'greeting';
  if (page === 'resync') {
    const restarted: SessionState = {
      ...state,
      phase: 'live',
      epoch,
      sent: null,
      untaken: [],
      reading: true,
    };
    return [
      restarted,
      [
        ...(greets ? welcome(state, epoch, 0, now) : []),
        send({ t: 'resync' }),
        { kind: 'read', cursor: null },
      ],
    ];
  }
  const empty = page.to === page.from;
  const read: SessionState = {
    ...state,
    phase: 'live',
    epoch,
    reading: false,
    grewMeanwhile: false,
    head: page.head,
    sent: empty ? state.sent : { epoch, seq: page.to, tag: page.tag },
    untaken: empty ? state.untaken : [...state.untaken, page.to],
  };
  const next = state.grewMeanwhile ? { ...read, head: beyond(read) } : read;
  const effects = greets ? welcome(state, epoch, page.head, now) : [];
  if (!empty) effects.push(send({ t: 'entries', page }));
  const [last, more] = readMore(next);
  return [last, [...effects, ...more]];
}

/** How far the log grew is not said with the hint: at least past what was sent. The next read tells. */
function beyond(state: SessionState): number {
  return Math.max(state.head, (state.sent?.seq ?? 0) + 1);
}

function welcome(state: SessionState, epoch: string, head: number, now: number): SessionEffect[] {
  return [send({ t: 'welcome', v: state.version, epoch, head, time: now }), { kind: 'announce-presence' }];
}

/** One read at a time, while there is something to read, credit to send it, and room in the socket. */
function readMore(state: SessionState): Step {
  const behind = (state.sent?.seq ?? 0) < state.head;
  if (state.phase !== 'live' || state.reading || state.slow || !behind) return [state, []];
  if (state.untaken.length >= PAGE_WINDOW) return [state, []];
  return [{ ...state, reading: true }, [{ kind: 'read', cursor: state.sent }]];
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
    if (waiting.length === 0) effects.push({ kind: 'execute', lane, op });
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

function end(state: SessionState, code: ErrorCode): Step {
  return [
    { ...state, phase: 'closed', lanes: new Map(), pending: 0 },
    [send({ t: 'bye', code }), { kind: 'close', code }],
  ];
}

function send(frame: Down): SessionEffect {
  return { kind: 'send', frame };
}
