import * as v from 'valibot';
import { bytes, count, deviceId, opId, sequence, userId } from '#shared/schema/fields.ts';

/**
 * What a client may say. Binary MessagePack, one frame a message; see sync/SPEC.md, rules W….
 *
 *   hello    first frame: versions, device, cursor, and the first operations
 *   ops      more operations
 *   took     entries up to `seq` are durable here: gives the server credit to send more
 *   typing   a hint for a friend, never stored
 *   signal   what the other device in a call should hear: sealed, never stored
 *   in-call  this device still is in that call
 *   history  asks for older messages of one conversation
 *   ping     asks for a pong: proves that the socket is alive both ways
 *   auth     a fresh access token before the old one ends
 */

/** A change the client makes. Idempotent: `id` is made once and never again used for other content. */
export const operation = v.variant('kind', [
  v.object({ id: opId, kind: v.literal('message.send'), to: userId, envelope: bytes(70_000) }),
  v.object({ id: opId, kind: v.literal('friend.request'), to: userId }),
  v.object({ id: opId, kind: v.literal('friend.accept'), to: userId }),
  v.object({ id: opId, kind: v.literal('friend.reject'), to: userId }),
  v.object({ id: opId, kind: v.literal('friend.remove'), to: userId }),
  v.object({ id: opId, kind: v.literal('friend.block'), to: userId }),
  v.object({ id: opId, kind: v.literal('friend.unblock'), to: userId }),
  // Watermarks in the conversation with `to`: every message numbered up to here.
  v.object({ id: opId, kind: v.literal('receipt'), to: userId, delivered: sequence, seen: sequence }),
  // Calls; see shared/call.ts. `device` is the one that is to speak.
  v.object({
    id: opId,
    kind: v.literal('call.start'),
    to: userId,
    device: deviceId,
    media: v.picklist(['voice', 'video']),
  }),
  v.object({ id: opId, kind: v.literal('call.answer'), to: userId, call: opId, device: deviceId }),
  v.object({ id: opId, kind: v.literal('call.decline'), to: userId, call: opId }),
  v.object({
    id: opId,
    kind: v.literal('call.end'),
    to: userId,
    call: opId,
    reason: v.picklist(['hung-up', 'failed']),
  }),
  v.object({ id: opId, kind: v.literal('call.see'), to: userId, call: opId }),
]);
export type Operation = v.InferOutput<typeof operation>;
/** Made for now: they never wait in an outbox. `call.see` does. */
export type CallOperation = Extract<
  Operation,
  { kind: 'call.start' | 'call.answer' | 'call.decline' | 'call.end' }
>;

/** How far a client has stored its user's log. `tag` is the random mark of entry `seq`. */
export const cursor = v.object({ epoch: v.pipe(v.string(), v.maxLength(64)), seq: sequence, tag: count });
export type Cursor = v.InferOutput<typeof cursor>;

export const MAX_OPS_PER_FRAME = 256;
const operations = v.pipe(v.array(operation), v.maxLength(MAX_OPS_PER_FRAME));

const versions = v.tuple([count, count]);
/** What every version's hello holds, whatever else is in it. */
export const versionRange = v.object({ t: v.literal('hello'), v: versions });

export const up = v.variant('t', [
  v.object({
    t: v.literal('hello'),
    v: versions,
    device: deviceId,
    // The installation's generation, as the last welcome gave it; 0 before the first.
    gen: count,
    cursor: v.nullable(cursor),
    ops: operations,
  }),
  v.object({ t: v.literal('ops'), ops: operations }),
  v.object({ t: v.literal('took'), seq: sequence }),
  v.object({ t: v.literal('typing'), to: userId, on: v.boolean() }),
  v.object({ t: v.literal('signal'), to: userId, device: deviceId, envelope: bytes(70_000) }),
  v.object({ t: v.literal('in-call'), call: opId, peer: userId }),
  // Messages of the conversation with `peer` numbered below `before`, newest first in line.
  v.object({ t: v.literal('history'), id: count, peer: userId, before: sequence }),
  v.object({ t: v.literal('ping'), id: count }),
  v.object({ t: v.literal('auth'), token: v.pipe(v.string(), v.maxLength(4096)) }),
]);
export type Up = v.InferOutput<typeof up>;

/** Frames of one exchange over HTTP: a hello first, then whatever else is to be said. */
export const upExchange = v.pipe(v.array(up), v.minLength(1), v.maxLength(16));
