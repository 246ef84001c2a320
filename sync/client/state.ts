import type { DeviceId, OpId, UserId } from '#shared/ids.ts';
import type { Down, OpResult, Page } from '../wire/down.ts';
import { type Cursor, MAX_OPS_PER_FRAME, type Operation, type Up } from '../wire/up.ts';
import { VERSIONS } from '../wire/version.ts';
import { retryDelay } from './backoff.ts';
import type { Queued, SyncStatus } from './ports.ts';

/**
 * The client's side of the conversation with the server, as a pure function: step(state, event) → [state, effects].
 * No clock, no I/O, no randomness. The shell around it (client.ts) performs the effects and feeds their outcomes
 * back as events.
 */

/** Operations sent and not yet answered, at most. */
export const FLIGHT_WINDOW = 256;
/** Bytes of envelopes in one frame, at most. */
const FRAME_BYTES = 262_144;
/** With nothing heard for this long, a ping is sent. */
export const PING_EVERY = 25_000;
/** How long a handshake may take, a renewed token included. */
export const HANDSHAKE_LIMIT = 20_000;
/** A ping or a hello without any answer for this long means that the socket is dead. */
export const ANSWER_LIMIT = 10_000;
/** The same after a wake, when the socket may have died in our sleep. */
export const WAKE_LIMIT = 4_000;
/** A connection that lived this long forgives the failures before it. */
export const STABLE_AFTER = 10_000;
/** How long to wait before a page is stored again on a device that is full. */
export const STORE_RETRY = 15_000;
/** Shorter gaps to the head are not worth showing as catching up. */
const WORTH_SHOWING = 64;

export interface ClientState {
  readonly phase: 'stopped' | 'waiting' | 'connecting' | 'greeting' | 'live';
  /** Why it stopped, or was cut off last. */
  readonly reason: string | null;
  readonly attempt: number;
  readonly device: DeviceId | null;
  /** The socket is open, and the hello waits until the page that is being stored has settled the cursor. */
  readonly opened: boolean;
  /** The browser says that there is no network; it may be wrong, so tries go on. */
  readonly offline: boolean;
  /** What is durably stored. */
  readonly cursor: Cursor | null;
  readonly epoch: string;
  readonly head: number;
  /** Where the present catching up began. */
  readonly caughtFrom: number;
  /** Pages received and not yet stored, oldest first; the first is being stored while `storing`. */
  readonly pages: readonly Page[];
  readonly storing: boolean;
  /** Results received, and those of them that are being stored. */
  readonly results: readonly OpResult[];
  readonly settling: readonly OpResult[];
  /** The head of the outbox as it was last loaded. */
  readonly outbox: readonly Queued[];
  readonly loading: boolean;
  /** The outbox changed since the present load began. */
  readonly loadAgain: boolean;
  /** Sent on this connection and not yet settled. */
  readonly inFlight: ReadonlySet<OpId>;
  readonly pings: number;
}

export type ClientEvent =
  | { readonly kind: 'start'; readonly device: DeviceId; readonly cursor: Cursor | null }
  | { readonly kind: 'stop'; readonly reason: string | null }
  /** The network, the page or the token is back: look at once whether the connection lives. */
  | { readonly kind: 'wake' }
  | { readonly kind: 'network-gone' }
  | { readonly kind: 'opened' }
  | { readonly kind: 'closed'; readonly code: string | null }
  | { readonly kind: 'frame'; readonly frame: Down }
  /** Bytes came that are no frame of this wire. */
  | { readonly kind: 'garbage' }
  | { readonly kind: 'timer'; readonly name: TimerName }
  | { readonly kind: 'outbox-changed' }
  | { readonly kind: 'outbox'; readonly queued: readonly Queued[] }
  | { readonly kind: 'stored'; readonly page: Page }
  | { readonly kind: 'store-failed'; readonly page: Page; readonly code: string }
  | { readonly kind: 'settled' }
  | { readonly kind: 'settle-failed'; readonly code: string }
  | { readonly kind: 'type'; readonly to: UserId; readonly on: boolean }
  | { readonly kind: 'token'; readonly token: string };

export type TimerName = 'retry' | 'ping' | 'answer' | 'stable' | 'store';

