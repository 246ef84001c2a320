import type { ErrorCode } from '#shared/errors.ts';
import type { OpId, UserId } from '#shared/ids.ts';
import type { ClientStore } from '#sync/client/ports.ts';
import type { Standing } from '#sync/wire/down.ts';

/**
 * The local database as controllers use it. Every write that must survive (a message with its outbox row, a friend
 * action with its pending mark) is one transaction; all sealing and opening is done before the transaction starts.
 * Live reads call back at once and again after every change, from whichever tab the change came.
 */
export interface LocalStore {
  /**
   * The database for a sync client of this tab or worker, which leads from now on: whatever led before is refused every
   * write (LEADERSHIP_LOST).
   */
  lead(): Promise<ClientStore>;

  // writes
  /** Seals `text` for `peer` and stores message and outbox row. Rejects with a Failure; nothing is stored then. */
  queueMessage(peer: UserId, text: string): Promise<OpId>;
  /** Stores a friend action; the contact shows it as pending until the server answered. */
  queueFriendAction(kind: FriendAction, peer: UserId, name: string): Promise<OpId>;
  /** Raises our own watermarks and queues one receipt for them, replacing an older unsent one. */
  markSeen(peer: UserId, n: number): Promise<void>;
  /** A failed message goes back to the end of the queue under a new id. */
  retry(id: OpId): Promise<void>;
  /** A failed message leaves the device. */
  discard(id: OpId): Promise<void>;
  saveDraft(peer: UserId, text: string): Promise<void>;

  // reads
  draft(peer: UserId): Promise<string>;
  /** The number up to which the conversation was seen here. */
  seenUpTo(peer: UserId): Promise<number>;
  countUnsent(): Promise<number>;
  liveContacts(listener: (contacts: readonly StoredContact[]) => void): Stop;
  liveConversations(listener: (rows: readonly StoredConversation[]) => void): Stop;
  /** The newest `limit` messages of a conversation in reading order, unsent ones last. */
  liveTimeline(peer: UserId, limit: number, listener: (window: StoredWindow) => void): Stop;
  liveQueued(listener: (count: number) => void): Stop;

  close(): void;
}

export type Stop = () => void;
export type FriendAction = 'friend.request' | 'friend.accept' | 'friend.reject' | 'friend.remove';

export interface StoredContact {
  readonly id: UserId;
  readonly name: string;
  readonly standing: Standing;
  readonly pending: boolean;
  readonly fingerprint: string;
}

export interface StoredConversation {
  readonly peer: UserId;
  readonly name: string;
  readonly standing: Standing;
  readonly lastText: string;
  readonly lastAt: number;
  readonly lastTick: StoredMessage['tick'];
  readonly unread: number;
  readonly draft: string;
}

export interface StoredMessage {
  readonly id: OpId;
  readonly mine: boolean;
  readonly text: string | null;
  readonly at: number;
  readonly n: number | null;
  readonly tick: 'queued' | 'sent' | 'delivered' | 'seen' | 'failed' | null;
  readonly error: ErrorCode | null;
  /** Messages are missing between this one and the one shown before it, or before the first of all. */
  readonly holeBefore: boolean;
}

export interface StoredWindow {
  readonly items: readonly StoredMessage[];
  /** There are older messages, on this device or only at the server. */
  readonly hasEarlier: boolean;
}
