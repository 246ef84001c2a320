import * as v from 'valibot';
import { bytes, count, deviceId, opId, sequence, userId } from '#shared/schema/fields.ts';

/**
 * What a client may say. Binary MessagePack, one frame a message; see sync/SPEC.md, rules W….
 *
 *   hello    first frame: versions, device, cursor, and the first operations
 *   ops      more operations
 *   took     entries up to `seq` are durable here: gives the server credit to send more
 *   typing   a hint for a friend, never stored
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
]);
export type Operation = v.InferOutput<typeof operation>;

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
  // Messages of the conversation with `peer` numbered below `before`, newest first in line.
  v.object({ t: v.literal('history'), id: count, peer: userId, before: sequence }),
  v.object({ t: v.literal('ping'), id: count }),
  v.object({ t: v.literal('auth'), token: v.pipe(v.string(), v.maxLength(4096)) }),
]);
export type Up = v.InferOutput<typeof up>;

/** Frames of one exchange over HTTP: a hello first, then whatever else is to be said. */
export const upExchange = v.pipe(v.array(up), v.minLength(1), v.maxLength(16));
