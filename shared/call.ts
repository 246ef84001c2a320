import type { DeviceId, OpId, UserId } from './ids.ts';

/**
 * A call between two friends, as both of their logs tell it. The server decides every step of it; the same function
 * tells a client what a step would come to.
 *
 *   ringing ──answer──► in_progress ──end──► completed
 *      │                     └──── end (failed), nobody kept it ──► completed
 *      ├── decline, or an end by the callee ──► declined
 *      ├── end by the caller, or 45 s ──► missed
 *      └── end (failed) ──► failed
 *   (started while one of the two was in a call: busy at once)
 */
export type CallStatus = 'ringing' | 'in_progress' | 'completed' | 'missed' | 'declined' | 'busy' | 'failed';
export type CallMedia = 'voice' | 'video';

export interface Call {
  /** The id of the operation that started it. */
  readonly id: OpId;
  readonly caller: UserId;
  readonly callee: UserId;
  /** How it was begun; a camera may be switched on later. */
  readonly media: CallMedia;
  readonly status: CallStatus;
  /** The number of the conversation's last message when it was started: its place in the timeline. */
  readonly after: number;
  /** Server times, milliseconds since 1970. */
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  readonly callerDevice: DeviceId;
  /** The one that answered. */
  readonly calleeDevice: DeviceId | null;
  /** Whether the callee knows that they missed it. The caller is not told: for them it is always true. */
  readonly seen: boolean;
}

/** How long it rings. */
export const RING_MS = 45_000;
/** Who is in a call says so this often. */
export const KEEP_EVERY_MS = 20_000;
/** A call that nobody kept for so long is over: it ended when it was kept last. */
export const KEPT_FOR_MS = 90_000;

export type CallStep =
  | { readonly kind: 'answer'; readonly by: UserId; readonly device: DeviceId }
  | { readonly kind: 'decline'; readonly by: UserId }
  | { readonly kind: 'end'; readonly by: UserId; readonly reason: CallEndReason }
  | { readonly kind: 'see'; readonly by: UserId }
  /** It rang for long enough. */
  | { readonly kind: 'time-out' }
  /** Nobody has kept it since `at`. */
  | { readonly kind: 'lose'; readonly at: number };
/** `failed`: they never heard each other. One that breaks off later was hung up. */
export type CallEndReason = 'hung-up' | 'failed';

export const isLive = ({ status }: Pick<Call, 'status'>): boolean =>
  status === 'ringing' || status === 'in_progress';

/** What becomes of a call by a step at server time `now`; undefined when the step can't be taken (any more). */
export function advanceCall(call: Call, step: CallStep, now: number): Call | undefined {
  const isCallee = 'by' in step && step.by === call.callee;
  const end = (status: CallStatus, endedAt = now): Call => ({
    ...call,
    status,
    // Only what a callee did not hear of is news to them.
    seen: status !== 'missed' && status !== 'busy',
    endedAt,
  });
  switch (step.kind) {
    case 'answer':
      if (call.status !== 'ringing' || !isCallee) return undefined;
      return { ...call, status: 'in_progress', answeredAt: now, calleeDevice: step.device };
    case 'decline':
      return call.status === 'ringing' && isCallee ? end('declined') : undefined;
    case 'end':
      if (!isLive(call)) return undefined;
      if (step.reason === 'failed') return end('failed');
      if (call.status === 'in_progress') return end('completed');
      return end(isCallee ? 'declined' : 'missed');
    case 'see':
      return isCallee && !call.seen && !isLive(call) ? { ...call, seen: true } : undefined;
    case 'time-out':
      return call.status === 'ringing' ? end('missed') : undefined;
    case 'lose':
      return call.status === 'in_progress' ? end('completed', step.at) : undefined;
  }
}

/** Milliseconds that the two were connected; 0 for a call that was never answered. */
export function durationOf({ answeredAt, endedAt }: Pick<Call, 'answeredAt' | 'endedAt'>): number {
  return answeredAt === null || endedAt === null ? 0 : Math.max(0, endedAt - answeredAt);
}