export type ClientEffect =
  | { readonly kind: 'connect' }
  | { readonly kind: 'disconnect' }
  | { readonly kind: 'send'; readonly frame: Up }
  /** Replaces the timer of that name. With `jitter`, anywhere between 0 and `ms`. */
  | { readonly kind: 'timer'; readonly name: TimerName; readonly ms: number; readonly jitter: boolean }
  | { readonly kind: 'cancel'; readonly name: TimerName }
  | { readonly kind: 'load-outbox'; readonly limit: number }
  | { readonly kind: 'store'; readonly page: Page; readonly cursor: Cursor }
  | { readonly kind: 'settle'; readonly results: readonly OpResult[] }
  | { readonly kind: 'reset' }
  | { readonly kind: 'status'; readonly status: SyncStatus }
  | {
      readonly kind: 'presence';
      readonly online: readonly UserId[];
      readonly offline: readonly UserId[];
      readonly fresh: boolean;
    }
  | { readonly kind: 'typing'; readonly from: UserId; readonly on: boolean; readonly ttl: number };

type Step = [ClientState, ClientEffect[]];

export function newClient(): ClientState {
  return {
    phase: 'stopped',
    reason: null,
    attempt: 0,
    device: null,
    opened: false,
    offline: false,
    cursor: null,
    epoch: '',
    head: 0,
    caughtFrom: 0,
    pages: [],
    storing: false,
    results: [],
    settling: [],
    outbox: [],
    loading: false,
    loadAgain: false,
    inFlight: new Set(),
    pings: 0,
  };
}

export function step(state: ClientState, event: ClientEvent): Step {
  const [next, effects] = advance(state, event);
  const status = statusOf(next);
  // Told only when it changed: the whole app repaints from it.
  if (!sameStatus(statusOf(state), status)) effects.push({ kind: 'status', status });
  return [next, effects];
}

function advance(state: ClientState, event: ClientEvent): Step {
  switch (event.kind) {
    case 'start':
      if (state.phase !== 'stopped') return [state, []];
      return connect({ ...state, device: event.device, cursor: event.cursor, attempt: 0, reason: null });
    case 'stop':
      return stop(state, event.reason);
    case 'wake':
      return wake({ ...state, offline: false });
    case 'network-gone':
      // A hint only: the socket may live on. It is asked.
      return verify({ ...state, offline: true });
    case 'opened':
      return greetWhenStored({ ...state, opened: true });
    case 'closed':
      return onClosed(state, event.code);
    case 'garbage':
      return drop(state, 'BAD_FRAME');
    case 'frame':
      return heard(state, event.frame);
    case 'timer':
      return onTimer(state, event.name);
    case 'outbox-changed':
      // Not connected, there is nobody to send to: a connection loads the outbox when it begins.
      return isConnected(state) ? loadOutbox(state) : [state, []];
    case 'outbox':
      return onOutbox(state, event.queued);
    case 'stored':
      return onStored(state, event.page);
    case 'store-failed':
      return onStoreFailed(state, event.page, event.code);
    case 'settled':
      return onSettled(state);
    case 'settle-failed':
      // The rows stay; the server will answer the same when they are sent again.
      return drop({ ...state, settling: [], results: [] }, event.code);
    case 'type':
      if (state.phase !== 'live') return [state, []];
      return [state, [send({ t: 'typing', to: event.to, on: event.on })]];
    case 'token':
      if (state.phase !== 'live') return [state, []];
      return [state, [send({ t: 'auth', token: event.token })]];
  }
}

// --- the connection

function connect(state: ClientState): Step {
  const [next, effects] = loadOutbox({ ...state, phase: 'connecting', opened: false, outbox: [] });
  return [
    next,
    [{ kind: 'cancel', name: 'retry' }, { kind: 'connect' }, answerWithin(HANDSHAKE_LIMIT), ...effects],
  ];
}

function greetWhenStored(state: ClientState): Step {
  if (state.phase !== 'connecting' || !state.opened || state.storing || !state.device) return [state, []];
  // Versions, cursor and the first operations travel together: nothing new means one round trip.
  const ops = sendable(state);
  return [
    { ...state, phase: 'greeting', inFlight: new Set(ops.map((op) => op.id)) },
    [
      send({ t: 'hello', v: [...VERSIONS], device: state.device, cursor: state.cursor, ops }),
      answerWithin(ANSWER_LIMIT),
    ],
  ];
}

