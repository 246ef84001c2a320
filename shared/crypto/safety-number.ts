import { concat, fromBase64url, toBase64url, toHex, utf8 } from '../bytes.ts';
import type { Bytes, UserId } from '../ids.ts';
import { subtle } from './primitives.ts';
import { keyIdOf } from './verify.ts';

/** A user and the signing key (IKs, 65 bytes) that stands for them. */
export interface Signer {
  readonly userId: UserId;
  readonly signing: Bytes;
}

const ITERATIONS = 5200;
const HALF_BYTES = 30;
const ID_BYTES = 16;
const PREFIX = 'NXSN1.';

/**
 * 60 digits that both members of a pair compute from both signing keys, and compare by voice or camera. Each
 * user's half is 30 digits of PBKDF2-HMAC-SHA512(IKs, salt "nexchat/sn/v1" ‖ user id, 5200): every 5 bytes
 * give 5 digits.
 */
export async function safetyNumber(a: Signer, b: Signer): Promise<string> {
  const halves = await Promise.all([halfOf(a), halfOf(b)]);
  return numberOf(halves);
}

/** What two people compare: the number in groups of five digits, and the same for a camera. */
export interface SafetyNumber {
  /** Twelve. */
  readonly groups: readonly string[];
  /** The same text on both devices, before it is said who shows it: see `safetyNumberOf`, `codeShownBy`. */
  readonly code: string;
}

/**
 * The code of a safety number, for a QR code or to be pasted:
 *
 *   "NXSN1." ‖ base64url(user id 16 ‖ half 30 ‖ user id 16 ‖ half 30), the lower user id (as text) first
 */
export async function safetyNumberOf(a: Signer, b: Signer): Promise<SafetyNumber> {
  const sides = await Promise.all(
    [a, b]
      .toSorted((one, other) => (one.userId < other.userId ? -1 : 1))
      .map(async (signer) => ({ id: fromBase64url(signer.userId) ?? [], half: await halfOf(signer) })),
  );
  return {
    groups: numberOf(sides.map(({ half }) => half)).match(/.{5}/g) ?? [],
    code: PREFIX + toBase64url(concat(...sides.flatMap(({ id, half }) => [id, half]))),
  };
}

/** The code as `maker` shows it. It names who shows it, so that nobody proves anything with a code of their own. */
export function codeShownBy(maker: UserId, code: string): string {
  return `${code}.${maker}`;
}

export type SafetyVerdict = 'match' | 'mismatch' | 'own' | 'unreadable';

/**
 * What a scanned or pasted text says about the code that this device computed with `peer`. `unreadable` is no code of this
 * version; `mismatch` also when it is a code of other people; `own` is the one that this side shows itself.
 */
export function compareSafetyCode(expected: string, peer: UserId, scanned: string): SafetyVerdict {
  const text = scanned.trim();
  const end = text.lastIndexOf('.');
  const [code, maker] = [text.slice(0, end), text.slice(end + 1)];
  const content = code.startsWith(PREFIX) ? fromBase64url(code.slice(PREFIX.length)) : undefined;
  if (content?.length !== 2 * (ID_BYTES + HALF_BYTES)) return 'unreadable';
  if (fromBase64url(maker)?.length !== ID_BYTES) return 'unreadable';
  if (code !== expected) return 'mismatch';
  return maker === peer ? 'match' : 'own';
}

async function halfOf({ userId, signing }: Signer): Promise<Bytes> {
  const key = await subtle.importKey('raw', signing, 'PBKDF2', false, ['deriveBits']);
  const salt = concat(utf8('nexchat/sn/v1'), utf8(userId));
  const stretching = { name: 'PBKDF2', hash: 'SHA-512', salt, iterations: ITERATIONS };
  return new Uint8Array(await subtle.deriveBits(stretching, key, HALF_BYTES * 8));
}

function numberOf(halves: readonly Bytes[]): string {
  return halves.map(digitsOf).toSorted().join('');
}

function digitsOf(bytes: Bytes): string {
  let digits = '';
  for (let at = 0; at < HALF_BYTES; at += 5) {
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
