import { VERSIONS } from '../wire/version.ts';
import { retryDelay } from './backoff.ts';
import { MAX_OPS_PER_FRAME, type CallOperation } from '../wire/up.ts';
import { sayCalls, unsaidCalls, withCall } from './calls.ts';
import {
  type ClientEffect,
  type ClientState,
  type Step,
  type TimerName,
  answerWithin,
  betweenExchanges,
  isConnected,
  send,
  andThen,
} from './core.ts';
import { FRAME_BYTES, HELLO_BYTES, flush, loadOutbox, sendable } from './outgoing.ts';

/** How a connection begins, is kept alive and ends, and when the next one is tried. */

/** How long a handshake may take, a renewed token included. */
export const HANDSHAKE_LIMIT = 20_000;
/** A ping or a hello without any answer for this long means that the socket is dead. */
export const ANSWER_LIMIT = 10_000;
/** The same after a wake, when the socket may have died in our sleep. */
export const WAKE_LIMIT = 4_000;
/** The same when the browser says that there is no network: nothing slow is on its way then, and it is said soon. */
export const GONE_LIMIT = 1_500;
/** An exchange is answered as a whole, when all is done. */
const EXCHANGE_LIMIT = 60_000;
/** A connection that lived this long forgives the failures before it. */
export const STABLE_AFTER = 10_000;
/** How often an exchange over HTTP asks for news when nothing else makes it speak. */
export const EXCHANGE_EVERY = 25_000;
/** How long to wait before a page is stored again on a device that is full. */
export const STORE_RETRY = 15_000;
/** Between two exchanges while there is more to say or to hear. */
const EXCHANGE_NEXT = 100;

export function connect(state: ClientState): Step {
  const [next, effects] = loadOutbox({
    ...state,
    phase: 'connecting',
    opened: false,
    outbox: [],
    // Exchanges that follow one another are one conversation.
    lastHole: state.exchanging ? state.lastHole : null,
  });
  return [
    next,
    [{ kind: 'cancel', name: 'retry' }, { kind: 'connect' }, answerWithin(HANDSHAKE_LIMIT), ...effects],
  ];
}

export function greetWhenReady(state: ClientState): Step {
  if (state.phase !== 'connecting' || !state.opened || state.storing) return [state, []];
  // An outbox that is being loaded may have changed under what is known of it; in an exchange nobody hears it later.
  if (state.renaming || state.loading || !state.device) return [state, []];
  // Versions, cursor and the first operations travel together: nothing new means one round trip.
  const calls = unsaidCalls(state);
  const waiting = sendable(state, state.exchanging ? FRAME_BYTES : HELLO_BYTES);
  const queued = waiting.slice(0, MAX_OPS_PER_FRAME - calls.length);
  const ops = [...calls, ...queued];
  return [
    {
      ...state,
      phase: 'greeting',
      inFlight: new Set(queued.map(({ id }) => id)),
      callsInFlight: new Set(calls.map(({ id }) => id)),
    },
    [
      send({ t: 'hello', v: [...VERSIONS], device: state.device, gen: state.gen, cursor: state.cursor, ops }),
      ...[...state.histories].map(([id, wish]) => send({ t: 'history', id, ...wish })),
      answerWithin(state.exchanging ? EXCHANGE_LIMIT : ANSWER_LIMIT),
    ],
  ];
}

/** What waits is said in the way that the connection allows. */
export function speak(state: ClientState): Step {
  if (betweenExchanges(state) && hasToSay(state)) return connect(state);
  return andThen(greetWhenReady(state), flush);
}

function hasToSay(state: ClientState): boolean {
  return unsaidCalls(state).length > 0 || sendable(state).length > 0;
}

/** Somebody waits for this one: now is the time to connect, or to see whether the connection still lives. */
export function onCall(state: ClientState, op: CallOperation): Step {
  const asked = withCall(state, op);
  if (asked === state) return [state, []];
  return asked.phase === 'waiting' ? connect(asked) : andThen(sayCalls(asked), verify);
}

export function onClosed(state: ClientState, code: string | null): Step {
  if (state.phase === 'stopped' || state.phase === 'waiting') return [state, []];
  if (code === 'SESSION_ENDED' || code === 'UNSUPPORTED_VERSION') return stop(state, code);
  if (code === 'EXCHANGED') return onExchanged(state);
  return retryLater(state, code ?? state.reason);
}

/**
 * An exchange has said and heard what it could. The next one follows at once while that helps, else in a while; sooner
 * when something is to be said.
 */
function onExchanged(ended: ClientState): Step {
  const state: ClientState = { ...ended, exchanging: true };
  const answered = new Set([...state.results, ...state.settling].map(({ id }) => id));
  const unanswered = state.callsInFlight.size > 0 || [...state.inFlight].some((id) => !answered.has(id));
  const ignored = unanswered || state.histories.size > 0;
  if (ignored) return park({ ...state, attempt: state.attempt + 1 }, null, backoff(state.attempt + 1));
  const more = state.incoming.length > 0 || state.inFlight.size > 0 || hasToSay(state);
  const ms = more ? EXCHANGE_NEXT : EXCHANGE_EVERY;
  return park({ ...state, attempt: 0 }, null, { ms, jitter: false });
}

