import { compareBytes, concat, equalBytes, fromUtf8, lp, readU16, readU32, readU64, utf8 } from '../bytes.ts';
import type { Bytes, UserId } from '../ids.ts';
import { type Result, err, ok } from '../result.ts';
import { sha256, subtle } from './primitives.ts';

/**
 * Checks public identities. The only cryptography the server uses: it opens and seals nothing.
 *
 *   bundle     version u8 (1) · lp(user id) · epoch u32 · IKs 65 · IKd 65 · created u64 (ms) · signature 64
 *   signature  ECDSA P-256 SHA-256 by IKs, r ‖ s, over lp("nexchat/bundle/v1") ‖ everything before it
 */
export interface Bundle {
  readonly userId: UserId;
  /**
   * Counts the user's agreement keys, from 1. A higher one under the same signing key replaces a lower one.
   */
  readonly epoch: number;
  /** IKs: the ECDSA P-256 public key that contacts pin, 65 bytes uncompressed. */
  readonly signing: Bytes;
  /** IKd: the ECDH P-256 public key that messages are sealed to, 65 bytes uncompressed. */
  readonly agreement: Bytes;
  /** Milliseconds since 1970. */
  readonly created: number;
}

const VERSION = 1;
export const POINT_BYTES = 65;
const SIGNATURE_BYTES = 64;
const BODY_BYTES = 1 + 24 + 4 + POINT_BYTES + POINT_BYTES + 8;
const CONTEXT = lp('nexchat/bundle/v1');
const KEY_ID_CONTEXT = utf8('nexchat/keyid/v1');

/** The 16-byte name of a 65-byte public key: the start of SHA-256("nexchat/keyid/v1" ‖ key). */
export async function keyIdOf(publicKey: Bytes): Promise<Bytes> {
  return (await sha256(concat(KEY_ID_CONTEXT, publicKey))).slice(0, 16);
}

/** What the signature of a bundle covers. `body` is the bundle without its signature. */
export function signedPart(body: Bytes): Bytes {
  return concat(CONTEXT, body);
}

/** Reads the fields of a bundle without judging signature or keys. Never throws, whatever the bytes. */
export function parseBundle(data: Bytes): Result<Bundle, 'BUNDLE_INVALID'> {
  if (data.length !== BODY_BYTES + SIGNATURE_BYTES || data[0] !== VERSION || readU16(data, 1) !== 22) {
    return err('BUNDLE_INVALID');
  }
  const userId = fromUtf8(data.subarray(3, 25));
  const epoch = readU32(data, 25);
  const created = readU64(data, 159);
  if (userId === undefined || !/^[A-Za-z0-9_-]{22}$/.test(userId)) return err('BUNDLE_INVALID');
  if (epoch === 0 || created === undefined) return err('BUNDLE_INVALID');
  // Copies: a bundle outlives the frame that it came in.
  return ok({
    userId: userId as UserId,
    epoch,
    signing: data.slice(29, 94),
    agreement: data.slice(94, 159),
    created,
  });
}

/**
 * The bundle, if it is well-formed, is of `owner`, holds two different points of the curve, and its signing
 * key signed it. Never throws, whatever the bytes.
 */
export async function verifyBundle(data: Bytes, owner: UserId): Promise<Result<Bundle, 'BUNDLE_INVALID'>> {
  const parsed = parseBundle(data);
  if (!parsed.ok) return parsed;
  const { userId, signing, agreement } = parsed.value;
  if (userId !== owner || !isPoint(signing) || !isPoint(agreement)) return err('BUNDLE_INVALID');
  // One key for two purposes is never made by an honest client.
  if (equalBytes(signing, agreement)) return err('BUNDLE_INVALID');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const key = await subtle.importKey('raw', signing, algorithm, false, ['verify']);
  const signature = data.slice(BODY_BYTES);
  const body = signedPart(data.slice(0, BODY_BYTES));
  const signed = await subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, signature, body);
  return signed ? parsed : err('BUNDLE_INVALID');
}

/**
 * What a verified bundle means to someone who pinned another of the same user: the same keys, a rotated
 * agreement key (accept it), an old or contradictory bundle (ignore it), or another identity (a key change:
 * tell the user).
 */
export function judgeBundle(pinned: Bundle, offered: Bundle): 'same' | 'rotated' | 'stale' | 'changed' {
  if (!equalBytes(pinned.signing, offered.signing)) return 'changed';
  if (offered.epoch > pinned.epoch) return 'rotated';
  const same = offered.epoch === pinned.epoch && compareBytes(offered.agreement, pinned.agreement) === 0;
  return same ? 'same' : 'stale';
}

// NIST P-256 (SEC 2, §2.4.2): y² = x³ − 3x + b over the integers modulo p.
const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/**
 * Whether these are 65 bytes of an uncompressed point on P-256. Checked here because platforms differ: Node
 * imports compressed points, and not every engine checks the curve on import.
 */
export function isPoint(publicKey: Bytes): boolean {
  if (publicKey.length !== POINT_BYTES || publicKey[0] !== 4) return false;
  const x = toInteger(publicKey, 1);
  const y = toInteger(publicKey, 33);
  return x < P && y < P && (y * y - x * x * x + 3n * x - B) % P === 0n;
}

function toInteger(data: Bytes, at: number): bigint {
  let value = 0n;
  for (let i = at; i < at + 32; i += 4) value = (value << 32n) | BigInt(readU32(data, i));
  return value;
}
