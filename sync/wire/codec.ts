import { Decoder, Encoder } from '@msgpack/msgpack';
import * as v from 'valibot';
import type { Bytes } from '#shared/ids.ts';
import { type Result, err, ok } from '#shared/result.ts';
import { type Down, down, downExchange } from './down.ts';
import { type Up, up, upExchange, versionRange } from './up.ts';
import { MAX_EXCHANGE, MAX_FRAME, negotiate } from './version.ts';

/** The largest frame that a client may send, in bytes: well above the 256 KiB of envelopes that it puts into one. */
export const MAX_UP_FRAME = 524_288;

interface Limits {
  readonly bytes: number;
  /** Values in all, keys and containers included. */
  readonly values: number;
}
// The fullest hello, with 256 receipts, has not 3,000 values.
const UP: Limits = { bytes: MAX_UP_FRAME, values: 8_192 };
// A person's friends may all be online at once.
const DOWN: Limits = { bytes: MAX_FRAME, values: 65_536 };
/** Up to 16 frames of a client, and whatever they are answered with. */
const UP_EXCHANGE: Limits = { bytes: MAX_EXCHANGE, values: 16 * UP.values };
const DOWN_EXCHANGE: Limits = { bytes: MAX_EXCHANGE, values: 4 * DOWN.values };

export type FrameError = 'BAD_FRAME' | 'FRAME_TOO_LARGE' | 'UNKNOWN_TYPE' | 'BAD_FIELD';

const UP_TYPES = new Set<unknown>(up.options.map((option) => option.entries.t.literal));
const DOWN_TYPES = new Set<unknown>(down.options.map((option) => option.entries.t.literal));

// One of each for all frames: each has buffers and caches of its own, which would cost more than most frames.
const encoder = new Encoder({ ignoreUndefined: true });
const decoder = new Decoder();

/** MessagePack of a frame. `undefined` fields are left out. */
export function encodeFrame(frame: Up | Down): Bytes {
  return encoder.encode(frame);
}

/** MessagePack of several frames, for an exchange over HTTP. */
export function encodeExchange(frames: readonly (Up | Down)[]): Bytes {
  return encoder.encode(frames);
}

/** Reads a frame from a client. Never throws, whatever the bytes. */
export const decodeUp = (data: Uint8Array): Result<Up, FrameError | 'UNSUPPORTED_VERSION'> =>
  unpack(data, UP, (value) => explain(value, check(value, up, UP_TYPES)));

/** Reads a frame from a server. Never throws, whatever the bytes. */
export const decodeDown = (data: Uint8Array): Result<Down, FrameError> =>
  unpack(data, DOWN, (value) => check(value, down, DOWN_TYPES));

/** Reads the frames of one exchange. Never throws, whatever the bytes. */
export const decodeUpExchange = (data: Uint8Array): Result<Up[], FrameError | 'UNSUPPORTED_VERSION'> =>
  unpack(data, UP_EXCHANGE, (value) =>
    explain(Array.isArray(value) ? value[0] : value, checkAll(value, upExchange)),
  );

export const decodeDownExchange = (data: Uint8Array): Result<Down[], FrameError> =>
  unpack(data, DOWN_EXCHANGE, (value) => checkAll(value, downExchange));

function unpack<T, E>(
  data: Uint8Array,
  limits: Limits,
  read: (value: unknown) => Result<T, E>,
): Result<T, E | FrameError> {
  if (data.byteLength > limits.bytes) return err('FRAME_TOO_LARGE');
  let value: unknown;
  try {
    if (!holdsAtMost(limits.values, data)) return err('BAD_FRAME');
    value = decoder.decode(data);
  } catch {
    return err('BAD_FRAME');
  }
  return read(value);
}

function check<T>(
  value: unknown,
  schema: v.GenericSchema<unknown, T>,
  types: ReadonlySet<unknown>,
): Result<T, FrameError> {
  if (typeof value !== 'object' || value === null || !('t' in value)) return err('BAD_FRAME');
  if (!types.has(value.t)) return err('UNKNOWN_TYPE');
  const parsed = v.safeParse(schema, value, { abortEarly: true });
  return parsed.success ? ok(parsed.output) : err('BAD_FIELD');
}

/** A hello of another version may have any other shape: then that is what is wrong with it. */
function explain<T>(
  frame: unknown,
  read: Result<T, FrameError>,
): Result<T, FrameError | 'UNSUPPORTED_VERSION'> {
  if (read.ok || read.error !== 'BAD_FIELD') return read;
  const range = v.safeParse(versionRange, frame);
  return range.success && negotiate(range.output.v) === undefined ? err('UNSUPPORTED_VERSION') : read;
}

function checkAll<T>(value: unknown, schema: v.GenericSchema<unknown, T>): Result<T, FrameError> {
  if (!Array.isArray(value)) return err('BAD_FRAME');
  const parsed = v.safeParse(schema, value, { abortEarly: true });
  return parsed.success ? ok(parsed.output) : err('BAD_FIELD');
}

/** From head 0xc0 on: how many bytes tell a length, and how many follow besides those that it counts. */
const LENGTH_BYTES = [
  0, 0, 0, 0, 1, 2, 4, 1, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 2, 4, 2, 4,
];
const MORE_BYTES = [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17];

/**
 * Whether MessagePack announces at most `max` values, however they are nested. The decoder makes an array as long as
 * it is said to be before any of it is there, so a few bytes of heads could take all memory; this builds nothing.
 * Bytes that end too early or mean nothing are left to the decoder. Throws a RangeError when a length is cut short.
 * Source: the MessagePack specification, "Formats".
 */
export function holdsAtMost(max: number, data: Uint8Array): boolean {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let announced = 1;
  for (let seen = 0, at = 0; seen < announced && at < data.byteLength; seen++) {
    const head = view.getUint8(at++);
    if (head < 0x80 || head >= 0xe0) continue;
    if (head < 0x90) announced += 2 * (head & 0x0f);
    else if (head < 0xa0) announced += head & 0x0f;
    else if (head < 0xc0) at += head & 0x1f;
    else {
      const width = LENGTH_BYTES[head - 0xc0] ?? 0;
      const length = readLength(view, at, width);
      at += width;
      if (head >= 0xde) announced += 2 * length;
      else if (head >= 0xdc) announced += length;
      else at += length + (MORE_BYTES[head - 0xc0] ?? 0);
    }
    if (announced > max) return false;
  }
  return true;
}

function readLength(view: DataView, at: number, width: number): number {
  if (width === 1) return view.getUint8(at);
  if (width === 2) return view.getUint16(at);
  return width === 4 ? view.getUint32(at) : 0;
}
