import type { Down } from '../wire/down.ts';
import type { Up } from '../wire/up.ts';
import { withoutCall } from './calls.ts';
import type { Queued, SyncStatus } from './ports.ts';
import {
  ANSWER_LIMIT,
  STABLE_AFTER,
  connect,
  drop,
  greetWhenReady,
  onBye,
  onCall,
  onClosed,
  onNetworkGone,
  onSettleFailed,
  ping,
  speak,
  stop,
  wake,
} from './connection.ts';
import {
  type ClientEffect,
  type ClientEvent,
  type ClientState,
  type Step,
  type TimerName,
  answerWithin,
  betweenExchanges,
  isConnected,
  send,
  andThen,
} from './core.ts';
import {
  askHistory,
  findHole,
  onHistory,
  onHole,
  onPage,
  onPart,
  onResync,
  onStoreFailed,
  onStored,
  storeNext,
} from './incoming.ts';
import { flush, loadOutbox, onResults, onSettled } from './outgoing.ts';

export type { ClientEffect, ClientEvent, ClientState, Incoming, TimerName } from './core.ts';
export { ANSWER_LIMIT, EXCHANGE_EVERY, GONE_LIMIT, STORE_RETRY, WAKE_LIMIT } from './connection.ts';
export { FLIGHT_WINDOW } from './outgoing.ts';

/**
 * The client's side of the conversation with the server, as a pure function: step(state, event) → [state, effects].
 * No clock, no I/O, no randomness. The shell around it (client.ts) performs the effects and feeds their outcomes
 * back as events.
 */

/** With nothing heard but hints (typing, presence, signals) for this long, a ping is sent. */
export const PING_EVERY = 25_000;
/** Shorter gaps to the head are not worth showing as catching up. */
const WORTH_SHOWING = 64;

export function newClient(): ClientState {
  return {
    phase: 'stopped',
    reason: null,
    attempt: 0,
    device: null,
    gen: 0,
    renaming: false,
    snapshot: 'none',
    histories: new Map(),
    looking: false,
    lastHole: null,
    exchanging: false,
    opened: false,
    offline: false,
    cursor: null,
    epoch: '',
    head: 0,
    caughtFrom: 0,
    incoming: [],
    storing: false,
    results: [],
    settling: [],
    outbox: [],
    loading: false,
    loadAgain: false,
    inFlight: new Set(),
    calls: [],
    callsInFlight: new Set(),
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
      return connect({ ...state, ...event.standing, attempt: 0, reason: null });
    case 'stop':
      return stop(state, event.reason);
    case 'wake':
      return wake({ ...state, offline: false });
    case 'network-gone':
      return onNetworkGone({ ...state, offline: true });
    case 'opened':
      return greetWhenReady({ ...state, opened: true, exchanging: event.exchange ?? false });
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
      return isConnected(state) || betweenExchanges(state) ? loadOutbox(state) : [state, []];
    case 'outbox':
      return onOutbox({ ...state, loading: false }, event.queued);
    case 'stored':
      return onStored(state, event.item);
    case 'store-failed':
      return onStoreFailed(state, event.item, event.code);
    case 'want':
      return askHistory(state, event.wish);
    case 'hole':
      return onHole({ ...state, looking: false }, event.wish);
    case 'renamed':
      return greetWhenReady({ ...state, ...event.standing, renaming: false });
    case 'rename-failed':
      // Under the old name the server says the same again, after a longer wait.
      return greetWhenReady({ ...state, renaming: false, reason: event.code });
    case 'generation-kept':
      return [{ ...state, gen: event.gen }, []];
    case 'settled':
      return onSettled(state);
    case 'settle-failed':
      // The rows stay; the server will answer the same when they are sent again.
      return onSettleFailed({ ...state, settling: [], results: [] }, event.code);
    case 'call':
      return onCall(state, event.op);
    case 'drop-call':
      return [withoutCall(state, event.id), []];
    case 'signal':
      return sayIfLive(state, { t: 'signal', to: event.to, device: event.device, envelope: event.envelope });
    case 'in-call':
      return sayIfLive(state, { t: 'in-call', call: event.call, peer: event.peer });
    case 'type':
      return sayIfLive(state, { t: 'typing', to: event.to, on: event.on });
    case 'token':
      return sayIfLive(state, { t: 'auth', token: event.token });
  }
}

/** Of no use later. */
function sayIfLive(state: ClientState, frame: Up): Step {
  return [state, state.phase === 'live' ? [send(frame)] : []];
}

function onOutbox(state: ClientState, queued: readonly Queued[]): Step {
  if (state.loadAgain) return loadOutbox(state);
  const present = new Set(queued.map(({ op }) => op.id));
  // What left the outbox in another way (a receipt replaced by a newer one) is no longer waited for.
  const inFlight = new Set([...state.inFlight].filter((id) => present.has(id)));
  return speak({ ...state, outbox: queued, inFlight });
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
  const [next, effects] = onFrame(state, frame);
  // Friends who type must not put off the ping, which looks into the log; nor call off the wait for its answer.
  if (frame.t === 'typing' || frame.t === 'presence' || frame.t === 'signal') return [next, effects];
  const alive: ClientEffect[] = [
    { kind: 'cancel', name: 'answer' },
    { kind: 'timer', name: 'ping', ms: PING_EVERY, jitter: false },
  ];
  // Before the welcome only the welcome counts: an operation's result may come first, and nothing after it.
  return [next, next.phase === 'live' ? [...alive, ...effects] : effects];
}

function onFrame(state: ClientState, frame: Down): Step {
  switch (frame.t) {
    case 'welcome':
      return state.phase === 'live' ? drop(state, 'BAD_FRAME') : onWelcome(state, frame);
    case 'resync':
      return onResync(state);
    case 'snapshot':
      return onPart(state, frame.part);
    case 'history':
      return onHistory(state, frame.id, frame.page);
    case 'entries':
      return onPage(state, frame.page);
    case 'results':
      return onResults(state, frame.results);
    case 'typing':
      return [state, [{ kind: 'typing', from: frame.from, on: frame.on, ttl: frame.ttl }]];
    case 'presence':
      return [state, [{ kind: 'presence', online: frame.online, offline: frame.offline, fresh: false }]];
    case 'signal':
      return [state, [{ kind: 'signal', from: frame.from, device: frame.device, envelope: frame.envelope }]];
    case 'pong':
      return [{ ...state, head: Math.max(state.head, frame.head) }, []];
    case 'bye':
      return onBye(state, frame.code, frame.retryAfter);
  }
}

function onWelcome(state: ClientState, welcome: Extract<Down, { t: 'welcome' }>): Step {
  const live: ClientState = {
    ...state,
    phase: 'live',
    reason: null,
    epoch: welcome.epoch,
    head: welcome.head,
    caughtFrom: state.cursor?.seq ?? 0,
  };
  const effects: ClientEffect[] = [
    { kind: 'timer', name: 'stable', ms: STABLE_AFTER, jitter: false },
    { kind: 'presence', online: [], offline: [], fresh: true },
  ];
  if (welcome.gen !== state.gen) effects.push({ kind: 'keep-generation', gen: welcome.gen });
  // What had to wait for the welcome: receipts that were made since the hello.
  return andThen(andThen([live, effects], flush), findHole);
}

export function statusOf(state: ClientState): SyncStatus {
  const { phase, reason } = state;
  if (phase === 'stopped') return { link: 'stopped', progress: null, reason };
  if (state.exchanging && state.attempt === 0) return { link: 'live', progress: null, reason };
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
