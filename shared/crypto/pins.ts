import * as v from 'valibot';
import { compareBytes, equalBytes } from '../bytes.ts';
import type { Bytes, UserId } from '../ids.ts';
import { POINT_BYTES } from './verify.ts';

/** Who the person takes a contact to be. Follows the account inside its keyring. */
export interface Pin {
  /** IKs: the 65-byte signing key that stands for the contact. */
  readonly signing: Bytes;
  /** The person has compared it with the contact themselves. */
  readonly verified: boolean;
  /** Counts the decisions about this contact, from 1: the higher one is the later. */
  readonly epoch: number;
}
export type Pins = ReadonlyMap<UserId, Pin>;

const pin = v.object({
  signing: v.pipe(
    v.instance(Uint8Array),
    v.check(({ length }) => length === POINT_BYTES, 'not a point'),
  ),
  verified: v.boolean(),
  epoch: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
});

/** The pins of a keyring. What this version can't read is left out. */
export function readPins(written: Readonly<Record<string, unknown>>): Map<UserId, Pin> {
  const pins = new Map<UserId, Pin>();
  for (const [user, value] of Object.entries(written)) {
    const parsed = v.safeParse(pin, value);
    if (parsed.success) pins.set(user as UserId, parsed.output);
  }
  return pins;
}

/** The pins for a keyring. What this version can't read stays as it was. */
export function writePins(before: Readonly<Record<string, unknown>>, pins: Pins): Record<string, unknown> {
  return { ...before, ...Object.fromEntries(pins) };
}

/** What two devices know, joined: the later decision about each contact. */
export function mergePins(a: Pins, b: Pins): Map<UserId, Pin> {
  const merged = new Map(a);
  for (const [user, other] of b) {
    const own = merged.get(user);
    merged.set(user, own === undefined ? other : laterPin(own, other));
  }
  return merged;
}

/**
 * The later of two decisions, for keeping one. Of two of the same time a verified one, because somebody has looked; else
 * the one of the lower key, so that all devices keep the same. Which of two keys is true this can't say: see `isDispute`.
 */
export function laterPin(a: Pin, b: Pin): Pin {
  if (a.epoch !== b.epoch) return a.epoch > b.epoch ? a : b;
  if (a.verified !== b.verified) return a.verified ? a : b;
  return compareBytes(a.signing, b.signing) <= 0 ? a : b;
}

/**
 * Whether a device that has pinned `own` must ask the person about `other`: two keys at the same time. Only one that was
 * verified stands against one that was not.
 */
export function isDispute(own: Pin, other: Pin): boolean {
  if (own.epoch !== other.epoch || equalBytes(own.signing, other.signing)) return false;
  return other.verified || !own.verified;
}
