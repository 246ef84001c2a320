import type { Call } from '#shared/call.ts';
import type { ErrorCode } from '#shared/errors.ts';
import type { Pins } from '#shared/crypto/pins.ts';
import type { Signer } from '#shared/crypto/safety-number.ts';
import type { Bytes, DeviceId, OpId, UserId } from '#shared/ids.ts';
import type { ReportRequest } from '#shared/schema/account.ts';
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
  lead(): Promise<LeadStore>;

  // writes
  /** Seals `text` for `peer` and stores message and outbox row. Rejects with a Failure; nothing is stored then. */
  /** The draft that it was goes with it, unless it is to be kept. `id` is a new one, where somebody has to know it before. */
  queueMessage(
    peer: UserId,
    text: string,
    more?: { readonly id?: OpId; readonly keepDraft?: boolean },
  ): Promise<OpId>;
  /** Stores a friend action; the contact shows it as pending until the server answered. */
  queueFriendAction(kind: FriendAction, peer: UserId, name: string): Promise<OpId>;
  /** Raises our own watermarks and queues one receipt for them, replacing an older unsent one. */
  markSeen(peer: UserId, n: number): Promise<void>;
  /** A failed message goes back to the end of the queue under a new id. */
  retry(id: OpId): Promise<void>;
  /** All failed messages to this contact, in their order. */
  retryAll(peer: UserId): Promise<void>;
  /**
   * A message that was certainly not sent leaves the device: one that failed, is held for a contact whose identity has
   * changed, or waits and was at hand for no connection yet. Resolves with what it said; null when the server may have
   * it, or it is gone.
   */
  takeBack(id: OpId): Promise<{ readonly text: string } | null>;
  saveDraft(peer: UserId, text: string): Promise<void>;

  // reads
  draft(peer: UserId): Promise<string>;
  /** The number up to which the conversation was seen here. */
  seenUpTo(peer: UserId): Promise<number>;
  countUnsent(): Promise<number>;
  liveContacts(listener: (contacts: readonly StoredContact[]) => void): Stop;
  /**
   * The first rows of the list, as they were when the store was opened: what a screen shows first. Which those are goes
   * by the clocks of who wrote, so that the list itself may put some elsewhere.
   */
  firstConversations(): Promise<readonly StoredConversation[]>;
  liveConversations(listener: (rows: readonly StoredConversation[]) => void): Stop;
  /** A part of a conversation in reading order, unsent messages last. */
  liveTimeline(peer: UserId, span: Span, listener: (window: StoredWindow) => void): Stop;
  liveQueued(listener: (count: number) => void): Stop;
  /** What the app says between the messages of a conversation, oldest first. */
  liveNotices(peer: UserId, listener: (notices: readonly StoredNotice[]) => void): Stop;
  /** The server's history that this device knows of; null before any. Another one comes with a restored server. */
  liveEpoch(listener: (epoch: string | null) => void): Stop;
  /** The highest revision of the account's keyring that the server has announced; 0 before any. */
  liveAccountRevision(listener: (revision: number) => void): Stop;

  /** Calls, and what two devices in one say to each other. */
  readonly calls: CallStore;
  /** Who contacts are taken to be, and how the account's keyring brings it to other devices. */
  readonly trust: TrustStore;
  /** What notifications are made of. Loaded when it is asked for. */
  notices(): Promise<NoticeStore>;
  /** Every message of a conversation in reading order, unsent ones last. */
  messageIds(peer: UserId): Promise<readonly OpId[]>;
  /** Everything that this device knows of one message; null when it is gone. */
  details(id: OpId): Promise<StoredDetails | null>;
  /** These messages, without those that are gone. */
  readMessages(ids: readonly OpId[]): Promise<readonly StoredMessage[]>;

  /** Reports to the operator that wait for a connection, oldest first. */
  reports(): Promise<readonly ReportRequest[]>;
  changeReports(change: (reports: readonly ReportRequest[]) => readonly ReportRequest[]): Promise<void>;

  /** For looking through everything that is here. */
  lookThrough(): Promise<Archive>;

  close(): void;
}

/** The database for a sync client, told of each connection before anything is said on it. */
export interface LeadStore extends ClientStore {
  /** One is being made. */
  connection(): {
    /** Resolves when it is noted that what waits may reach the server now. */
    stands(): Promise<void>;
    ended(stood: boolean): Promise<void>;
  };
}

