import type { Call } from '#shared/call.ts';
import type { ErrorCode } from '#shared/errors.ts';
import { type Bytes, type DeviceId, type OpId, type PairId, type UserId, membersOf } from '#shared/ids.ts';
import type { Cursor, Operation } from '../wire/up.ts';
import type { HistoryPage, OpResult, Page, SnapshotPart, Standing } from '../wire/down.ts';

/**
 * What the sync server needs from a database. The store knows nothing of what an operation means: it is told
 * what must become true (`Write`) and makes it durable, once. One contract suite (tests/contracts/sync-store.ts)
 * holds for every implementation.
 */
export interface SyncStore {
  /** Names this history of logs. Another name after a restore, so that no cursor of the lost history fits. */
  epoch(): Promise<string>;

  /** The user's last log position; 0 when there is none. */
  head(user: UserId): Promise<number>;

  /**
   * The entries after `cursor` (null: from the start) as they stand now, at most `limits` of them (but at least
   * one when there is one), in one indexed read. An entry is left out of the page, not out of its range, when a
   * later entry of the same page refers to the same thing. `'resync'` when the cursor's epoch or tag is not ours,
   * it lies above the head, or below what is still kept.
   */
  read(user: UserId, cursor: Cursor | null, limits: PageLimits): Promise<Page | 'resync'>;

  /**
   * How everything stands for a user, in parts. The first part (`after` null) captures the log's last position before
   * it reads anything else; the others are told it. Each holds at most `limits` (but at least one contact when there
   * is one): everybody with a relation other than none, whom the user has blocked or with messages, in the order of their pairs, each with the
   * newest messages of the conversation (but at least one when there is one), the calls among these, and the one that
   * is live wherever it stands. `next` is null with the last part.
   */
  snapshot(user: UserId, after: SnapshotPlace | null, limits: SnapshotLimits): Promise<SnapshotRead>;

  /**
   * Messages of a conversation below `before`, the newest that fit into `limits` (but at least one when there is one),
   * oldest first. None when there is no message `before - 1`: what was asked for is not known here.
   */
  history(user: UserId, peer: UserId, before: number, limits: PageLimits): Promise<HistoryPage>;

  /**
   * Which generation an installation is to use next. `gen` is what it used last: the current one is rotated, the one
   * before is given the current again (its answer was lost), 0 begins. Anything older is a copy: 'cloned'. One that is
   * newer than ours was given out by a history that was lost, and is believed.
   */
  useDevice(user: UserId, device: DeviceId, gen: number): Promise<number | 'cloned'>;

  /**
   * Forgets log entries below `keepFrom` (never their numbers, and never the last entry, which proves the newest
   * cursors): a cursor at one of them is answered with 'resync'. What they referred to stays. Returns how many were
   * forgotten.
   */
  truncate(user: UserId, keepFrom: number): Promise<number>;
  /** Users whose kept log is longer than `entries`, at most `limit` of them. */
  longLogs(entries: number, limit: number): Promise<{ user: UserId; head: number }[]>;

  /** What became of an operation that was recorded, with the digest it was recorded under. */
  outcome(user: UserId, op: OpId): Promise<Outcome | undefined>;

  /** Undefined also for accounts that were deleted. */
  person(user: UserId): Promise<Person | undefined>;
  relation(pair: PairId): Promise<Relation>;
  conversation(pair: PairId): Promise<Conversation>;
  /** Everybody whose relation with `user` is `friends`. */
  friends(user: UserId): Promise<UserId[]>;
  /** A call of this pair. */
  call(pair: PairId, id: OpId): Promise<StoredCall | undefined>;
  /** The calls of `user` that ring or are going on, oldest first. */
  liveCalls(user: UserId): Promise<StoredCall[]>;
  /** Somebody in the call says that it goes on; nothing happens when it does not. No entry of it. */
  keepCall(pair: PairId, id: OpId, now: number): Promise<void>;
  /** Calls that ring and began before `ringing`, or go on and were kept last before `kept`; at most `limit`. */
  overdueCalls(
    before: { readonly ringing: number; readonly kept: number },
    limit: number,
  ): Promise<StoredCall[]>;

  /** How many requests of `user` wait for an answer. */
  openRequests(user: UserId): Promise<number>;

