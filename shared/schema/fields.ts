import * as v from 'valibot';
import type { DeviceId, OpId, UserId } from '#shared/ids.ts';

/** The scalar forms that frames, HTTP bodies and stored rows are made of. */
const id22 = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22}$/));

export const userId = v.pipe(
  id22,
  v.transform((text) => text as UserId),
);
export const deviceId = v.pipe(
  id22,
  v.transform((text) => text as DeviceId),
);
export const opId = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
  v.transform((text) => text as OpId),
);

/** A 32-bit unsigned number. */
export const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff));
/** A position in a log or conversation, or what is counted. */
export const sequence = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** The last time that a Date can hold (ECMA-262, "Time Values and Time Range"): formatting a later one throws. */
export const MAX_TIME = 8_640_000_000_000_000;
/** Milliseconds since 1970. */
export const time = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(MAX_TIME));

/** Binary data of at most `max` bytes. */
export const bytes = (max: number) =>
  v.pipe(
    v.instance(Uint8Array),
    v.check((value) => value.byteLength <= max, 'too long'),
  );