function onClosed(state: ClientState, code: string | null): Step {
  if (state.phase === 'stopped' || state.phase === 'waiting') return [state, []];
  if (code === 'SESSION_ENDED' || code === 'UNSUPPORTED_VERSION') return stop(state, code);
  return retryLater(state, code ?? state.reason);
}

/** Gives up on this connection, for a reason of our own. */
function drop(state: ClientState, reason: string): Step {
  if (state.phase === 'stopped' || state.phase === 'waiting') return [state, []];
  const [next, effects] = retryLater(state, reason);
  return [next, [{ kind: 'disconnect' }, ...effects]];
}

function retryLater(state: ClientState, reason: string | null, atLeast = 0): Step {
  // A key that was outdated is no failure of the connection: the operation is sealed again and sent at once.
  const attempt = reason === 'STALE_KEY' ? state.attempt : state.attempt + 1;
  return [
    {
      ...state,
      phase: 'waiting',
      reason,
      attempt,
      opened: false,
      inFlight: new Set(),
      // Pages that were not stored come again; one that is being stored still counts.
      pages: state.storing ? state.pages.slice(0, 1) : [],
    },
    [
      { kind: 'cancel', name: 'answer' },
      { kind: 'cancel', name: 'ping' },
      { kind: 'cancel', name: 'stable' },
      { kind: 'timer', name: 'retry', ms: Math.max(atLeast, retryDelay(attempt)), jitter: atLeast === 0 },
      { kind: 'presence', online: [], offline: [], fresh: true },
    ],
  ];
}

function stop(state: ClientState, reason: string | null): Step {
  if (state.phase === 'stopped') return [{ ...state, reason }, []];
  const names: TimerName[] = ['retry', 'ping', 'answer', 'stable', 'store'];
  return [
    {
      ...state,
      phase: 'stopped',
      reason,
      inFlight: new Set(),
      pages: state.storing ? state.pages.slice(0, 1) : [],
    },
    [
      { kind: 'disconnect' },
      ...names.map((name): ClientEffect => ({ kind: 'cancel', name })),
      { kind: 'presence', online: [], offline: [], fresh: true },
    ],
  ];
}

function wake(state: ClientState): Step {
  return state.phase === 'waiting' ? connect(state) : verify(state);
}

/** After sleep a socket may say that it is open and be dead: only an answer proves that it lives. */
function verify(state: ClientState): Step {
  if (state.phase !== 'live') return [state, []];
  const [next, effects] = ping(state);
  return [next, [...effects, answerWithin(WAKE_LIMIT)]];
}

function ping(state: ClientState): Step {
  const id = state.pings + 1;
  return [{ ...state, pings: id }, [send({ t: 'ping', id })]];
}

function onTimer(state: ClientState, name: TimerName): Step {
  switch (name) {
    case 'retry':
      return state.phase === 'waiting' ? connect(state) : [state, []];
    case 'ping': {
      if (state.phase !== 'live') return [state, []];
      const [next, effects] = ping(state);
      return [next, [...effects, answerWithin(ANSWER_LIMIT)]];
    }
    case 'answer':
      return drop(state, 'OFFLINE');
    case 'stable':
      return [{ ...state, attempt: 0 }, []];
    case 'store':
      return storeNext(state);
  }
}

// --- what the server says

function heard(state: ClientState, frame: Down): Step {
  if (state.phase !== 'greeting' && state.phase !== 'live') return [state, []];
  const alive: ClientEffect[] = [
    { kind: 'cancel', name: 'answer' },
    { kind: 'timer', name: 'ping', ms: PING_EVERY, jitter: false },
  ];
  const [next, effects] = onFrame(state, frame);
  // Before the welcome only the welcome counts: an operation's result may come first, and nothing after it.
  return [next, next.phase === 'live' ? [...alive, ...effects] : effects];
}