  /**
   * Makes every effect of one operation durable, or none. Resolves only when they are on disk.
   * Writes that are handed over in one order commit in that order, and may share one flush.
   */
  commit(write: Write): Promise<Committed>;
}

export interface PageLimits {
  readonly entries: number;
  /** Envelope bytes. */
  readonly bytes: number;
}

/** Of one part: its contacts, the messages of each conversation, and the envelope bytes of all of them. */
export interface SnapshotLimits {
  readonly pairs: number;
  readonly messages: number;
  readonly bytes: number;
}
/** Where the next part begins: after `pair`. `seq` and `tag` are those that the first part captured. */
export interface SnapshotPlace {
  readonly seq: number;
  readonly tag: number;
  readonly pair: PairId;
}
export interface SnapshotRead {
  readonly part: SnapshotPart;
  readonly next: SnapshotPlace | null;
}

/** A registered user, as others may see them. */
export interface Person {
  readonly id: UserId;
  readonly name: string;
  /** The signed identity bundle, as registered; see shared/crypto/identity.ts. */
  readonly bundle: Bytes;
  /** The 16-byte id of the agreement key in `bundle`, which envelopes to this user must name. */
  readonly keyId: Bytes;
}

/** The friendship of a pair. `version` counts its changes and starts at 0 for a pair that never met. */
export interface Relation {
  readonly state: 'none' | 'requested' | 'friends' | 'rejected';
  /** Who asked, while `requested` or `rejected`. */
  readonly by: UserId | null;
  /**
   * Who has blocked the other. What the blocked one asks is kept (they see a request that nobody answers) and hidden from
   * who blocked. In the order of the pair's ids.
   */
  readonly blockedBy: readonly UserId[];
  readonly version: number;
  /** When `state` last changed. */
  readonly time: number;
}

export interface Watermark {
  readonly delivered: number;
  readonly seen: number;
}

/** `head` is the number of the last message, 0 for none; watermarks by member. */
export interface Conversation {
  readonly head: number;
  readonly marks: ReadonlyMap<UserId, Watermark>;
}

/** `version` counts its changes from 1; `keptAt` is when somebody in it was last heard of, server time. */
export interface StoredCall extends Call {
  readonly version: number;
  readonly keptAt: number;
}

export interface Outcome {
  readonly digest: Bytes;
  readonly result: OpResult;
}

/** What must become true, all or nothing. */
export interface Write {
  readonly actor: UserId;
  readonly op: OpId;
  /** SHA-256 of the operation's content: tells a repeat from another operation under the same id. */
  readonly digest: Bytes;
  /** Server time, milliseconds since 1970. */
  readonly time: number;
  /** Whether (actor, op) is remembered with its result. Not for operations that are harmless to repeat. */
  readonly record: boolean;
  readonly effect: Effect | null;
  /** The result to record and return; a new message's number is filled in by the store. */
  readonly result: OpResult;
}

export type Effect =
  /** Adds a message under the conversation's next number, and an entry of it to both logs. */
  | { readonly kind: 'message'; readonly from: UserId; readonly to: UserId; readonly envelope: Bytes }
  /**
   * Replaces the relation if it still has version `expect`, and adds an entry of it to the log of each member for whom
   * it reads differently (`membersWhoSee`). `next.version` is `expect + 1`.
   */
  | { readonly kind: 'relation'; readonly pair: PairId; readonly expect: number; readonly next: Relation }
  /** Raises a member's watermarks (never lowers them), and adds an entry of it to both logs. */
  | { readonly kind: 'watermark'; readonly pair: PairId; readonly user: UserId; readonly mark: Watermark }
  /**
   * With `expect` 0 adds the call, unless the pair has another that is live (conflict); its `after` is filled in by the
   * store. Else replaces it if it still has version `expect`. Adds an entry of it to the logs of `tell`.
   */
  | {
      readonly kind: 'call';
      readonly pair: PairId;
      readonly expect: number;
      readonly next: Call;
      readonly tell: readonly UserId[];
    };

