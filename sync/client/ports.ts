import type { Bytes, DeviceId, OpId, UserId } from '#shared/ids.ts';
import type { HistoryPage, OpResult, Page, SnapshotPart } from '../wire/down.ts';
import type { Cursor, Operation } from '../wire/up.ts';

/**
 * What the sync client needs from the device it runs on. One contract suite (tests/contracts/client-store.ts)
 * holds for every implementation of the store.
 */
export interface ClientStore {
  /** How far the log is stored, and who this installation is. */
  standing(): Promise<StoredStanding>;

  /** The first `limit` operations that are neither settled nor failed, in the order they were made. */
  outbox(limit: number): Promise<Queued[]>;

  /**
   * One transaction: what the page holds, the outbox rows it settles, and the cursor. Whatever can't be opened is
   * kept raw. Rejects with a Failure (STORAGE_FULL) and changes nothing when the device is full.
   * Pages are handed over one at a time, in order.
   */
  applyPage(page: Page, cursor: Cursor): Promise<void>;

  /**
   * One transaction: part of how everything stands in the server's `epoch`. A friendship that no part from the first to
   * the last names is no more; `cursor` comes with the last. What lies between the newest messages in a part and those already here is
   * a hole, kept as ranges of numbers. What waits in the outbox stays as it is.
   */
  applyPart(part: SnapshotPart, cursor: Cursor | null, epoch: string): Promise<void>;

  /** One transaction: older messages, and the hole that they fill. */
  applyHistory(page: HistoryPage): Promise<void>;

  /**
   * The newest hole that holds messages which the sender does not know to be delivered; null when there is none.
   * `before` is the number of the first message above it.
   */
  nextHole(): Promise<HistoryWish | null>;

  /** The installation's generation that the server gave. */
  keepGeneration(gen: number): Promise<void>;

  /**
   * This database is a copy of another: a new device id and generation 0. What waits keeps its ids, so that the server
   * knows it for the same when the original sends it too.
   */
  renameDevice(): Promise<void>;

  /** One transaction: outbox rows leave with their terminal results, which their messages then show. */
  settle(results: readonly OpResult[]): Promise<void>;

  /**
   * The server can't continue our cursor: forget it, keep everything that was written and not yet sent, and offer
   * again what was acknowledged lately, under the same ids: a server that was restored may have lost it.
   */
  reset(): Promise<void>;

  /** Calls back whenever the outbox may have grown. Returns a function that ends the subscription. */
  onOutbox(listener: () => void): () => void;
}

export interface StoredStanding {
  readonly cursor: Cursor | null;
  readonly device: DeviceId;
  readonly gen: number;
}

/** Messages of the conversation with `peer` numbered below `before`. */
export interface HistoryWish {
  readonly peer: UserId;
  readonly before: number;
}

/** An operation waiting to be sent. */
export interface Queued {
  readonly op: Operation;
  /** Operations of one lane are sent in order; a failure that may pass holds back only its lane. */
  readonly lane: string;
  /** Not sent before this operation has succeeded. */
  readonly after: OpId | null;
}

export interface Transport {
  /**
   * Opens one connection. No event comes before `connect` has returned; `closed` comes once, last, also without an
   * `open` before it. A connection that is one exchange (HTTP) says so when it opens, carries only the hello and what
   * is said in the same breath, and ends with the code `EXCHANGED` after everything was answered. Else `closed` carries
   * a code of shared/errors.ts when the handshake was refused.
   */
  connect(events: TransportEvents): Connection;
}
export interface TransportEvents {
  open(exchange?: boolean): void;
  frame(data: Uint8Array): void;
  closed(code: string | null): void;
}
export interface Connection {
  send(data: Uint8Array): void;
  close(): void;
}

export interface Timers {
  /** Runs `callback` after `ms` milliseconds; the returned function cancels it. */
  after(ms: number, callback: () => void): () => void;
}
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}

/** What the rest of the app hears from the sync client. */
export interface SyncListener {
  status(status: SyncStatus): void;
  /** Changes to who is online; `fresh` means that everybody not named is offline. */
  presence(online: readonly UserId[], offline: readonly UserId[], fresh: boolean): void;
  typing(from: UserId, on: boolean, ttlMs: number): void;
  /** Another device says this to ours, about a call. */
  signal(from: UserId, device: DeviceId, envelope: Bytes): void;
  /** What became of an operation about a call that `SyncClient.call` was given. */
  callResult(result: OpResult): void;
}

export interface SyncStatus {
  readonly link: 'offline' | 'connecting' | 'catching-up' | 'live' | 'stopped';
  /** While catching up: log positions stored and to store. */
  readonly progress: { readonly done: number; readonly total: number } | null;
  /** Why the client stopped for good (it needs a sign-in or an update), or the last reason it was cut off. */
  readonly reason: string | null;
}
