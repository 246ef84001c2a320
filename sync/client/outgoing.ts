import type { OpResult } from '../wire/down.ts';
import { MAX_OPS_PER_FRAME, type Operation } from '../wire/up.ts';
import { answerCalls, sayCalls } from './calls.ts';
import { type ClientState, type Step, isHeard, send, andThen } from './core.ts';

/** What the client says: the outbox in its lanes, and ahead of it what is about calls. */

/** Operations sent and not yet answered, at most. */
export const FLIGHT_WINDOW = 256;
/**
 * Bytes of envelopes in one frame, and in a hello, at most. At 2 KB a second they are through before their answer is
 * missed (`PING_EVERY`, `ANSWER_LIMIT`): else a slow network would send the same again and again.
 */
export const FRAME_BYTES = 32_768;
export const HELLO_BYTES = 12_288;

export function loadOutbox(state: ClientState): Step {
  if (state.loading) return [{ ...state, loadAgain: true }, []];
  return [{ ...state, loading: true, loadAgain: false }, [{ kind: 'load-outbox', limit: FLIGHT_WINDOW * 2 }]];
}

export function flush(state: ClientState): Step {
  return andThen(sayCalls(state), sayOutbox);
}

function sayOutbox(state: ClientState): Step {
  const ops = isHeard(state) ? sendable(state) : [];
  if (ops.length === 0) return [state, []];
  const inFlight = new Set(state.inFlight);
  for (const op of ops) inFlight.add(op.id);
  const [next, more] = sayOutbox({ ...state, inFlight });
  return [next, [send({ t: 'ops', ops }), ...more]];
}

/**
 * The next operations to send, in the order they were made, as many as fit into one frame. An operation waits for the
 * one it depends on, and an answered one until its answer is stored; everything later in the lane waits with them.
 */
export function sendable(state: ClientState, most = FRAME_BYTES): Operation[] {
  const ops: Operation[] = [];
  const unsettled = new Set(state.outbox.map(({ op }) => op.id));
  const answered = new Set([...state.settling, ...state.results].map(({ id }) => id));
  const held = new Set<string>();
  const numbered = knowsNumbers(state);
  let bytes = 0;
  for (const { op, lane, after } of state.outbox) {
    if (answered.has(op.id) || (after !== null && unsettled.has(after))) held.add(lane);
    if (op.kind === 'receipt' && !numbered) held.add(lane);
    if (held.has(lane) || state.inFlight.has(op.id)) continue;
    const size = op.kind === 'message.send' ? op.envelope.byteLength : 0;
    // A large one goes alone, but in no hello.
    const fits = bytes + size <= most || (ops.length === 0 && most === FRAME_BYTES);
    const full = ops.length >= MAX_OPS_PER_FRAME || !fits;
    if (full || state.inFlight.size + ops.length >= FLIGHT_WINDOW) break;
    ops.push(op);
    bytes += size;
  }
  return ops;
}

/**
 * Receipts speak in numbers of messages, and a restored server may have given the same numbers to other messages. So
 * they travel in the hello, whose cursor tells which history they are of (with one that does not fit, nothing of a
 * hello is carried out), or once it is known to be the server's: never on a guess, or while a snapshot renews them.
 */
function knowsNumbers({ phase, cursor, epoch }: ClientState): boolean {
  if (cursor === null || phase === 'greeting') return false;
  return phase !== 'live' || cursor.epoch === epoch;
}

export function onResults(state: ClientState, results: readonly OpResult[]): Step {
  const { step, others } = answerCalls(state, results);
  return andThen(step, (next) => settle({ ...next, results: [...next.results, ...others] }));
}

function settle(state: ClientState): Step {
  if (state.settling.length > 0 || state.results.length === 0) return [state, []];
  return [{ ...state, settling: state.results, results: [] }, [{ kind: 'settle', results: state.results }]];
}

export function onSettled(state: ClientState): Step {
  const settled = new Set(state.settling.map(({ id }) => id));
  const next: ClientState = {
    ...state,
    settling: [],
    outbox: state.outbox.filter(({ op }) => !settled.has(op.id)),
    inFlight: new Set([...state.inFlight].filter((id) => !settled.has(id))),
  };
  return andThen(settle(next), loadOutbox);
}
