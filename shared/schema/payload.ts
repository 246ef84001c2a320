import { decode, encode } from '@msgpack/msgpack';
import * as v from 'valibot';
import { Failure } from '../errors.ts';
import type { Bytes, DeviceId } from '../ids.ts';
import { type Result, err, ok } from '../result.ts';
import { deviceId, sequence } from './fields.ts';

/** What is inside an envelope: MessagePack of `{device, counter, prev, body}`. */
export interface Payload {
  readonly device: DeviceId;
  /** Counts this device's payloads in this conversation, from 1: a gap shows a dropped message. */
  readonly counter: number;
  /** SHA-256 of this device's previous payload in this conversation; `FIRST_PREV` for the first. */
  readonly prev: Bytes;
  readonly body: Body;
}

/** A kind that this version does not know keeps its decoded content in `raw`. */
export type Body =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'unknown'; readonly raw: Readonly<Record<string, unknown>> };

/** The longest text, in UTF-16 code units, as `String.length` counts. */
export const MAX_TEXT = 10_000;
/** `prev` of a device's first payload in a conversation: 32 zero bytes. */
export const FIRST_PREV: Bytes = new Uint8Array(32);

const hash = v.pipe(
  v.instance(Uint8Array),
  v.check((value) => value.length === 32, 'not 32 bytes'),
);
const frame = v.object({
  device: deviceId,
  counter: sequence,
  prev: hash,
  body: v.looseObject({ kind: v.string() }),
});
const textBody = v.object({ kind: v.literal('text'), text: v.string() });

/**
 * Throws a Failure (FRAME_TOO_LARGE) for a text above `MAX_TEXT`. An unknown body is written as it was read.
 */
export function encodePayload({ device, counter, prev, body }: Payload): Bytes {
  if (body.kind === 'text' && body.text.length > MAX_TEXT) throw new Failure('FRAME_TOO_LARGE', 'text');
  const written = body.kind === 'text' ? { kind: 'text', text: body.text } : body.raw;
  return encode({ device, counter, prev, body: written });
}

/** Reads a payload. Never throws, whatever the bytes. */
export function decodePayload(
  data: Uint8Array,
): Result<Payload, 'BAD_FRAME' | 'BAD_FIELD' | 'FRAME_TOO_LARGE'> {
  let value: unknown;
  try {
    value = decode(data);
  } catch {
    return err('BAD_FRAME');
  }
  const parsed = v.safeParse(frame, value, { abortEarly: true });
  if (!parsed.success) return err('BAD_FIELD');
  const { device, counter, prev, body: raw } = parsed.output;
  if (raw.kind !== 'text') return ok({ device, counter, prev, body: { kind: 'unknown', raw } });
  const text = v.safeParse(textBody, raw);
  if (!text.success) return err('BAD_FIELD');
  if (text.output.text.length > MAX_TEXT) return err('FRAME_TOO_LARGE');
  return ok({ device, counter, prev, body: text.output });
}