/** Times in milliseconds since 1970; null where this device does not know. */
export interface StoredDetails {
  readonly id: OpId;
  readonly mine: boolean;
  readonly n: number | null;
  readonly tick: StoredMessage['tick'];
  readonly error: ErrorCode | null;
  /** When it was written, by the clock of the device that wrote it. */
  readonly written: number;
  /** When the server took it. */
  readonly stored: number | null;
  readonly delivered: number | null;
  readonly seen: number | null;
  /** How often it was said to the server, and when last; null when it is not known (any more). */
  readonly offers: { readonly count: number; readonly last: number | null } | null;
  /** Of the text in UTF-8; null when it can't be opened. */
  readonly bytes: number | null;
  /** Of the recipient's keys that it is sealed to; null when the envelope is not kept here. */
  readonly keyEpoch: number | null;
  /** It was certainly not sent, and can be changed. */
  readonly canTakeBack: boolean;
}

export interface CallStore {
  /** The name of this installation at the server: operations about calls and signals carry it. A copy gets another. */
  device(): Promise<DeviceId>;
  /** Those that ring or are going on, oldest first. */
  liveCalls(listener: (calls: readonly StoredCall[]) => void): Stop;
  /** The newest calls of all conversations, newest first. */
  liveHistory(limit: number, listener: (calls: readonly StoredCall[]) => void): Stop;
  /** How many missed calls nobody has looked at. */
  liveMissed(listener: (count: number) => void): Stop;
  /** Missed calls with this person (null: with anybody) were looked at; told to the server and our other devices. */
  markSeen(peer: UserId | null): Promise<void>;
  /**
   * A type-2 envelope for a friend. Rejects with a Failure: NOT_FRIENDS, KEY_CHANGED while it is in question who the
   * contact is, FRAME_TOO_LARGE.
   */
  sealSignal(peer: UserId, payload: Bytes): Promise<Bytes>;
  /** The payload of a type-2 envelope from a friend to us. Rejects with a Failure. */
  openSignal(from: UserId, envelope: Bytes): Promise<Bytes>;
}

export interface NoticeStore {
  /** Null before the person chose anything. */
  choice(): Promise<NoticeChoice | null>;
  keep(choice: NoticeChoice): Promise<void>;
  /**
   * What has come in since this was asked last, in whichever tab or worker: each thing is told once. `unreadable` hears of
   * what can't be opened, and is told without what is in it.
   */
  take(unreadable: (error: unknown) => void): Promise<News>;
}

/** What this device may show of what comes in while nobody looks at the app. Not sealed: the worker of a locked app reads it. */
export interface NoticeChoice {
  readonly wanted: boolean;
  /** What a notification gives away. */
  readonly preview: 'text' | 'name' | 'nothing';
  /** The app's, as a tag (`de`). */
  readonly language: string;
}

/** What somebody may want to be told who does not look at the app. Nothing of people who are blocked. */
export interface News {
  /** Conversations with new messages, the newest last. */
  readonly messages: readonly NewMessages[];
  /** Their names; null for one that can't be read. */
  readonly requests: readonly (string | null)[];
  readonly calls: readonly NewCall[];
  readonly standing: NewsStanding;
}

export interface NewMessages {
  readonly peer: UserId;
  /** Null when it can't be read. */
  readonly name: string | null;
  /** Of the newest; null when it can't be read. */
  readonly text: string | null;
  /** How many of the conversation are unread. */
  readonly count: number;
  /** The number of the newest. */
  readonly upTo: number;
}

export interface NewCall {
  readonly id: OpId;
  readonly peer: UserId;
  /** Null when it can't be read. */
  readonly name: string | null;
  readonly media: Call['media'];
  readonly state: 'rings' | 'missed';
}

/** How things stand now: a notification that says otherwise is out of date. */
export interface NewsStanding {
  /** Conversations with something unread, and how much that is in all. */
  readonly unread: readonly UserId[];
  readonly total: number;
  /** How many people want to be friends. */
  readonly requests: number;
  /** Calls that ring or go on, and those that were missed and not looked at. */
  readonly live: readonly OpId[];
  readonly missed: readonly OpId[];
}

/** A call as this device knows it. */
export interface StoredCall extends Call {
  readonly peer: UserId;
  readonly name: string;
  /** We called. */
  readonly mine: boolean;
}

/** All messages of this device, opened. Nothing that it gives is kept. */
export interface Archive {
  count(): Promise<number>;
  /**
   * The next `limit` messages whose ids come before `before`, null for the first ones; fewer when that is all. Ids rise
   * with the time at which they were made, to the millisecond: those of the newest messages come first.
   */
  read(before: OpId | null, limit: number): Promise<readonly ArchivedMessage[]>;
  /** Those of `ids` that are here. */
  find(ids: readonly OpId[]): Promise<readonly ArchivedMessage[]>;
  ids(): Promise<readonly OpId[]>;
  /** The first message of the conversation at or after `at`, milliseconds since 1970; null when all are older. */
  firstSince(peer: UserId, at: number): Promise<DayPlace | null>;
  /** The conversations of which older messages have not been fetched. */
  missing(): Promise<readonly Missing[]>;
  /** Calls back with what is written or erased from now on, in whichever tab; with null when that could be anything. */
  onChange(listener: (ids: readonly OpId[] | null) => void): Stop;
}

