import { type Call, advanceCall } from '#shared/call.ts';
import type { UserId } from '#shared/ids.ts';
import type { Effect, StoredCall } from '#sync/server/ports.ts';
import type { Message } from '#sync/wire/down.ts';

/** Calls of one conversation in a part of a snapshot, or in a page of history, at most. */
export const CALLS_SHOWN = 50;
/** What a call counts among the bytes of a part: a frame holds so many values, and a call is a dozen. */
export const CALL_BYTES = 300;

/** Calls that stand after the messages numbered from `from` up to but not including `before`. */
export interface CallRange {
  readonly from: number;
  readonly before: number;
}

/** The calls that stand among messages numbered from `from` on; with the first message go those before all. */
export const rangeFrom = (from: number, before = Number.MAX_SAFE_INTEGER): CallRange => ({
  from: from <= 1 ? 0 : from,
  before,
});

/** The calls that go with a conversation's newest messages, given oldest first. */
export const rangeOf = (messages: readonly Message[]): CallRange => rangeFrom(messages[0]?.n ?? 0);

/** `shown` and the call that the pair is in, if any: it may stand far above the messages that were written since. */
export const withLive = (shown: readonly Call[], live: Call | undefined): Call[] =>
  live === undefined || shown.some(({ id }) => id === live.id) ? [...shown] : [live, ...shown];

type CallEffect = Extract<Effect, { kind: 'call' }>;

/** How a call stands once `effect` is made at server time `time`. */
export function callAfter({ next, expect }: Pick<CallEffect, 'next' | 'expect'>, time: number): StoredCall {
  return { ...next, version: expect + 1, keptAt: time };
}

/** How a live call ends when the account of one of the two does. */
export function callWithout(user: UserId, call: StoredCall, time: number): Call {
  return advanceCall(call, { kind: 'end', by: user, reason: 'hung-up' }, time) ?? call;
}

/** Oldest first; of one time by id, so that every store has them in one order. */
export function byStart(a: Call, b: Call): number {
  return a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1);
}
