import type { UserId } from '#shared/ids.ts';
import type { Database } from './database.ts';
import type { Keychain } from './keychain.ts';

/** What every part of the open store works with. */
export interface Context {
  readonly db: Database;
  readonly keychain: Keychain;
  readonly self: UserId;
  /** Milliseconds since 1970. */
  now(): number;
  /** Told of failures that have no caller to reject to. */
  report(error: unknown): void;
  /**
   * Awaited first in every transaction that writes for the sync client: throws when another one has taken its place.
   */
  fence(): Promise<void>;
  /** Runs writes of one conversation in the order in which this tab asked for them. */
  inTurn<T>(peer: UserId, task: () => Promise<T>): Promise<T>;
}
