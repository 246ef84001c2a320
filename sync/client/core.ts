import type { Bytes, DeviceId, OpId, UserId } from '#shared/ids.ts';
import type { Down, HistoryPage, OpResult, Page, SnapshotPart } from '../wire/down.ts';
import type { CallOperation, Cursor, Up } from '../wire/up.ts';
import type { HistoryWish, Queued, StoredStanding, SyncStatus } from './ports.ts';

/** What the client's core knows, hears and wants done. Decided in connection.ts, incoming.ts, outgoing.ts and calls.ts. */

export interface ClientState {
  readonly phase: 'stopped' | 'waiting' | 'connecting' | 'greeting' | 'live';
  /** Why it stopped, or was cut off last. */
  readonly reason: string | null;
  readonly attempt: number;
  readonly device: DeviceId | null;
  /** The generation that is durably kept: one that was given and could not be stored is given again. */
  readonly gen: number;
  /** This database is a copy, and is getting a name of its own: the hello waits for it. */
  readonly renaming: boolean;
  /** A snapshot is due after a resync, or has begun: pages come after its last part. */
  readonly snapshot: 'none' | 'due' | 'begun';
  /** History that was asked for on this connection, by request. */
  readonly histories: ReadonlyMap<number, HistoryWish>;
  /** The search for a hole to fill is under way. */
  readonly looking: boolean;
  /** The hole that was asked for last: not asked for twice on one connection, whatever the server answers. */
  readonly lastHole: HistoryWish | null;
  /** The present or last connection is an exchange: news comes by asking, and that is no fault to show. */
  readonly exchanging: boolean;
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
  /** What was received and not yet stored, oldest first; the first is being stored while `storing`. */
  readonly incoming: readonly Incoming[];
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
  /** Operations about calls that have no answer, oldest first. Nothing but this holds them. */
  readonly calls: readonly CallOperation[];
  /** Those that were said on this connection and not answered, also when they were dropped since. */
  readonly callsInFlight: ReadonlySet<OpId>;
  readonly pings: number;
}

/** Something to store, in order. */
export type Incoming =
  | { readonly kind: 'page'; readonly page: Page }
  | { readonly kind: 'part'; readonly part: SnapshotPart }
  | { readonly kind: 'history'; readonly page: HistoryPage }
  /** The cursor is forgotten, in line with what is stored before and after. */
  | { readonly kind: 'reset' };

export type ClientEvent =
  | { readonly kind: 'start'; readonly standing: StoredStanding }
  | { readonly kind: 'stop'; readonly reason: string | null }
  /** The network, the page or the token is back: look at once whether the connection lives. */
  | { readonly kind: 'wake' }
  | { readonly kind: 'network-gone' }
  /** `exchange`: the connection is one exchange over HTTP. */
  | { readonly kind: 'opened'; readonly exchange?: boolean }
  | { readonly kind: 'closed'; readonly code: string | null }
  | { readonly kind: 'frame'; readonly frame: Down }
  /** Bytes came that are no frame of this wire. */
  | { readonly kind: 'garbage' }
  | { readonly kind: 'timer'; readonly name: TimerName }
  | { readonly kind: 'outbox-changed' }
  | { readonly kind: 'outbox'; readonly queued: readonly Queued[] }
  | { readonly kind: 'stored'; readonly item: Incoming }
  | { readonly kind: 'store-failed'; readonly item: Incoming; readonly code: string }
  /** Somebody wants to read what was before. */
  | { readonly kind: 'want'; readonly wish: HistoryWish }
  | { readonly kind: 'hole'; readonly wish: HistoryWish | null }
  /** The copied database has a name of its own now. */
  | { readonly kind: 'renamed'; readonly standing: StoredStanding }
  | { readonly kind: 'rename-failed'; readonly code: string }
  | { readonly kind: 'generation-kept'; readonly gen: number }
  | { readonly kind: 'settled' }
  | { readonly kind: 'settle-failed'; readonly code: string }
  | { readonly kind: 'type'; readonly to: UserId; readonly on: boolean }
  | { readonly kind: 'call'; readonly op: CallOperation }
  | { readonly kind: 'drop-call'; readonly id: OpId }
  /** For the other device in a call. */
  | { readonly kind: 'signal'; readonly to: UserId; readonly device: DeviceId; readonly envelope: Bytes }
  | { readonly kind: 'in-call'; readonly call: OpId; readonly peer: UserId }
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
  /** `cursor` is where the log stands with it; null while it does not move. */
  | { readonly kind: 'store'; readonly item: Incoming; readonly cursor: Cursor | null }
  | { readonly kind: 'find-hole' }
  | { readonly kind: 'keep-generation'; readonly gen: number }
  | { readonly kind: 'rename-device' }
  | { readonly kind: 'settle'; readonly results: readonly OpResult[] }
  | { readonly kind: 'status'; readonly status: SyncStatus }
  | {
      readonly kind: 'presence';
      readonly online: readonly UserId[];
      readonly offline: readonly UserId[];
      readonly fresh: boolean;
    }
  | { readonly kind: 'typing'; readonly from: UserId; readonly on: boolean; readonly ttl: number }
  | { readonly kind: 'signal'; readonly from: UserId; readonly device: DeviceId; readonly envelope: Bytes }
  | { readonly kind: 'call-result'; readonly result: OpResult };

export type Step = [ClientState, ClientEffect[]];

export function isConnected({ phase }: ClientState): boolean {
  return phase === 'connecting' || phase === 'greeting' || phase === 'live';
}

/** Whether what is said now is carried out. */
export function isHeard(state: ClientState): boolean {
  if (state.phase !== 'greeting' && state.phase !== 'live') return false;
  // The reset decides what is first in line.
  if (state.incoming.some(({ kind }) => kind === 'reset')) return false;
  // What is said after the hello of an exchange nobody hears.
  return !state.exchanging;
}

export function send(frame: Up): ClientEffect {
  return { kind: 'send', frame };
}

export function answerWithin(ms: number): ClientEffect {
  return { kind: 'timer', name: 'answer', ms, jitter: false };
}

export function andThen([state, effects]: Step, more: (state: ClientState) => Step): Step {
  const [next, added] = more(state);
  return [next, [...effects, ...added]];
}

/** The last exchange went well, and whatever there is to say can begin the next one now. */
export function betweenExchanges(state: ClientState): boolean {
  return state.phase === 'waiting' && state.exchanging && state.attempt === 0;
}
