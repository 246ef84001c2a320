import { concat, toHex, utf8 } from '../bytes.ts';
import type { Bytes, UserId } from '../ids.ts';
import { subtle } from './primitives.ts';
import { keyIdOf } from './verify.ts';

/** A user and the signing key (IKs, 65 bytes) that stands for them. */
export interface Signer {
  readonly userId: UserId;
  readonly signing: Bytes;
}

const ITERATIONS = 5200;
const DIGITS_BYTES = 30;

/**
 * 60 digits that both members of a pair compute from both signing keys, and compare by voice or camera. Each
 * user's half is 30 digits of PBKDF2-HMAC-SHA512(IKs, salt "nexchat/sn/v1" ‖ user id, 5200): every 5 bytes
 * give 5 digits.
 */
export async function safetyNumber(a: Signer, b: Signer): Promise<string> {
  const halves = await Promise.all([halfOf(a), halfOf(b)]);
  return halves.toSorted().join('');
}

async function halfOf({ userId, signing }: Signer): Promise<string> {
  const key = await subtle.importKey('raw', signing, 'PBKDF2', false, ['deriveBits']);
  const salt = concat(utf8('nexchat/sn/v1'), utf8(userId));
  const stretching = { name: 'PBKDF2', hash: 'SHA-512', salt, iterations: ITERATIONS };
  const bytes = new Uint8Array(await subtle.deriveBits(stretching, key, DIGITS_BYTES * 8));
  let digits = '';
  for (let at = 0; at < DIGITS_BYTES; at += 5) {
    // 40 bits: exact in a double.
    const number = bytes.subarray(at, at + 5).reduce((sum, byte) => sum * 256 + byte, 0);
    digits += String(number % 100_000).padStart(5, '0');
  }
  return digits;
}

/** A short name of a signing key for display: its key id as eight groups of four hexadecimal digits. */
export async function fingerprintOf(signing: Bytes): Promise<string> {
  const hex = toHex(await keyIdOf(signing)).toUpperCase();
  return hex.replace(/(.{4})(?=.)/g, '$1 ');
}