function onFrame(state: ClientState, frame: Down): Step {
  switch (frame.t) {
    case 'welcome':
      if (state.phase === 'live') return drop(state, 'BAD_FRAME');
      return [
        {
          ...state,
          phase: 'live',
          reason: null,
          epoch: frame.epoch,
          head: frame.head,
          caughtFrom: state.cursor?.seq ?? 0,
        },
        [
          { kind: 'timer', name: 'stable', ms: STABLE_AFTER, jitter: false },
          { kind: 'presence', online: [], offline: [], fresh: true },
        ],
      ];
    case 'resync':
      if (state.phase !== 'live') return drop(state, 'BAD_FRAME');
      return [{ ...state, cursor: null, pages: [], storing: false, caughtFrom: 0 }, [{ kind: 'reset' }]];
    case 'entries':
      return onPage(state, frame.page);
    case 'results':
      return settle({ ...state, results: [...state.results, ...frame.results] });
    case 'typing':
      return [state, [{ kind: 'typing', from: frame.from, on: frame.on, ttl: frame.ttl }]];
    case 'presence':
      return [state, [{ kind: 'presence', online: frame.online, offline: frame.offline, fresh: false }]];
    case 'pong':
      return [{ ...state, head: Math.max(state.head, frame.head) }, []];
    case 'bye':
      return onBye(state, frame.code, frame.retryAfter);
  }
}

function onBye(state: ClientState, code: string, retryAfter: number | undefined): Step {
  if (code === 'SESSION_ENDED' || code === 'UNSUPPORTED_VERSION') return stop(state, code);
  const [next, effects] = retryLater(state, code, retryAfter ?? 0);
  return [next, [{ kind: 'disconnect' }, ...effects]];
}

// --- the log

/** Only a page that continues exactly what we have may move the cursor. */
function onPage(state: ClientState, page: Page): Step {
  if (state.phase !== 'live' || page.from !== receivedTo(state) || !isWellFormed(page)) {
    return drop(state, 'BAD_FRAME');
  }
  if (page.entries.some((entry) => 'critical' in entry && entry.critical === true)) {
    return stop(state, 'UNSUPPORTED_VERSION');
  }
  return storeNext({ ...state, head: Math.max(state.head, page.head), pages: [...state.pages, page] });
}

function receivedTo(state: ClientState): number {
  return state.pages.at(-1)?.to ?? state.cursor?.seq ?? 0;
}

function isWellFormed(page: Page): boolean {
  let last = page.from;
  for (const { seq } of page.entries) {
    if (seq <= last) return false;
    last = seq;
  }
  return page.to > page.from && last <= page.to && page.to <= page.head;
}

function storeNext(state: ClientState): Step {
  const page = state.pages[0];
  if (!page || state.storing) return [state, []];
  const cursor: Cursor = { epoch: state.epoch, seq: page.to, tag: page.tag };
  return [{ ...state, storing: true }, [{ kind: 'store', page, cursor }]];
}

function onStored(state: ClientState, page: Page): Step {
  // A page from before a resync no longer counts.
  if (!state.storing || state.pages[0] !== page) return [state, []];
  const caughtUp = page.to >= state.head;
  const stored: ClientState = {
    ...state,
    storing: false,
    pages: state.pages.slice(1),
    cursor: { epoch: state.epoch, seq: page.to, tag: page.tag },
    caughtFrom: caughtUp ? page.to : state.caughtFrom,
  };
  const took: ClientEffect[] = state.phase === 'live' ? [send({ t: 'took', seq: page.to })] : [];
  const [next, effects] = then(storeNext(stored), greetWhenStored);
  return [next, [...took, ...effects]];
}

/** The cursor stays where it is: on a full device nothing is lost, it only comes later. */
function onStoreFailed(state: ClientState, page: Page, code: string): Step {
  if (!state.storing || state.pages[0] !== page) return [state, []];
  const failed: ClientState = { ...state, storing: false, reason: code };
  if (state.phase !== 'live') return greetWhenStored({ ...failed, pages: [] });
  return [failed, [{ kind: 'timer', name: 'store', ms: STORE_RETRY, jitter: false }]];
}

// --- the outbox

function loadOutbox(state: ClientState): Step {
  if (state.loading) return [{ ...state, loadAgain: true }, []];
  return [{ ...state, loading: true, loadAgain: false }, [{ kind: 'load-outbox', limit: FLIGHT_WINDOW * 2 }]];
}

