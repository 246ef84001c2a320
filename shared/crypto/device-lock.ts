import { utf8 } from '../bytes.ts';
import type { Bytes, UserId } from '../ids.ts';
import { NO_SALT, hkdfAesKey, hkdfBase } from './derive.ts';
import { openRecord, sealRecord } from './vault.ts';

/**
 * What lets a device lock itself. A key in a browser's storage can be used but not read out, so it can't be wrapped
 * later; therefore its bytes are kept beside it, sealed under the account key. A lock wraps the account key alone, by
 * each way that opens it, and the rest follows from the copies.
 *
 *   copy    = record (vault.ts) of a key's bytes under HKDF-SHA256(account key, no salt, info "nexchat/copies/v1"),
 *             store "nexchat/copies/v1/" + name, primary key user id
 *   wrapped = record of the account key, store "nexchat/lock/v1/" + way, primary key user id
 *     passphrase      under the wrapping key of password.ts, stretched with `lockName` as the name
 *     authenticator   under HKDF-SHA256(output of WebAuthn's PRF, no salt, info "nexchat/lock/v1/authenticator")
 */
const COPIES = 'nexchat/copies/v1';
const LOCK = 'nexchat/lock/v1';

export type CopiedKey = 'account' | 'vault';
export type LockWay = 'passphrase' | 'authenticator';

/** Stands where a username stands for a password; no username has a slash. */
export const lockName = (userId: UserId) => `lock/${userId}`;

/** `accountKey` as from `holdAccountKey`. */
export async function sealCopy(
  accountKey: CryptoKey,
  userId: UserId,
  name: CopiedKey,
  secret: Bytes,
): Promise<Bytes> {
  return sealRecord(await copiesKey(accountKey), `${COPIES}/${name}`, userId, secret);
}

/** Undefined for altered bytes, another account, key or name. Wipe the returned bytes after use. Never throws. */
export async function openCopy(
  accountKey: CryptoKey,
  userId: UserId,
  name: CopiedKey,
  copy: Bytes,
): Promise<Bytes | undefined> {
  const opened = await openRecord(await copiesKey(accountKey), `${COPIES}/${name}`, userId, copy);
  return opened.ok ? opened.value : undefined;
}

const copiesKey = (accountKey: CryptoKey) => hkdfAesKey(accountKey, NO_SALT, utf8(COPIES));

/** `key` as from `stretchPassword` (`wrapKey`) or `authenticatorKey`. */
export function wrapForLock(key: CryptoKey, userId: UserId, way: LockWay, accountKey: Bytes): Promise<Bytes> {
  return sealRecord(key, `${LOCK}/${way}`, userId, accountKey);
}

/** Undefined for another key (a wrong passphrase), and for altered bytes. Wipe the returned bytes after use. */
export async function unwrapForLock(
  key: CryptoKey,
  userId: UserId,
  way: LockWay,
  wrapped: Bytes,
): Promise<Bytes | undefined> {
  const opened = await openRecord(key, `${LOCK}/${way}`, userId, wrapped);
  return opened.ok ? opened.value : undefined;
}

/** The key that stands for an authenticator, of the 32 bytes that its PRF extension gives for the lock's salt. */
export async function authenticatorKey(output: Bytes): Promise<CryptoKey> {
  return hkdfAesKey(await hkdfBase(output), NO_SALT, utf8(`${LOCK}/authenticator`));
}
