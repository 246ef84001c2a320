import type { Identity } from '#shared/crypto/identity.ts';
import type { ErrorCode } from '#shared/errors.ts';
import type { Bytes, DeviceId, OpId, UserId } from '#shared/ids.ts';
import type { Standing } from '#sync/wire/down.ts';
import type { Cursor } from '#sync/wire/up.ts';
import type { Ranges } from './numbers.ts';
import type { FriendAction } from './ports.ts';

/**
 * The rows of the local database. Readable without the vault key: opaque ids, numbers, times, direction and state.
 * Everything that somebody wrote or is called is in `sealed` (shared/crypto/vault.ts, bound to table and primary
 * key) or still inside its end-to-end envelope.
 */
export type MetaRow =
  | { readonly key: 'cursor'; readonly cursor: Cursor }
  | { readonly key: 'profile'; readonly sealed: Bytes }
  /** Who this installation is to the sync server; the name that a sign-in is bound to is in the profile. */
  | { readonly key: 'device'; readonly device: DeviceId; readonly gen: number }
  /** Whose numbers those of the conversations are; `doubted` when the server could not continue our cursor. */
  | { readonly key: 'epoch'; readonly epoch: string; readonly doubted: boolean }
  /** While a snapshot is on its way: contacts that no part of it has named yet. */
  | { readonly key: 'unnamed'; readonly ids: readonly UserId[] }
  /** Counts the leaders: what an earlier one writes is refused. */
  | { readonly key: 'term'; readonly term: number };

/** CryptoKeys that can be used and not read. The vault key stands alone, so that erasing can begin with it. */
export type KeyRow =
  | { readonly name: 'vault'; readonly key: CryptoKey }
  | { readonly name: 'account'; readonly key: CryptoKey }
  /** Newest first; older ones open older messages. */
  | { readonly name: 'identities'; readonly identities: readonly Identity[] };

export interface ContactRow {
  readonly id: UserId;
  /** As the server last said. */
  readonly standing: Standing;
  /** The log position of that; 0 before any. */
  readonly seq: number;
  /** The newest friend action that has no answer yet. */
  readonly pending: { readonly op: OpId; readonly kind: FriendAction } | null;
  /** Another identity was offered for this contact: nothing is sent until the person has decided. */
  readonly changed: boolean;
  /** Counts the changes of `sealed`, to see whether it was replaced while new content was being sealed. */
  readonly rev: number;
  /** Name, fingerprint, identity bundles: `ContactContent` in contents.ts. */
  readonly sealed: Bytes;
}

export interface Mark {
  readonly delivered: number;
  readonly seen: number;
}

export interface ConversationRow {
  readonly peer: UserId;
  /** The last message in reading order. */
  readonly lastId: OpId | null;
  /** Which message numbers are durable here, confirmed in this epoch. What lies between is a hole. */
  readonly held: Ranges;
  /** Which of them above `mine.seen` are of our own messages. */
  readonly own: Ranges;
  /** The highest number of a message of the peer. */
  readonly lastInbound: number;
  readonly mine: Mark;
  readonly theirs: Mark;
  /** How many payloads this device has made here, and (sealed) the hash of the last one. */
  readonly counter: number;
  readonly chain: Bytes | null;
  /** Present while a hole holds messages that are not known to be delivered. Indexed. */
  readonly hole?: 1;
}

export interface MessageRow {
  readonly id: OpId;
  readonly peer: UserId;
  /**
   * Place in reading order: `n`, or `UNSENT` + place in the outbox. A message that is offered again has no `n` and
   * keeps its place, and so does one that a restored server does not know.
   */
  readonly pos: number;
  readonly n: number | null;
  readonly mine: boolean;
  /** The server's time once it is known, milliseconds since 1970. */
  readonly at: number;
  readonly state: 'queued' | 'stored' | 'failed' | 'unreadable';
  readonly code: ErrorCode | null;
  /** SHA-256 of the envelope: tells the same message again from another one under the same id. */
  readonly digest: Bytes;
  /** The payload (shared/schema/payload.ts); null while it is unreadable. */
  readonly sealed: Bytes | null;
  /** Kept while unreadable. */
  readonly envelope?: Bytes;
  /** The peer, while a key that may still come would open it. Indexed; absent otherwise. */
  readonly unopened?: UserId;
  /** Present while failed. Indexed. */
  readonly failed?: 1;
}

/** Sorts everything unsent behind every number. 2^52, so that adding to it stays exact. */
export const UNSENT = 2 ** 52;

export interface OutboxRow {
  /** Given by the database: operations in the order they were made. */
  readonly order?: number;
  readonly id: OpId;
  readonly kind: 'message.send' | 'receipt' | FriendAction;
  readonly lane: string;
  readonly peer: UserId;
  /** Absent rather than null: only those that wait are indexed. */
  readonly after?: OpId;
  /** MessagePack of the operation, as it goes over the wire. */
  readonly op: Bytes;
  /** For friend actions: the contact's `seq` when it was made. */
  readonly base?: number;
  /** Was acknowledged once, by a server that may have forgotten it. */
  readonly again?: 1;
}

/** A message that was acknowledged lately: offered again to a server that may have lost it. */
export interface SentRow {
  /** Given by the database: in the order in which they were acknowledged. */
  readonly order?: number;
  readonly id: OpId;
  readonly peer: UserId;
  /** The very bytes that were sent. */
  readonly op: Bytes;
  /** When it was acknowledged, by this device's clock. */
  readonly time: number;
}

export interface DraftRow {
  readonly peer: UserId;
  readonly sealed: Bytes;
}

/** A log entry that this version can't use, kept for one that can. */
export interface ForeignRow {
  readonly seq: number;
  readonly kind: string;
  /** MessagePack of the entry. */
  readonly sealed: Bytes;
}
