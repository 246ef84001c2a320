import { concat, equalBytes, lp, readU32, u32 } from '../bytes.ts';
import type { Bytes, UserId } from '../ids.ts';
import { type Result, err, ok } from '../result.ts';
import { IV_BYTES, TAG_BYTES, open, seal } from './aead.ts';
import { hkdfBase } from './derive.ts';
import { type SafeKdf, type StretchedPassword, saltOf } from './password.ts';
import { randomBytes } from './primitives.ts';
import type { RecoverySecret } from './recovery.ts';

/**
 * The account key: 32 random bytes that everything of an account hangs on. Passwords and recovery codes only wrap it,
 * so changing one re-wraps these bytes and nothing else.
 *
 *   wrapped = format u8 (1) · version u32 · iv 12 · commit 32 · AES-256-GCM(wrapKey, iv, account key)
 *   AAD     = lp(user id) ‖ lp(alg) ‖ iterations u32 ‖ lp(salt) ‖ version u32 ‖ commit     under a password
 *             lp(user id) ‖ lp("nexchat/rc/v1") ‖ version u32 ‖ commit                      under a recovery code
 */
const FORMAT = 1;
const KEY_BYTES = 32;
const AT = { version: 1, iv: 5, commit: 17, sealed: 49 } as const;
const WRAPPED_BYTES = AT.sealed + KEY_BYTES + TAG_BYTES;

/** What wraps an account key, and what the wrapped key is bound to. */
export type Wrapping = { readonly userId: UserId } & (
  | { readonly kdf: SafeKdf; readonly password: StretchedPassword }
  | { readonly recovery: RecoverySecret }
);

export function createAccountKey(): Bytes {
  return randomBytes(KEY_BYTES);
}

/** The account key for use on this device, as HKDF input: it can be stored, and nobody can read it. */
export function holdAccountKey(accountKey: Bytes): Promise<CryptoKey> {
  return hkdfBase(accountKey);
}

/** `version` counts the wrappings of an account, from 1. */
export async function wrapAccountKey(accountKey: Bytes, version: number, wrapping: Wrapping): Promise<Bytes> {
  const { wrapKey, commit } = secretOf(wrapping);
  const iv = randomBytes(IV_BYTES);
  const sealed = await seal(wrapKey, iv, associated(version, wrapping), accountKey);
  return concat([FORMAT], u32(version), iv, commit, sealed);
}

/**
 * `BAD_CREDENTIALS` when another password or code wrapped it, `KEYRING_DAMAGED` when the bytes were altered or belong
 * to another account or other parameters. Wipe the returned key after use. Never throws.
 */
export async function unwrapAccountKey(
  wrapped: Bytes,
  wrapping: Wrapping,
): Promise<Result<{ accountKey: Bytes; version: number }, 'BAD_CREDENTIALS' | 'KEYRING_DAMAGED'>> {
  if (wrapped.length !== WRAPPED_BYTES || wrapped[0] !== FORMAT) return err('KEYRING_DAMAGED');
  const { wrapKey, commit } = secretOf(wrapping);
  if (!equalBytes(wrapped.subarray(AT.commit, AT.sealed), commit)) return err('BAD_CREDENTIALS');
  const version = readU32(wrapped, AT.version);
  const iv = wrapped.subarray(AT.iv, AT.commit);
  const accountKey = await open(wrapKey, iv, associated(version, wrapping), wrapped.subarray(AT.sealed));
  return accountKey === undefined ? err('KEYRING_DAMAGED') : ok({ accountKey, version });
}

function secretOf(wrapping: Wrapping): StretchedPassword | RecoverySecret {
  return 'recovery' in wrapping ? wrapping.recovery : wrapping.password;
}

function associated(version: number, wrapping: Wrapping): Bytes {
  const { commit } = secretOf(wrapping);
  return concat(lp(wrapping.userId), methodOf(wrapping), u32(version), commit);
}

/** A method's first field is no other method's. */
function methodOf(wrapping: Wrapping): Bytes {
  if ('recovery' in wrapping) return lp('nexchat/rc/v1');
  const { alg, iterations } = wrapping.kdf;
  return concat(lp(alg), u32(iterations), lp(saltOf(wrapping.kdf)));
}