/** How many messages of a conversation are not here, and the number above the newest of them. */
export interface Missing {
  readonly peer: UserId;
  readonly count: number;
  readonly before: number;
}

/** With `gap`, messages between these two numbers are not here, which may be of that day as well. */
export interface DayPlace {
  readonly id: OpId;
  readonly gap: { readonly after: number; readonly before: number } | null;
}

export interface ArchivedMessage {
  readonly id: OpId;
  readonly peer: UserId;
  readonly mine: boolean;
  readonly at: number;
  /** Null when it can't be opened, or says nothing in words. */
  readonly text: string | null;
}

/** Which messages a window shows: the newest, or so many before one (or a number) and from it on. */
export type Span =
  | { readonly newest: number }
  | { readonly above: number; readonly earlier: number; readonly later: number }
  | { readonly around: OpId; readonly earlier: number; readonly later: number };

/** Decisions about identities. All of them reject with a Failure, and nothing is changed then. */
export interface TrustStore {
  /** The identities that a person compares: the one that is offered while it has changed. Null before there is one. */
  compared(peer: UserId): Promise<Compared | null>;
  /**
   * Stores whether `signing` was compared with the contact. An offered identity that was compared is pinned, and what
   * waits is sealed to it. KEY_CHANGED when `signing` is neither the pinned nor the offered key (any more).
   */
  setVerified(peer: UserId, signing: Bytes, verified: boolean): Promise<void>;
  /**
   * Pins the offered identity, not verified, and seals to it what waits; nothing to do when none is offered. Where two
   * devices of ours disagree, that of the other one stands as it stands there.
   * KEY_CHANGED for a contact that was verified: the new identity must be verified too, or the old one given up before.
   */
  acceptIdentity(peer: UserId): Promise<void>;
  /** As this device has them. */
  pins(): Promise<Pins>;
  livePins(listener: (pins: Pins) => void): Stop;
  /** The highest revision of the account's keyring that this device has taken over; 0 before any. */
  knownRevision(): Promise<number>;
  /**
   * Joins a keyring that was opened with what is known here: identities, of which none is ever let go, and pins that
   * were decided later. Rejects with KEYRING_OLD when this device knows a newer one of the same epoch; from a server
   * that was restored an older one is joined like any other.
   */
  adoptKeyring(keyring: AdoptedKeyring): Promise<void>;
}

export interface Compared {
  readonly self: Signer;
  readonly peer: Signer;
}

export interface AdoptedKeyring {
  readonly revision: number;
  readonly pins: Readonly<Record<string, unknown>>;
  /** As the server has it: see shared/crypto/keyring.ts. */
  readonly sealed: Bytes;
}

export type Stop = () => void;
export type FriendAction = `friend.${'request' | 'accept' | 'reject' | 'remove' | 'block' | 'unblock'}`;

export interface StoredContact {
  readonly id: UserId;
  readonly name: string;
  readonly standing: Standing;
  readonly pending: boolean;
  readonly fingerprint: string;
  readonly trust: 'unverified' | 'verified' | 'changed' | 'changed-verified';
  /** The server knows no such account any more. */
  readonly gone: boolean;
}

export type NoticeKind =
  | 'identity-changed'
  | 'identity-accepted'
  | 'verified'
  | 'unverified'
  | 'messages-missing';

export interface StoredNotice {
  readonly id: number;
  readonly at: number;
  readonly after: number;
  readonly kind: NoticeKind;
}

export interface StoredConversation {
  readonly peer: UserId;
  readonly name: string;
  readonly standing: Standing;
  readonly lastText: string;
  readonly lastAt: number;
  readonly lastTick: StoredMessage['tick'];
  /** The last call, while no message follows it: then `lastAt` is of it. */
  readonly lastCall: StoredCall | null;
  readonly unread: number;
  readonly draft: string;
  readonly trust: StoredContact['trust'];
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
  /** Those that stand after one of the items, or before all of them when there is nothing earlier; oldest first. */
  readonly calls: readonly StoredCall[];
  /** There are older messages, on this device or only at the server. */
  readonly hasEarlier: boolean;
  /** There are later ones on this device. */
  readonly hasLater: boolean;
  /** The number up to which the conversation was seen here. */
  readonly seen: number;
}
