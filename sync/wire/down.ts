import * as v from 'valibot';
import { bytes, count, deviceId, opId, sequence, time, userId } from '#shared/schema/fields.ts';

/**
 * What a server may say. Binary MessagePack, one frame a message; see sync/SPEC.md, rules W….
 *
 *   welcome   answer to hello: version, epoch, head
 *   entries   the range (from, to] of your log as it stands now; only this moves the cursor
 *   snapshot  part of how everything stands, instead of a log that would be too long
 *   history   older messages of one conversation
 *   results   what became of operations
 *   resync    your cursor can't be continued: forget it; a snapshot follows
 *   typing, presence   hints about friends, never stored
 *   signal    what the other device in a call says: sealed, never stored
 *   pong      answer to ping, with the head
 *   bye       the last frame before the server closes, with the reason and when to come back
 */

const summary = { seq: sequence, time };

const mark = v.object({ delivered: sequence, seen: sequence });

/** The state of a friendship, as its reader sees it. */
export const standing = v.picklist(['none', 'sent', 'received', 'friends', 'blocked']);
export type Standing = v.InferOutput<typeof standing>;

const messageFields = {
  op: opId,
  from: userId,
  to: userId,
  n: sequence,
  time,
  envelope: bytes(70_000),
};
/** A message outside of the log: in a snapshot or in history. */
export const message = v.object(messageFields);
export type Message = v.InferOutput<typeof message>;

export const messageEntry = v.object({ ...summary, kind: v.literal('message'), ...messageFields });
/** Both sides' watermarks in the conversation with `peer`. */
export const receiptEntry = v.object({
  ...summary,
  kind: v.literal('receipt'),
  peer: userId,
  mine: mark,
  theirs: mark,
});
export const friendEntry = v.object({
  ...summary,
  kind: v.literal('friend'),
  peer: userId,
  name: v.pipe(v.string(), v.maxLength(64)),
  standing,
  // The peer's signed identity bundle; see shared/crypto/identity.ts.
  bundle: bytes(1024),
});

/** The account's keyring was replaced, by this device or another: it is fetched where it is needed. */
export const accountEntry = v.object({ ...summary, kind: v.literal('account'), revision: sequence });

const callFields = {
  id: opId,
  caller: userId,
  callee: userId,
  media: v.picklist(['voice', 'video']),
  status: v.picklist(['ringing', 'in_progress', 'completed', 'missed', 'declined', 'busy', 'failed']),
  after: sequence,
  startedAt: time,
  answeredAt: v.nullable(time),
  endedAt: v.nullable(time),
  callerDevice: deviceId,
  calleeDevice: v.nullable(deviceId),
  seen: v.boolean(),
};
/** A call outside of the log: in a snapshot or in history. See shared/call.ts. */
export const call = v.object(callFields);
export const callEntry = v.object({ ...summary, kind: v.literal('call'), ...callFields });

const known = v.variant('kind', [messageEntry, receiptEntry, friendEntry, accountEntry, callEntry]);
export type Entry = v.InferOutput<typeof known>;

/** An entry of a kind that this version does not know: kept raw; `critical` means "update first". */
export const foreignEntry = v.looseObject({
  ...summary,
  kind: v.pipe(
    v.string(),
    v.check((kind) => !['message', 'receipt', 'friend', 'account', 'call'].includes(kind), 'a known kind'),
  ),
  critical: v.optional(v.boolean()),
});
export type ForeignEntry = v.InferOutput<typeof foreignEntry>;

export const entry = v.union([known, foreignEntry]);

/** What became of an operation. Final: a repeat of the operation gets the same answer. */
export const result = v.variant('ok', [
  v.object({ id: opId, ok: v.literal(true), time, n: v.optional(sequence) }),
  v.object({
    id: opId,
    ok: v.literal(false),
    code: v.pipe(v.string(), v.maxLength(40)),
    // With STALE_KEY: the recipient's present bundle.
    bundle: v.optional(bytes(1024)),
  }),
]);
export type OpResult = v.InferOutput<typeof result>;

export const page = v.object({
  from: sequence,
  to: sequence,
  tag: count,
  head: sequence,
  entries: v.array(entry),
});
export type Page = v.InferOutput<typeof page>;

/**
 * How one conversation stands: its last number, both watermarks, its newest messages, and the newest of the calls that
 * stand after the first of these (or after any, when it is number 1), all oldest first; and the call that rings or goes
 * on, wherever it stands.
 */
export const conversationSummary = v.object({
  peer: userId,
  head: sequence,
  mine: mark,
  theirs: mark,
  messages: v.array(message),
  calls: v.array(call),
});
export type ConversationSummary = v.InferOutput<typeof conversationSummary>;

/**
 * Part of a snapshot. `seq` and `tag` are of the log's last entry before the first part was read: with the last part
 * (`done`) they become the cursor. Contacts are everybody with a friendship, a request or a conversation.
 */
export const snapshotPart = v.object({
  seq: sequence,
  tag: count,
  // Of the account's keyring, as it stands now.
  revision: sequence,
  contacts: v.array(v.omit(friendEntry, ['seq'])),
  conversations: v.array(conversationSummary),
  first: v.boolean(),
  done: v.boolean(),
});
export type SnapshotPart = v.InferOutput<typeof snapshotPart>;

/**
 * Messages numbered from `from` up to but not including `before`, oldest first, without a hole, and the newest of the
 * calls that stand after one of them (or before all, when `from` is 1).
 */
export const historyPage = v.object({
  peer: userId,
  from: sequence,
  before: sequence,
  messages: v.array(message),
  calls: v.array(call),
});
export type HistoryPage = v.InferOutput<typeof historyPage>;

export const down = v.variant('t', [
  v.object({
    t: v.literal('welcome'),
    v: count,
    epoch: v.pipe(v.string(), v.maxLength(64)),
    head: sequence,
    time,
    // The installation's next generation: to be named in the next hello.
    gen: count,
  }),
  v.object({ t: v.literal('entries'), page }),
  v.object({ t: v.literal('snapshot'), part: snapshotPart }),
  v.object({ t: v.literal('history'), id: count, page: historyPage }),
  v.object({ t: v.literal('results'), results: v.array(result) }),
  v.object({ t: v.literal('resync') }),
  v.object({ t: v.literal('typing'), from: userId, on: v.boolean(), ttl: count }),
  v.object({ t: v.literal('presence'), online: v.array(userId), offline: v.array(userId) }),
  // From this device of theirs.
  v.object({ t: v.literal('signal'), from: userId, device: deviceId, envelope: bytes(70_000) }),
  v.object({ t: v.literal('pong'), id: count, head: sequence }),
  v.object({ t: v.literal('bye'), code: v.pipe(v.string(), v.maxLength(40)), retryAfter: v.optional(count) }),
]);
export type Down = v.InferOutput<typeof down>;

/** The answer to an exchange over HTTP. */
export const downExchange = v.array(down);
