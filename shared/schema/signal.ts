import { decode, encode } from '@msgpack/msgpack';
import * as v from 'valibot';
import type { Bytes } from '../ids.ts';
import { type Result, err, ok } from '../result.ts';
import { bytes, count, opId } from './fields.ts';

/**
 * What is inside an envelope of type 2: what the two devices in a call say to each other, where no server can read or
 * change it. MessagePack of `{call, session, n, body}`.
 */
const description = v.object({
  type: v.picklist(['offer', 'answer']),
  sdp: v.pipe(v.string(), v.maxLength(60_000)),
});
const candidate = v.nullable(
  v.object({
    candidate: v.pipe(v.string(), v.maxLength(2_000)),
    sdpMid: v.nullable(v.pipe(v.string(), v.maxLength(64))),
    sdpMLineIndex: v.nullable(count),
    usernameFragment: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(256)))),
  }),
);
const hash = bytes(32);

const body = v.variant('kind', [
  // Perfect negotiation (W3C WebRTC, §10.7): the caller is the impolite peer.
  v.object({ kind: v.literal('description'), description }),
  v.object({ kind: v.literal('candidate'), candidate }),
  // What the other side shows: their picture, their silence.
  v.object({ kind: v.literal('media'), microphone: v.boolean(), camera: v.boolean(), screen: v.boolean() }),
  // Short authentication: the caller commits to a number before it knows the callee's, and reveals it afterwards.
  v.object({ kind: v.literal('commit'), commitment: hash }),
  v.object({ kind: v.literal('nonce'), nonce: hash }),
  v.object({ kind: v.literal('reveal'), nonce: hash }),
  // The page was reloaded: everything begins anew, under a higher session.
  v.object({ kind: v.literal('rejoin') }),
  v.object({ kind: v.literal('bye') }),
]);

export const signal = v.object({
  call: opId,
  /** Counts the connections that this device has begun in the call: what belongs to an earlier one is dropped. */
  session: count,
  /** Counts what this device has said in the session, from 1: nothing counts twice. */
  n: count,
  body,
});
export type Signal = v.InferOutput<typeof signal>;
export type SignalBody = Signal['body'];

export function encodeSignal(said: Signal): Bytes {
  return encode(said);
}

/** Reads a signal. Never throws, whatever the bytes. */
export function decodeSignal(data: Uint8Array): Result<Signal, 'BAD_FRAME' | 'BAD_FIELD'> {
  let value: unknown;
  try {
    value = decode(data);
  } catch {
    return err('BAD_FRAME');
  }
  const parsed = v.safeParse(signal, value, { abortEarly: true });
  return parsed.success ? ok(parsed.output) : err('BAD_FIELD');
}