function onOutbox(state: ClientState, queued: readonly Queued[]): Step {
  const loaded: ClientState = { ...state, loading: false };
  if (state.loadAgain) return loadOutbox(loaded);
  const present = new Set(queued.map(({ op }) => op.id));
  // What left the outbox in another way (a receipt replaced by a newer one) is no longer waited for.
  const inFlight = new Set([...state.inFlight].filter((id) => present.has(id)));
  return flush({ ...loaded, outbox: queued, inFlight });
}

function flush(state: ClientState): Step {
  if (state.phase !== 'greeting' && state.phase !== 'live') return [state, []];
  const ops = sendable(state);
  if (ops.length === 0) return [state, []];
  const inFlight = new Set(state.inFlight);
  for (const op of ops) inFlight.add(op.id);
  const [next, more] = flush({ ...state, inFlight });
  return [next, [send({ t: 'ops', ops }), ...more]];
}

/**
 * The next operations to send, in the order they were made, as many as fit into one frame. An operation waits for the
 * one it depends on, and an answered one until its answer is stored; everything later in the lane waits with them.
 */
function sendable(state: ClientState): Operation[] {
  const ops: Operation[] = [];
  const unsettled = new Set(state.outbox.map(({ op }) => op.id));
  const answered = new Set([...state.settling, ...state.results].map(({ id }) => id));
  const held = new Set<string>();
  let bytes = 0;
  for (const { op, lane, after } of state.outbox) {
    if (answered.has(op.id) || (after !== null && unsettled.has(after))) held.add(lane);
    if (held.has(lane) || state.inFlight.has(op.id)) continue;
    const size = op.kind === 'message.send' ? op.envelope.byteLength : 0;
    const full = ops.length >= MAX_OPS_PER_FRAME || (ops.length > 0 && bytes + size > FRAME_BYTES);
    if (full || state.inFlight.size + ops.length >= FLIGHT_WINDOW) break;
    ops.push(op);
    bytes += size;
  }
  return ops;
}

function settle(state: ClientState): Step {
  if (state.settling.length > 0 || state.results.length === 0) return [state, []];
  return [{ ...state, settling: state.results, results: [] }, [{ kind: 'settle', results: state.results }]];
}

function onSettled(state: ClientState): Step {
  const settled = new Set(state.settling.map(({ id }) => id));
  const next: ClientState = {
    ...state,
    settling: [],
    outbox: state.outbox.filter(({ op }) => !settled.has(op.id)),
    inFlight: new Set([...state.inFlight].filter((id) => !settled.has(id))),
  };
  return then(settle(next), loadOutbox);
}

// --- helpers

function isConnected({ phase }: ClientState): boolean {
  return phase === 'connecting' || phase === 'greeting' || phase === 'live';
}

function send(frame: Up): ClientEffect {
  return { kind: 'send', frame };
}

function answerWithin(ms: number): ClientEffect {
  return { kind: 'timer', name: 'answer', ms, jitter: false };
}

function then([state, effects]: Step, more: (state: ClientState) => Step): Step {
  const [next, added] = more(state);
  return [next, [...effects, ...added]];
}

export function statusOf(state: ClientState): SyncStatus {
  const { phase, reason } = state;
  if (phase === 'stopped') return { link: 'stopped', progress: null, reason };
  if (phase === 'waiting') return { link: 'offline', progress: null, reason };
  if (phase !== 'live') {
    return { link: state.offline || state.attempt > 2 ? 'offline' : 'connecting', progress: null, reason };
  }
  const stored = state.cursor?.seq ?? 0;
  const total = state.head - state.caughtFrom;
  if (stored >= state.head || total < WORTH_SHOWING) return { link: 'live', progress: null, reason };
  return { link: 'catching-up', progress: { done: stored - state.caughtFrom, total }, reason };
}

function sameStatus(a: SyncStatus, b: SyncStatus): boolean {
  return (
    a.link === b.link &&
    a.reason === b.reason &&
    a.progress?.done === b.progress?.done &&
    a.progress?.total === b.progress?.total
  );
}
