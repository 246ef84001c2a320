import type { Binary, Collection, Db, IndexDescription, ObjectId } from 'mongodb';
import type { DeviceId, OpId, PairId, UserId } from '#shared/ids.ts';
import type { Call } from '#shared/call.ts';
import type { Relation, StoredCall, Watermark } from '#sync/server/ports.ts';
import type { PushPlace, Report } from '../ports.ts';

/**
 * What lies in the database, one shape a collection. Times are milliseconds since 1970, bytes are Binary. Where a key is
 * made of two things they are joined by a space, which no id holds: so a unique index comes with every collection.
 *
 * `messages`, `calls`, `log` and `operations` grow with what is said, the others with how many people there are. In a
 * sharded cluster shard those four, by ranges, and leave the others on one shard (names are unique only there):
 *
 *   sh.shardCollection('nexchat.log', { user: 1 })
 *   sh.shardCollection('nexchat.messages', { pair: 1 })
 *   sh.shardCollection('nexchat.calls', { pair: 1 })
 *   sh.shardCollection('nexchat.operations', { _id: 1 })     begins with the user's id
 *
 * All entries of one log, and all messages and calls of one conversation, then lie on one shard: the unique indexes that
 * number them hold, and a batch of either is one command. No collection expires rows by itself: a log is cut by `truncate` behind
 * its floor, and a sign-in that ended still tells its device's token from a stranger's.
 */
export interface Collections {
  readonly meta: Collection<MetaDoc>;
  readonly users: Collection<UserDoc>;
  readonly sessions: Collection<SessionDoc>;
  readonly friendships: Collection<PairDoc>;
  readonly messages: Collection<MessageDoc>;
  readonly calls: Collection<CallDoc>;
  readonly log: Collection<LogDoc>;
  readonly operations: Collection<OperationDoc>;
  readonly installations: Collection<InstallationDoc>;
  readonly reports: Collection<ReportDoc>;
}

/** `epoch` names the history of the logs; `schema` counts the migrations that were taken. */
export interface MetaDoc {
  readonly _id: 'epoch' | 'schema';
  readonly value: string | number;
}

export interface UserDoc {
  readonly _id: UserId;
  /** Unique, also among those who are no more. */
  readonly name: string;
  readonly created: number;
  readonly bundle: Binary;
  readonly keyId: Binary;
  readonly suspended: number | null;
  readonly deleted: number | null;
  /** Positions of the log up to here are gone, and never given again. */
  readonly floor: number;
  /** Absent once deleted. */
  readonly account?: AccountPart;
  /** While sign-ins that end with the credentials before `version` may still be open. */
  readonly ending?: { readonly version: number; readonly except: string | null; readonly time: number };
  /** While entries about the newest keyring are still to be added to logs. */
  readonly owes?: { readonly revision: number; readonly rotated: boolean; readonly time: number };
  /** While what belonged to the account is still to be removed. */
  readonly deleting?: number;
}
export interface AccountPart {
  readonly keyring: Binary;
  readonly revision: number;
  readonly credentials: {
    readonly iterations: number;
    readonly salt: string;
    readonly verifier: string;
    readonly pepper: string;
    readonly key: Binary;
  };
  readonly recovery: {
    readonly verifier: string;
    readonly pepper: string;
    readonly key: Binary;
    readonly created: number;
  } | null;
  readonly credentialsVersion: number;
}

/** `_id` is user and device: a device has one sign-in, replaced in one step. */
export interface SessionDoc {
  readonly _id: string;
  readonly id: string;
  readonly user: UserId;
  readonly username: string;
  readonly device: DeviceId;
  readonly deviceName: string;
  readonly started: number;
  readonly token: Binary;
  readonly rotated: number;
  readonly previous: Binary | null;
  readonly successor: Binary | null;
  readonly expires: number;
  readonly ended: number | null;
  /** Absent in documents from before there was any. */
  readonly push?: PushPlace | null;
}

/** Two people: their friendship, their watermarks, and which log entries about both are still to be added. */
export interface PairDoc extends Omit<Relation, 'version'> {
  readonly _id: PairId;
  /** In the order of the pair. */
  readonly members: readonly [UserId, UserId];
  /** Of the relation; `rev` counts every change of this document. */
  readonly version: number;
  readonly rev: number;
  readonly low: Watermark;
  readonly high: Watermark;
  /** Set before the first message or call is there. */
  readonly talked: boolean;
  readonly owes?: OwedEntry;
}
/** One entry for the logs of `users`, and the operation that is settled by it. */
export interface OwedCall {
  /** The `rev` of a pair, or the version of a call, that made it. */
  readonly at: number;
  readonly time: number;
  readonly users: readonly UserId[];
  readonly operation: string | null;
  readonly result: ResultDoc | null;
}
/** The outbox of a pair. */
export interface OwedEntry extends OwedCall {
  readonly kind: 'friend' | 'receipt';
}

/** `_id` is sender and operation. */
export interface MessageDoc {
  readonly _id: string;
  readonly pair: PairId;
  /** From 1 without a gap; below 0 for an operation that was refused and must never become a message. */
  readonly n: number;
  readonly from: UserId;
  readonly op: OpId;
  readonly time: number;
  readonly envelope: Binary;
  /** The pair again, while it is not known to be in both logs. */
  readonly open?: PairId;
  /** Of a refused operation. */
  readonly refusal?: ResultDoc;
}