export type Committed =
  /** Durable now. `touched` are the users whose logs grew. */
  | { readonly kind: 'done'; readonly result: OpResult; readonly touched: readonly UserId[] }
  /** (actor, op) was recorded before with the same digest: its first result; nothing changed. */
  | { readonly kind: 'repeat'; readonly result: OpResult }
  /** (actor, op) was recorded before with another digest; nothing changed. */
  | { readonly kind: 'reused' }
  /** The relation's or the call's version had moved; nothing changed: read again and decide again. */
  | { readonly kind: 'conflict' };

/** How a call reads for one of the two: whether it was noticed is the callee's own affair. */
export function callFor({ version: _version, keptAt: _keptAt, ...call }: StoredCall, self: UserId): Call {
  return { ...call, seen: call.seen || call.caller === self };
}

/** How an entry of a friendship reads for one of its members. */
export function standingFor(relation: Relation, self: UserId): Standing {
  if (relation.blockedBy.includes(self)) return 'blocked';
  if (relation.state === 'friends') return 'friends';
  if (relation.state === 'requested') return relation.by === self ? 'sent' : 'received';
  return 'none';
}

/** The members to whom a change of their relation shows: nobody is told that they were blocked. */
export function membersWhoSee(pair: PairId, before: Relation, next: Relation): UserId[] {
  return membersOf(pair).filter((user) => standingFor(before, user) !== standingFor(next, user));
}

/**
 * Carries "this user's log grew" and ephemeral events between nodes. Losing one loses time, not data. One contract
 * suite (tests/contracts/bus.ts) holds for every implementation.
 */
export interface Bus {
  /** Tells this node's own subscribers before it returns, and the other nodes when it can. */
  publish(event: BusEvent): void;
  /** Returns a function that ends the subscription. */
  subscribe(listener: (event: BusEvent) => void): () => void;
}

export type BusEvent =
  | { readonly kind: 'grew'; readonly user: UserId }
  | { readonly kind: 'typing'; readonly from: UserId; readonly to: UserId; readonly on: boolean }
  /** For the device of `to` that is in a call with `from`. */
  | {
      readonly kind: 'signal';
      readonly from: UserId;
      readonly device: DeviceId;
      readonly to: UserId;
      readonly toDevice: DeviceId;
      readonly envelope: Bytes;
    }
  /** A user's first connection to a node began, or the last one to it ended. */
  | { readonly kind: 'presence'; readonly node: string; readonly user: UserId; readonly online: boolean }
  /** Everybody who is connected to another node: replaces what was known of it. Nobody when it is gone. */
  | { readonly kind: 'roster'; readonly node: string; readonly users: readonly UserId[] }
  /** Something that another node said did not arrive: everybody looks into their logs. Never published. */
  | { readonly kind: 'lost' }
  /** A friendship began or ended: its members learn each other's presence anew. */
  | { readonly kind: 'related'; readonly pair: PairId; readonly friends: boolean }
  /** Sockets of this sign-in (or, with null, of every sign-in of the user) must close. */
  | { readonly kind: 'revoked'; readonly user: UserId; readonly session: string | null };

/** What is worth waking somebody's device for. */
export type News =
  | { readonly kind: 'message' | 'request' }
  /** It rings, or it no longer does; that it was missed is news for longer than it would ring. */
  | { readonly kind: 'call'; readonly state: 'rings' | 'over' | 'missed' };

/** Reaches devices that have no connection. Losing a call of it costs time, not data. */
export interface Waker {
  /** Wakes the devices of the user whose sign-ins are among `which`. Never throws, and nobody waits for it. */
  wake(user: UserId, news: News, which: (session: string) => boolean): void;
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}

export interface Timers {
  /** Runs `callback` after `ms` milliseconds; the returned function cancels it. */
  after(ms: number, callback: () => void): () => void;
}

/** Counts what happens, for whoever runs the server. It is told no names and no content. */
export interface Meter {
  frame(way: 'in' | 'out', bytes: number): void;
  /** An operation begins to be carried out. What this returns is called when it ends: with ok, or why not. */
  operation(kind: Operation['kind']): (outcome: string) => void;
  /** What a device said to another one in a call was passed on; or the two are in no call, and it was not. */
  signal(outcome: 'relayed' | 'dropped'): void;
  /** The server ended a connection, for this reason. */
  ended(code: ErrorCode): void;
}
