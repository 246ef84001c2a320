import type { Identity } from '#shared/crypto/identity.ts';
import type { ErrorCode } from '#shared/errors.ts';
import type { Bytes, DeviceId, OpId, UserId } from '#shared/ids.ts';
import type { Kdf } from '#shared/schema/http.ts';
import type { Standing } from '#sync/wire/down.ts';
import type { Cursor } from '#sync/wire/up.ts';
import type { Ranges } from './numbers.ts';
import type { FriendAction, NoticeChoice, NoticeKind } from './ports.ts';

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
  /** The highest revision of the account's keyring that the server has announced in this epoch. */
  | { readonly key: 'account'; readonly revision: number }
  /** What this device took from the account's keyring: `KnownKeyring` in contents.ts. */
  | { readonly key: 'keyring'; readonly sealed: Bytes }
  /** While a snapshot is on its way: contacts that no part of it has named yet. */
  | { readonly key: 'unnamed'; readonly ids: readonly UserId[] }
  | OffersRow
  /** See reports.ts. */
  | { readonly key: 'reports'; readonly sealed: Bytes }
  | ({ readonly key: 'notices' } & NoticeChoice)
  | ToldRow
  /** Counts the leaders: what an earlier one writes is refused. */
  | { readonly key: 'term'; readonly term: number };

/** What the server may have of the outbox: see offers.ts. */
export interface OffersRow {
  readonly key: 'offers';
  /** A connection stands or is being made. */
  readonly open: boolean;
  /** The highest place in the outbox that was at hand for a connection that stood. */
  readonly upTo: number;
  /** When the latest connections began to say what waited, milliseconds since 1970, and up to which place. */
  readonly offers: readonly { readonly at: number; readonly upTo: number }[];
}

/** What the person was told of by notifications, or saw come in: see news.ts. */
export interface ToldRow {
  readonly key: 'told';
  /** Whose numbers these are. */
  readonly epoch: string;
  /** By conversation, the highest number of a message of the peer. */
  readonly upTo: Readonly<Record<UserId, number>>;
  /** Who wants to be friends, which calls were missed, and which ring or go on. */
  readonly requests: readonly UserId[];
  readonly missed: readonly OpId[];
  readonly live: readonly OpId[];
}

/**
 * CryptoKeys that can be used and not read, and what brings them back. The vault key stands alone, so that erasing can
 * begin with it. While this device has a lock, `lock` and `copies` are all there is.
 */
export type KeyRow =
  | { readonly name: 'vault'; readonly key: CryptoKey }
  | { readonly name: 'account'; readonly key: CryptoKey }
  /** Newest first; older ones open older messages. */
  | { readonly name: 'identities'; readonly identities: readonly Identity[] }
  /** The same keys as bytes, sealed under the account key; absent on devices that were set up before there was a lock. */
  | ({ readonly name: 'copies' } & KeyCopies)
  | ({ readonly name: 'lock' } & LockRow);

export interface KeyCopies extends AccountCopies {
  readonly vault: Bytes;
}

/** What a sign-in knows of them. */
export interface AccountCopies {
  /** The account key; see shared/crypto/device-lock.ts. */
  readonly account: Bytes;
  /** The account's keyring, as the server has it; see shared/crypto/keyring.ts. */
  readonly keyring: Bytes;
}

/** How this device is locked. Nothing of it opens anything by itself. */
export interface LockRow {
  /** Idle minutes after which it locks. */
  readonly minutes: number;
  /** How the passphrase is stretched. */
  readonly kdf: Kdf;
  /** The account key under the passphrase; see shared/crypto/device-lock.ts. */
  readonly wrapped: Bytes;
  /** A platform authenticator as another way in. */
  readonly authenticator: LockAuthenticator | null;
  /** Wrong passphrases since the last right one, and when the last attempt began, milliseconds since 1970. */
  readonly failures: number;
  readonly attemptedAt: number;
}

export interface LockAuthenticator {
  /** Of the WebAuthn credential. */
  readonly id: Bytes;
  /** Input of its PRF. */
  readonly salt: Bytes;
  readonly wrapped: Bytes;
}

export interface ContactRow {
  readonly id: UserId;
  /** As the server last said. */
  readonly standing: Standing;
  /** The log position of that; 0 before any. */
  readonly seq: number;
  /** The newest friend action that has no answer yet. */
  readonly pending: { readonly op: OpId; readonly kind: FriendAction } | null;
  /** 1 while it is in question who this contact is, see `heldBy`: nothing is sent until that is decided. Indexed. */
  readonly changed: 0 | 1;
  /** Present once the server has said that there is no such account (any more). */
  readonly gone?: 1;
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
  /** The last call by its place; absent before any. */
  readonly lastCall?: OpId;
  /** Which message numbers are durable here, confirmed in this epoch. What lies between is a hole. */
  readonly held: Ranges;
  /** Which of them above `mine.seen` are of our own messages. */
  readonly own: Ranges;
  /** The highest number of a message of the peer. */
  readonly lastInbound: number;
  readonly mine: Mark;
  readonly theirs: Mark;
  /** When the peer's watermarks rose lately, as far as the log told this device: oldest first. */
  readonly raises?: readonly Raise[];
  /** How many payloads this device has made here, and (sealed) the hash of the last one. */
  readonly counter: number;
  readonly chain: Bytes | null;
  /** How these two stood before the first of our newest messages that failed for good: nobody will get to see those. */
  readonly broken?: Link;
  /** Present while a hole holds messages that are not known to be delivered. Indexed. */
  readonly hole?: 1;
}

/** The peer's watermark `of` rose from above `from` to `upTo` at `at`, milliseconds since 1970 by the server's clock. */
export interface Raise {
  readonly of: keyof Mark;
  readonly from: number;
  readonly upTo: number;
  readonly at: number;
}

/** A place in a chain of payloads. */
export interface Link {
  readonly counter: number;
  /** The hash of the payload with that number, sealed; null before the first. */
  readonly chain: Bytes | null;
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
  readonly kind: 'message.send' | 'receipt' | 'call.see' | FriendAction;
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
  /** For messages: the place in our chain that this one follows. */
  readonly before?: Link;
}

/** The end of the chain of payloads that one device of a contact sends. */
export interface ChainRow {
  readonly peer: UserId;
  readonly device: DeviceId;
  readonly counter: number;
  /** The number of that message; null when it was given in another epoch. */
  readonly n: number | null;
  /** The hash of the payload. */
  readonly sealed: Bytes;
}

/** A call with somebody. Marks say what may change here without the server: sealed is how it stood when it was told. */
export interface CallRow {
  readonly id: OpId;
  readonly peer: UserId;
  /** The number of the message that it follows; 0 for none. */
  readonly after: number;
  /** When it was started, server time, milliseconds since 1970. */
  readonly at: number;
  /** The log position at which it was told; 0 when that is of another history, or of none. */
  readonly seq: number;
  /** Present while it rings or goes on. Indexed. */
  readonly live?: 1;
  /** Present while we missed it and nobody has looked at it. Indexed. */
  readonly missed?: 1;
  /** `CallContent` in call-content.ts. */
  readonly sealed: Bytes;
}

/** What the app says between the messages of a conversation. */
export interface NoticeRow {
  /** Given by the database. */
  readonly id?: number;
  readonly peer: UserId;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The number of the message that it follows; 0 for none. */
  readonly after: number;
  readonly kind: NoticeKind;
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
