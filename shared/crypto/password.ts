import { concat, fromBase64url, lp, toBase64url, utf8 } from '../bytes.ts';
import { Failure } from '../errors.ts';
import type { Bytes } from '../ids.ts';
import type { Kdf } from '../schema/http.ts';
import { NO_SALT, hkdf, hkdfAesKey, hkdfBase } from './derive.ts';
import { randomBytes, sha256, subtle } from './primitives.ts';

/**
 * From a password to the keys that stand for it. The password itself never leaves the device.
 *
 *   salt' = SHA-256(lp("nexchat/pw/v1") ‖ lp(username) ‖ salt 16)
 *   M     = PBKDF2-HMAC-SHA256(NFKC(password), salt', iterations), 32 bytes
 *   authKey, wrapKey, commit = HKDF-SHA256(M, no salt, info "nexchat/pw/v1/" + "auth" | "wrap" | "commit")
 */
const CONTEXT = 'nexchat/pw/v1';
/** What a new password is stretched with. May rise: accounts with less are wrapped again when somebody signs in. */
export const DEFAULT_ITERATIONS = 600_000;
/** Below this no server is believed. Stays as it is, or accounts of that strength could not be opened any more. */
const LEAST_ITERATIONS = 600_000;
export const MAX_ITERATIONS = 5_000_000;
const SALT_BYTES = 16;

declare const accepted: unique symbol;
/** Parameters that `acceptKdf` or `createKdf` vouches for: the only ones a password is stretched with. */
export type SafeKdf = Kdf & { readonly [accepted]: true };

/** Parameters for a new password: the default strength and a random salt. */
export function createKdf(iterations = DEFAULT_ITERATIONS): SafeKdf {
  return acceptKdf({ alg: 'PBKDF2-SHA256', iterations, salt: toBase64url(randomBytes(SALT_BYTES)) });
}

/**
 * Checks what a server asks for: it could weaken the parameters to make a password guessable, or strengthen
 * them to freeze the device. `pinnedIterations` is the most this account was ever seen with. Throws a Failure
 * (KDF_REFUSED).
 */
export function acceptKdf(kdf: Kdf, pinnedIterations = 0): SafeKdf {
  const least = Math.max(LEAST_ITERATIONS, pinnedIterations);
  if (kdf.alg !== 'PBKDF2-SHA256') throw new Failure('KDF_REFUSED', 'alg');
  if (!Number.isInteger(kdf.iterations) || kdf.iterations < least || kdf.iterations > MAX_ITERATIONS) {
    throw new Failure('KDF_REFUSED', 'iterations');
  }
  saltOf(kdf);
  return kdf as SafeKdf;
}

/** What a password was stretched to. */
export interface StretchedPassword {
  /** 32 bytes that prove the password to the server. */
  readonly authKey: Bytes;
  /** AES-256-GCM key that wraps the account key; not extractable. */
  readonly wrapKey: CryptoKey;
  /** 32 bytes that tell which password wrapped the account key. */
  readonly commit: Bytes;
}

/**
 * Takes 60 ms to seconds: call it in a Worker (all of the result can be posted). `username` as registered.
 */
export async function stretchPassword(
  password: string,
  username: string,
  kdf: SafeKdf,
): Promise<StretchedPassword> {
  const material = utf8(password.normalize('NFKC'));
  const [key, bound] = await Promise.all([
    subtle.importKey('raw', material, 'PBKDF2', false, ['deriveBits']),
    sha256(concat(lp(CONTEXT), lp(username), saltOf(kdf))),
  ]);
  material.fill(0);
  const { iterations } = kdf;
  const stretching = { name: 'PBKDF2', hash: 'SHA-256', salt: bound, iterations };
  const stretched = new Uint8Array(await subtle.deriveBits(stretching, key, 256));
  const base = await hkdfBase(stretched);
  stretched.fill(0);
  const [authKey, wrapKey, commit] = await Promise.all([
    hkdf(base, NO_SALT, utf8(`${CONTEXT}/auth`), 32),
    hkdfAesKey(base, NO_SALT, utf8(`${CONTEXT}/wrap`)),
    hkdf(base, NO_SALT, utf8(`${CONTEXT}/commit`), 32),
  ]);
  return { authKey, wrapKey, commit };
}

/** The 16 salt bytes of the parameters. Throws a Failure (KDF_REFUSED) for another length. */
export function saltOf(kdf: Kdf): Bytes {
  const salt = fromBase64url(kdf.salt);
  if (salt?.length !== SALT_BYTES) throw new Failure('KDF_REFUSED', 'salt');
  return salt;
}
