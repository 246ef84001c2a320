import * as v from 'valibot';
import { deviceId, opId, sequence, userId } from '#shared/schema/fields.ts';
import type { Bytes, PairId } from '#shared/ids.ts';

/**
 * Everything that a server keeps, as records that name no database: what moves between stores, and what a backup that
 * a person can read is made of. What clients hold on to (the epoch, positions and tags of logs, floors, generations,
 * numbers of messages, digests of operations) is in it as it is, so that after a move they go on where they were.
 */
export interface ArchiveStore {
  /**
   * Every record, as of one moment, whatever is written meanwhile: the kinds in the order of ARCHIVE_KINDS, messages and
   * calls by conversation and number, entries by user and position.
   */
  records(): AsyncIterable<ArchiveRecord>;
  /**
   * Fills an empty store from records in that order: with all of them, or, when they end in an error, with none. Throws
   * a Refusal when the store is not empty.
   */
  load(records: AsyncIterable<ArchiveRecord>): Promise<void>;
}

/** In an archive bytes are base64url text; here they are bytes. */
const bytes = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]*$/),
  v.transform((text): Bytes => new Uint8Array(Buffer.from(text, 'base64url'))),
);
const pairId = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{22}$/),
  v.transform((text) => text as PairId),
);
const maybe = <const S extends v.GenericSchema>(schema: S) => v.nullable(schema);
const mark = v.strictObject({ delivered: sequence, seen: sequence });

/** Names the history of the logs; see SyncStore. One, and the first. */
const history = v.strictObject({ kind: v.literal('history'), epoch: v.string() });

const user = v.strictObject({
  kind: v.literal('user'),
  user: userId,
  username: v.string(),
  created: sequence,
  bundle: bytes,
  keyId: bytes,
  /** Positions of the log up to here are gone, and never given again. */
  floor: sequence,
  suspended: maybe(sequence),
  /** Since when there is nothing behind the name any more. */
  deleted: maybe(sequence),
  /** Null once it was deleted. */
  account: maybe(
    v.strictObject({
      keyring: bytes,
      revision: sequence,
      credentials: v.strictObject({
        kdf: v.strictObject({ alg: v.literal('PBKDF2-SHA256'), iterations: sequence, salt: v.string() }),
        verifier: v.string(),
        pepperId: v.string(),
        sealedAccountKey: bytes,
      }),
      recovery: maybe(
        v.strictObject({
          verifier: v.string(),
          pepperId: v.string(),
          sealedAccountKey: bytes,
          created: sequence,
        }),
      ),
      credentialsVersion: sequence,
    }),
  ),
});

/**
 * A sign-in, ended ones too: they say which devices an account knows. Where a device can be woken is not in it: each
 * says that again when it is started.
 */
const session = v.strictObject({
  kind: v.literal('session'),
  id: v.string(),
  user: userId,
  device: deviceId,
  deviceName: v.string(),
  started: sequence,
  token: bytes,
  rotated: sequence,
  previous: maybe(bytes),
  successor: maybe(bytes),
  expires: sequence,
  ended: maybe(sequence),
});

const installation = v.strictObject({
  kind: v.literal('installation'),
  user: userId,
  device: deviceId,
  current: sequence,
  previous: sequence,
});

/** A friendship and its watermarks; `low` and `high` are the members in the order of the pair. */
const pair = v.strictObject({
  kind: v.literal('pair'),
  pair: pairId,
  state: v.picklist(['none', 'requested', 'friends', 'rejected']),
  by: maybe(userId),
  blockedBy: v.array(userId),
  version: sequence,
  time: sequence,
  low: mark,
  high: mark,
});

const message = v.strictObject({
  kind: v.literal('message'),
  pair: pairId,
  n: sequence,
  from: userId,
  op: opId,
  time: sequence,
  envelope: bytes,
});

/** A call, live ones too. */
const call = v.strictObject({
  kind: v.literal('call'),
  pair: pairId,
  id: opId,
  caller: userId,
  media: v.picklist(['voice', 'video']),
  status: v.picklist(['ringing', 'in_progress', 'completed', 'missed', 'declined', 'busy', 'failed']),
  after: sequence,
  startedAt: sequence,
  answeredAt: maybe(sequence),
  endedAt: maybe(sequence),
  callerDevice: deviceId,
  calleeDevice: maybe(deviceId),
  seen: v.boolean(),
  version: sequence,
  keptAt: sequence,
});

/** A position of a log that is still kept, and what it refers to. */
const entry = v.strictObject({
  kind: v.literal('entry'),
  user: userId,
  seq: sequence,
  tag: sequence,
  time: sequence,
  subject: v.variant('of', [
    v.strictObject({ of: v.literal('message'), pair: pairId, n: sequence }),
    v.strictObject({ of: v.literal('friend'), pair: pairId }),
    v.strictObject({ of: v.literal('receipt'), pair: pairId }),
    v.strictObject({ of: v.literal('call'), pair: pairId, call: opId }),
    v.strictObject({ of: v.literal('account'), revision: sequence }),
  ]),
});

/** The first result of an operation; `code` is null when it succeeded. */
const operation = v.strictObject({
  kind: v.literal('operation'),
  user: userId,
  op: opId,
  digest: bytes,
  time: maybe(sequence),
  n: maybe(sequence),
  code: maybe(v.string()),
  bundle: maybe(bytes),
});

const report = v.strictObject({
  kind: v.literal('report'),
  from: userId,
  about: userId,
  reason: v.picklist(['spam', 'harassment', 'impersonation', 'other']),
  note: v.string(),
  time: sequence,
});

/** Reads a record as the archive's text gives it. */
export const archiveRecord = v.variant('kind', [
  history,
  user,
  session,
  installation,
  pair,
  message,
  call,
  entry,
  operation,
  report,
]);
export type ArchiveRecord = v.InferOutput<typeof archiveRecord>;
export type ArchiveKind = ArchiveRecord['kind'];
/** A record of one kind. */
export type RecordOf<K extends ArchiveKind> = Extract<ArchiveRecord, { readonly kind: K }>;

/** In this order a record only names what came before it. */
export const ARCHIVE_KINDS = [
  'history',
  'user',
  'session',
  'installation',
  'pair',
  'message',
  'call',
  'entry',
  'operation',
  'report',
] as const satisfies readonly ArchiveKind[];
