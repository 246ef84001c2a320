import { type CallEndReason, type CallMedia, isLive } from '#shared/call.ts';
import type { ErrorCode } from '#shared/errors.ts';
import type { DeviceId, OpId, UserId } from '#shared/ids.ts';
import type { CallElsewhere, CurrentCall, IncomingCall } from '../models/calls.ts';
import type { StoredCall } from '../store/ports.ts';

/** What one tab knows of calls, what can happen to it, and what it can want done. See machine.ts. */
export interface Calls {
  readonly device: DeviceId;
  /** As far as this device knows them: those that live, and the newest of those that are over. */
  readonly log: readonly StoredCall[];
  /** What the log says is as the server has it. */
  readonly fresh: boolean;
  /** It was looked whether a page before this one left a call behind. */
  readonly looked: boolean;
  /** Ringing, and not only in an old log. */
  readonly heard: readonly OpId[];
  /** Ringing no longer here: declined, or for too long. */
  readonly quiet: readonly OpId[];
  readonly present: Present | null;
}

export interface Present extends CurrentCall {
  readonly id: OpId;
  /** What the server was asked and has not answered. */
  readonly asked: OpId | null;
  /** The person wants it, as soon as there is a microphone. */
  readonly wanted: OpId | null;
  /** There is a microphone, and no other tab is in a call. */
  readonly ready: boolean;
  /** The server has taken our start, maybe as the answer to theirs. */
  readonly taken: boolean;
  readonly hasRelay: boolean;
  /** The device that we look for a way to. */
  readonly device: DeviceId | null;
  readonly wasConnected: boolean;
  /** While a way is looked for, something came that they have not said. */
  readonly tampered: boolean;
}

export type CallEvent =
  // the person
  | {
      readonly kind: 'call';
      /** Of the operation that starts it. */
      readonly id: OpId;
      readonly peer: UserId;
      readonly name: string;
      readonly media: CallMedia;
    }
  | { readonly kind: 'start' }
  | { readonly kind: 'answer'; readonly op: OpId; readonly media: CallMedia }
  | { readonly kind: 'decline' }
  | { readonly kind: 'end' }
  /** The call of another tab or device of ours. */
  | { readonly kind: 'end-elsewhere' }
  | { readonly kind: 'dismiss' }
  /** The page goes. A call that goes on is found again by the next page. */
  | { readonly kind: 'unload' }
  // the log and the server; `now` in milliseconds since 1970
  | { readonly kind: 'log'; readonly calls: readonly StoredCall[]; readonly now: number }
  | { readonly kind: 'link'; readonly live: boolean; readonly now: number }
  | { readonly kind: 'result'; readonly op: OpId; readonly error: ErrorCode | null; readonly now: number }
  // this machine
  | { readonly kind: 'ready'; readonly hasRelay: boolean; readonly now: number }
  /** `elsewhere`: another tab is in a call. */
  | { readonly kind: 'refused'; readonly error: ErrorCode; readonly elsewhere: boolean }
  /** No page holds that call of this device any more. `wasIn`: this browser was in it a moment ago. */
  | { readonly kind: 'claimed'; readonly call: OpId; readonly wasIn: boolean }
  // the other device
  | { readonly kind: 'connected' }
  | { readonly kind: 'lost' }
  | { readonly kind: 'broken'; readonly error: ErrorCode }
  /** What came under their name could not be opened: somebody between the two has changed it. */
  | { readonly kind: 'tampered' }
  | { readonly kind: 'bye' }
  | { readonly kind: 'time'; readonly of: Patience }
  | { readonly kind: 'rung'; readonly call: OpId };

/** What is waited for, one at a time. */
export type Patience = 'answer' | 'ring' | 'way' | 'farewell';

export type CallEffect =
  /** The lock among the tabs, microphone, camera and relay. */
  | { readonly kind: 'prepare'; readonly camera: boolean; readonly again: boolean }
  | { readonly kind: 'start'; readonly op: OpId; readonly to: UserId; readonly media: CallMedia }
  | { readonly kind: 'answer'; readonly op: OpId; readonly to: UserId; readonly call: OpId }
  | { readonly kind: 'decline'; readonly to: UserId; readonly call: OpId }
  | { readonly kind: 'end'; readonly to: UserId; readonly call: OpId; readonly reason: CallEndReason }
  | { readonly kind: 'drop'; readonly op: OpId }
  /** Looks for a way to the other device; the callee is the polite one. */
  | {
      readonly kind: 'connect';
      readonly call: OpId;
      readonly peer: UserId;
      readonly device: DeviceId;
      readonly polite: boolean;
      readonly again: boolean;
    }
  /** Everything that the call has taken is given back, and nothing is waited for. */
  | { readonly kind: 'release' }
  /** Instead of what was waited for before; null waits for nothing. */
  | { readonly kind: 'wait'; readonly of: Patience | null; readonly ms: number }
  /** It rings, and stops by itself. */
  | { readonly kind: 'ring'; readonly call: OpId; readonly ms: number }
  /** Whether another page of this device is in that call. */
  | { readonly kind: 'claim'; readonly call: OpId }
  | { readonly kind: 'tell'; readonly error: ErrorCode };

export type Step = readonly [Calls, readonly CallEffect[]];

export const newCalls = (device: DeviceId): Calls => ({
  device,
  log: [],
  fresh: false,
  looked: false,
  heard: [],
  quiet: [],
  present: null,
});

/** The call that rings here: the first, if several do. */
export function incomingOf({ log, heard, quiet, present }: Calls): IncomingCall | null {
  const inCall = present !== null && present.phase !== 'ended' && present.phase !== 'preview';
  const ringing = log.find(
    ({ id, mine, status, peer }) =>
      !mine &&
      status === 'ringing' &&
      heard.includes(id) &&
      !quiet.includes(id) &&
      // While we call them, theirs is the same call.
      !(inCall && (present.id === id || (present.mine && present.peer === peer))),
  );
  if (ringing === undefined) return null;
  const { id, peer, name, media } = ringing;
  return { id, peer, name, media };
}

/** A call of ours that is not the one of this tab. */
export function elsewhereOf(state: Calls): CallElsewhere | null {
  const other = otherCall(state);
  if (other === undefined) return null;
  const { peer, name, mine, callerDevice, calleeDevice } = other;
  return { peer, name, where: (mine ? callerDevice : calleeDevice) === state.device ? 'tab' : 'device' };
}

export function otherCall({ log, present, fresh, looked }: Calls): StoredCall | undefined {
  if (!fresh && !looked) return undefined;
  return log.find(
    (entry) => entry.id !== present?.id && (entry.status === 'in_progress' || (isLive(entry) && entry.mine)),
  );
}