/**
 * `_id` is pair and call. Version 0, behind no message, is that of an operation that was refused and must never start a
 * call.
 */
export interface CallDoc extends StoredCall {
  readonly _id: string;
  readonly pair: PairId;
  readonly members: readonly [UserId, UserId];
  /** While it rings or goes on. */
  readonly live?: true;
  readonly owes?: OwedCall;
}

/** `_id` names user and what is referred to, so that nothing is in a log twice. */
export interface LogDoc extends LogLine {
  readonly _id: string;
  readonly user: UserId;
  readonly seq: number;
  readonly tag: number;
}
/** What an entry refers to: the `at`-th thing of its kind with `peer`. */
export interface LogLine {
  /** `keys`: the peer has a new public bundle; reads as the friendship. `account`: the user's own keyring. */
  readonly kind: 'message' | 'friend' | 'receipt' | 'call' | 'keys' | 'account';
  readonly peer: UserId;
  /** Of calls, which one. */
  readonly call?: OpId;
  /** A message's number, a pair's `rev`, a call's version, or a keyring's revision. */
  readonly at: number;
  readonly time: number;
  /** Of the envelope. */
  readonly bytes: number;
}

/** `_id` is user and operation. Without a result it says what was begun. */
export interface OperationDoc {
  readonly _id: string;
  readonly digest: Binary;
  /** Of this attempt: tells a document that was just written from one that another wrote. */
  readonly token: ObjectId;
  readonly intent: Intent | null;
  readonly result: ResultDoc | null;
}
export type Intent =
  /** Never settled: the message itself tells the result. */
  | { readonly kind: 'message'; readonly pair: PairId }
  | {
      readonly kind: 'relation';
      readonly pair: PairId;
      readonly expect: number;
      readonly next: Relation;
      readonly time: number;
      readonly result: ResultDoc;
    }
  | {
      readonly kind: 'watermark';
      readonly pair: PairId;
      readonly user: UserId;
      readonly mark: Watermark;
      readonly time: number;
      readonly result: ResultDoc;
    }
  | {
      readonly kind: 'call';
      readonly pair: PairId;
      readonly expect: number;
      readonly next: Call;
      readonly tell: readonly UserId[];
      readonly time: number;
      readonly result: ResultDoc;
    };
export type ResultDoc =
  | { readonly ok: true; readonly time: number; readonly n: number | null }
  | { readonly ok: false; readonly code: string; readonly bundle: Binary | null };

/** `_id` is user and device; see api/store/generation.ts. */
export interface InstallationDoc {
  readonly _id: string;
  readonly current: number;
  readonly previous: number;
}

/** `_id` is who reports and whom. `order` tells which of one time was last. */
export interface ReportDoc extends Report {
  readonly _id: string;
  readonly order: ObjectId;
}

/** Made at every start; making one that is there costs nothing. Sparse ones hold only what is unfinished. */
const INDEXES: Readonly<Record<keyof Collections, readonly IndexDescription[]>> = {
  meta: [],
  users: [
    { name: 'by_name', key: { name: 1 }, unique: true },
    { name: 'owing', key: { 'owes.time': 1 }, sparse: true },
    { name: 'ending', key: { 'ending.time': 1 }, sparse: true },
    { name: 'deleting', key: { deleting: 1 }, sparse: true },
  ],
  sessions: [
    { name: 'by_id', key: { id: 1 }, unique: true },
    { name: 'by_user', key: { user: 1 } },
  ],
  friendships: [
    { name: 'by_member', key: { members: 1, _id: 1 } },
    { name: 'by_asker', key: { by: 1 } },
    { name: 'owing', key: { 'owes.time': 1 }, sparse: true },
  ],
  messages: [
    { name: 'by_number', key: { pair: 1, n: 1 }, unique: true },
    { name: 'open', key: { open: 1 }, sparse: true },
  ],
  calls: [
    { name: 'live', key: { pair: 1 }, unique: true, partialFilterExpression: { live: true } },
    { name: 'live_by_member', key: { members: 1 }, partialFilterExpression: { live: true } },
    { name: 'by_place', key: { pair: 1, after: 1, startedAt: 1, id: 1 } },
    { name: 'ringing', key: { startedAt: 1 }, partialFilterExpression: { status: 'ringing' } },
    { name: 'kept', key: { keptAt: 1 }, partialFilterExpression: { status: 'in_progress' } },
    { name: 'owing', key: { 'owes.time': 1 }, sparse: true },
  ],
  log: [{ name: 'by_position', key: { user: 1, seq: 1 }, unique: true }],
  operations: [],
  installations: [],
  reports: [{ name: 'by_time', key: { time: -1, order: -1 } }],
};

export function collectionsOf(db: Db): Collections {
  return {
    meta: db.collection('meta'),
    users: db.collection('users'),
    sessions: db.collection('sessions'),
    friendships: db.collection('friendships'),
    messages: db.collection('messages'),
    calls: db.collection('calls'),
    log: db.collection('log'),
    operations: db.collection('operations'),
    installations: db.collection('installations'),
    reports: db.collection('reports'),
  };
}

export async function createIndexes(collections: Collections): Promise<void> {
  const make = async (name: keyof Collections): Promise<void> => {
    const indexes = [...INDEXES[name]];
    if (indexes.length > 0) await collections[name].createIndexes(indexes);
  };
  for (const name of Object.keys(INDEXES) as (keyof Collections)[]) await make(name);
}
