import type { OpId } from '#shared/ids.ts';
import type { OpResult } from '../wire/down.ts';
import { type CallOperation, MAX_OPS_PER_FRAME } from '../wire/up.ts';
import { type ClientEffect, type ClientState, type Step, isHeard, send } from './core.ts';

/**
 * Operations about calls are meant for now: they are kept in memory, go ahead of all that waits in the outbox, and are
 * said again on every new connection until they are answered or dropped.
 */

/** `state` with one more to say; the same object when it is known already. */
export function withCall(state: ClientState, op: CallOperation): ClientState {
  const isKnown = state.calls.some(({ id }) => id === op.id);
  return isKnown ? state : { ...state, calls: [...state.calls, op] };
}

export function withoutCall(state: ClientState, id: OpId): ClientState {
  return { ...state, calls: state.calls.filter((op) => op.id !== id) };
}

/** Those that were not said on this connection, as many as a frame may hold. */
export function unsaidCalls({ calls, callsInFlight }: ClientState): CallOperation[] {
  return calls.filter(({ id }) => !callsInFlight.has(id)).slice(0, MAX_OPS_PER_FRAME);
}

export function sayCalls(state: ClientState): Step {
  const ops = unsaidCalls(state);
  if (ops.length === 0 || !isHeard(state)) return [state, []];
  const callsInFlight = new Set(state.callsInFlight);
  for (const { id } of ops) callsInFlight.add(id);
  return [{ ...state, callsInFlight }, [send({ t: 'ops', ops })]];
}

/**
 * Takes what is about calls out of `results`: nothing of that is stored. It is told once, unless it was dropped
 * meanwhile.
 */
export function answerCalls(
  state: ClientState,
  results: readonly OpResult[],
): { readonly step: Step; readonly others: readonly OpResult[] } {
  const asked = new Map(state.calls.map((op) => [op.id, op]));
  const isAboutCall = ({ id }: OpResult) => asked.has(id) || state.callsInFlight.has(id);
  const answered = new Map(results.filter(isAboutCall).map((result) => [result.id, result]));
  if (answered.size === 0) return { step: [state, []], others: results };
  const next: ClientState = {
    ...state,
    calls: state.calls.filter(({ id }) => !answered.has(id)),
    callsInFlight: new Set([...state.callsInFlight].filter((id) => !answered.has(id))),
  };
  const told = [...answered.values()].flatMap((result): ClientEffect[] =>
    asked.has(result.id) ? [{ kind: 'call-result', result }] : [],
  );
  return { step: [next, told], others: results.filter((result) => !isAboutCall(result)) };
}
