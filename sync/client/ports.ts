import type { OpId, UserId } from '#shared/ids.ts';
import type { OpResult, Page } from '../wire/down.ts';
import type { Cursor, Operation } from '../wire/up.ts';

/**
 * What the sync client needs from the device it runs on. One contract suite (tests/contracts/client-store.ts)
 * holds for every implementation of the store.
 */
export interface ClientStore {
  cursor(): Promise<Cursor | null>;

  /** The first `limit` operations that are neither settled nor failed, in the order they were made. */
  outbox(limit: number): Promise<Queued[]>;

  /**
   * One transaction: what the page holds, the outbox rows it settles, and the cursor. Whatever can't be opened is
   * kept raw. Rejects with a Failure (STORAGE_FULL) and changes nothing when the device is full.
   * Pages are handed over one at a time, in order.
   */
  applyPage(page: Page, cursor: Cursor): Promise<void>;

  /** One transaction: outbox rows leave with their terminal results, which their messages then show. */
  settle(results: readonly OpResult[]): Promise<void>;

  /** The server can't continue our cursor: forget it, keep everything that was written and not yet sent. */
  reset(): Promise<void>;

  /** Calls back whenever the outbox may have grown. Returns a function that ends the subscription. */
  onOutbox(listener: () => void): () => void;
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
   * `open` before it. `closed` carries a code of shared/errors.ts when the handshake was refused.
   */
  connect(events: TransportEvents): Connection;
}
export interface TransportEvents {
  open(): void;
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
}

export interface SyncStatus {
  readonly link: 'offline' | 'connecting' | 'catching-up' | 'live' | 'stopped';
  /** While catching up: log positions stored and to store. */
  readonly progress: { readonly done: number; readonly total: number } | null;
  /** Why the client stopped for good (it needs a sign-in or an update), or the last reason it was cut off. */
  readonly reason: string | null;
}