/** Gives up on this connection, for a reason of our own. */
export function drop(state: ClientState, reason: string): Step {
  if (state.phase === 'stopped' || state.phase === 'waiting') return [state, []];
  const [next, effects] = retryLater(state, reason);
  return [next, [{ kind: 'disconnect' }, ...effects]];
}

function retryLater(state: ClientState, reason: string | null, atLeast = 0): Step {
  // A key that was outdated is no failure of the connection: the operation is sealed again and sent at once.
  const attempt = reason === 'STALE_KEY' ? state.attempt : state.attempt + 1;
  // What was not stored comes again; what is being stored still counts.
  const incoming = state.storing ? state.incoming.slice(0, 1) : [];
  const { ms } = backoff(attempt);
  return park({ ...state, attempt, incoming, exchanging: false }, reason, {
    ms: Math.max(atLeast, ms),
    jitter: atLeast === 0,
  });
}

function backoff(attempt: number): Pause {
  return { ms: retryDelay(attempt), jitter: true };
}

interface Pause {
  readonly ms: number;
  readonly jitter: boolean;
}

/** Waits for the next try. */
function park(state: ClientState, reason: string | null, { ms, jitter }: Pause): Step {
  return [
    {
      ...state,
      phase: 'waiting',
      reason,
      opened: false,
      inFlight: new Set(),
      histories: new Map(),
      callsInFlight: new Set(),
      snapshot: 'none',
      // What nobody answered may be asked for again.
      lastHole: state.histories.size > 0 ? null : state.lastHole,
    },
    [
      { kind: 'cancel', name: 'answer' },
      { kind: 'cancel', name: 'ping' },
      { kind: 'cancel', name: 'stable' },
      { kind: 'timer', name: 'retry', ms, jitter },
      { kind: 'presence', online: [], offline: [], fresh: true },
    ],
  ];
}

export function stop(state: ClientState, reason: string | null): Step {
  if (state.phase === 'stopped') return [{ ...state, reason }, []];
  const names: TimerName[] = ['retry', 'ping', 'answer', 'stable', 'store'];
  return [
    {
      ...state,
      phase: 'stopped',
      reason,
      inFlight: new Set(),
      callsInFlight: new Set(),
      incoming: state.storing ? state.incoming.slice(0, 1) : [],
    },
    [
      { kind: 'disconnect' },
      ...names.map((name): ClientEffect => ({ kind: 'cancel', name })),
      { kind: 'presence', online: [], offline: [], fresh: true },
    ],
  ];
}

export function wake(state: ClientState): Step {
  return state.phase === 'waiting' ? connect(state) : verify(state);
}

/** After sleep a socket may say that it is open and be dead: only an answer proves that it lives. */
export function verify(state: ClientState): Step {
  if (state.phase !== 'live') return [state, []];
  const [next, effects] = ping(state);
  // Behind what is on its way up a ping takes longer, on a slow network, than one that travels alone.
  return [next, [...effects, answerWithin(state.inFlight.size > 0 ? ANSWER_LIMIT : WAKE_LIMIT)]];
}

/** The browser may be wrong, so the connection is asked: one to this very machine lives on without a network. */
export function onNetworkGone(state: ClientState): Step {
  if (betweenExchanges(state)) return connect(state);
  if (!isConnected(state)) return [state, []];
  const [next, effects] = state.phase === 'live' ? ping(state) : [state, []];
  return [next, [...effects, answerWithin(GONE_LIMIT)]];
}

export function ping(state: ClientState): Step {
  const id = state.pings + 1;
  return [{ ...state, pings: id }, [send({ t: 'ping', id })]];
}

export function onBye(state: ClientState, code: string, retryAfter: number | undefined): Step {
  if (code === 'SESSION_ENDED' || code === 'UNSUPPORTED_VERSION') return stop(state, code);
  if (code === 'DEVICE_CLONED') {
    const [waiting, parting] = retryLater({ ...state, renaming: true }, code);
    return [waiting, [{ kind: 'disconnect' }, ...parting, { kind: 'rename-device' }]];
  }
  const [next, effects] = retryLater(state, code, retryAfter ?? 0);
  return [next, [{ kind: 'disconnect' }, ...effects]];
}

/** What can't be stored would be said and heard again and again. */
export function pauseExchanges(state: ClientState, reason: string): Step {
  if (state.phase === 'stopped') return [state, []];
  // A piece of history that found no room comes only when it is asked for again.
  const [next, effects] = park({ ...state, lastHole: null }, reason, { ms: STORE_RETRY, jitter: false });
  return [next, [{ kind: 'disconnect' }, ...effects]];
}

export function onSettleFailed(state: ClientState, code: string): Step {
  return state.exchanging ? pauseExchanges(state, code) : drop(state, code);
}
