import { decode, encode } from '@msgpack/msgpack';
import * as v from 'valibot';
import type { Bytes } from '#shared/ids.ts';
import { type Result, err, ok } from '#shared/result.ts';
import { type Down, down } from './down.ts';
import { type Up, up } from './up.ts';
import { MAX_FRAME } from './version.ts';

export type FrameError = 'BAD_FRAME' | 'FRAME_TOO_LARGE' | 'UNKNOWN_TYPE' | 'BAD_FIELD';

const UP_TYPES = new Set<unknown>(up.options.map((option) => option.entries.t.literal));
const DOWN_TYPES = new Set<unknown>(down.options.map((option) => option.entries.t.literal));

/** MessagePack of a frame. `undefined` fields are left out. */
export function encodeFrame(frame: Up | Down): Bytes {
  return encode(frame, { ignoreUndefined: true });
}

/** Reads a frame from a client. Never throws, whatever the bytes. */
export const decodeUp = (data: Uint8Array): Result<Up, FrameError> => read(data, up, UP_TYPES);

/** Reads a frame from a server. Never throws, whatever the bytes. */
export const decodeDown = (data: Uint8Array): Result<Down, FrameError> => read(data, down, DOWN_TYPES);

function read<T>(
  data: Uint8Array,
  schema: v.GenericSchema<unknown, T>,
  types: ReadonlySet<unknown>,
): Result<T, FrameError> {
  if (data.byteLength > MAX_FRAME) return err('FRAME_TOO_LARGE');
  let value: unknown;
  try {
    value = decode(data);
  } catch {
    return err('BAD_FRAME');
  }
  if (typeof value !== 'object' || value === null || !('t' in value)) return err('BAD_FRAME');
  if (!types.has(value.t)) return err('UNKNOWN_TYPE');
  const parsed = v.safeParse(schema, value, { abortEarly: true });
  return parsed.success ? ok(parsed.output) : err('BAD_FIELD');
}
