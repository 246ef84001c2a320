import Dexie from 'dexie';
import { holdAccountKey } from '#shared/crypto/account.ts';
import { type LockWay, openCopy, unwrapForLock, wrapForLock } from '#shared/crypto/device-lock.ts';
import { type SafeKdf, acceptKdf } from '#shared/crypto/password.ts';
import { holdVaultKey } from '#shared/crypto/vault.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes, UserId } from '#shared/ids.ts';
import { type Database, databaseName, openDatabase } from './database.ts';
import { loadDevice } from './device.ts';
import { RACED, guarded, isSameRecord, untilCommitted } from './failures.ts';
import { openIdentities } from './identities.ts';
import { type DeviceKeys, keyRows } from './keychain.ts';
import type { KeyCopies, LockRow } from './rows.ts';

/**
 * The lock of this device. Without it the keys lie in the database as CryptoKeys, which any script of this origin can
 * use, and a thief of the browser's files too. With it the database holds no key at all: the account key wrapped by a
 * passphrase (and, beside it, by a platform authenticator), and the other keys sealed under the account key. They are
 * in the memory of unlocked tabs and nowhere else; the service worker has none, and does nothing meanwhile.
 *
 * The sealed copies are kept from the day of the sign-in, because a CryptoKey can't be read out later. That gives a
 * script nothing that it could not have without: whoever can open the copies can use the account key, and so could open
 * the keyring with all private keys in it, and every row. What a lock can't undo: a browser overwrites its files late,
 * so that keys from before the lock may be found in them for a while.
 */

/** Attempts that may follow each other at once; then each wrong one doubles the wait, in milliseconds. */
const FREE_ATTEMPTS = 3;
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 15 * 60_000;

export interface NewLock {
  readonly minutes: number;
  readonly kdf: SafeKdf;
  /** Of the passphrase stretched with `lockName`; see shared/crypto/device-lock.ts. */
  readonly wrapKey: CryptoKey;
}

/** How this device opens. Undefined when it has no lock. */
export function readLock(): Promise<{ readonly userId: UserId; readonly lock: LockRow } | undefined> {
  return withDatabase(async (db, userId) => {
    const lock = await lockOf(db);
    return lock === undefined ? undefined : { userId, lock };
  });
}

/**
 * Locks the keys of an open store away; who holds them goes on with them. Throws a Failure: LOCK_UNAVAILABLE on a device
 * that was set up before there were copies, CONFLICT when there is a lock already.
 */
export async function setLock({ account }: DeviceKeys, { minutes, kdf, wrapKey }: NewLock): Promise<LockRow> {
  return withDatabase(async (db, userId) => {
    const wrapped = await withAccountKey(db, userId, account, (secret) =>
      wrapForLock(wrapKey, userId, 'passphrase', secret),
    );
    const lock: LockRow = { minutes, kdf, wrapped, authenticator: null, failures: 0, attemptedAt: 0 };
    await db.transaction('rw', db.keys, async () => {
      // Erased, or locked by another tab, this very moment.
      await copiesOf(db);
      if ((await lockOf(db)) !== undefined) throw new Failure('CONFLICT', 'lock');
      await db.keys.bulkDelete(['vault', 'account', 'identities']);
      await db.keys.put({ name: 'lock', ...lock });
    });
    return lock;
  });
}

/** Adds an authenticator, or replaces it. `key` as from `authenticatorKey`. */
export async function setAuthenticator(
  { account }: DeviceKeys,
  { id, salt, key }: { readonly id: Bytes; readonly salt: Bytes; readonly key: CryptoKey },
): Promise<LockRow> {
  return withDatabase(async (db, userId) => {
    const wrapped = await withAccountKey(db, userId, account, (secret) =>
      wrapForLock(key, userId, 'authenticator', secret),
    );
    return changeLock(db, (lock) => ({ ...lock, authenticator: { id, salt, wrapped } }));
  });
}

/** Only the passphrase opens it from now on. The browser goes on listing a credential that opens nothing. */
export function removeAuthenticator(): Promise<LockRow> {
  return withDatabase((db) => changeLock(db, (lock) => ({ ...lock, authenticator: null })));
}

export function setMinutes(minutes: number): Promise<LockRow> {
  return withDatabase((db) => changeLock(db, (lock) => ({ ...lock, minutes })));
}

/**
 * Counts an attempt with the passphrase, before it is known to be wrong: closing the app wins no further ones. Throws a
 * Failure: RATE_LIMITED, with the seconds to wait, when it comes too soon after the last one.
 */
export function beginAttempt(now: number): Promise<{ readonly userId: UserId; readonly kdf: SafeKdf }> {
  return withDatabase(async (db, userId) => {
    let wait = 0;
    const { kdf } = await changeLock(db, (lock) => {
      // By a clock that was set back no time has passed. The wait begins anew and is kept, so that it ends.
      const attemptedAt = Math.min(lock.attemptedAt, now);
      wait = waitAfter(lock.failures) - (now - attemptedAt);
      return wait > 0 ? { ...lock, attemptedAt } : { ...lock, failures: lock.failures + 1, attemptedAt: now };
    });
    if (wait > 0) throw new Failure('RATE_LIMITED', String(Math.ceil(wait / 1000)));
    return { userId, kdf: acceptKdf(kdf) };
  });
}

function waitAfter(failures: number): number {
  if (failures < FREE_ATTEMPTS) return 0;
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - FREE_ATTEMPTS));
}

/**
 * The keys behind the lock. `key` as for `setLock` or `setAuthenticator`. Throws a Failure: BAD_CREDENTIALS for another
 * key, KEYRING_DAMAGED when the rest does not open, CONFLICT when another tab has just taken this way in away.
 */
export function unlockKeys(way: LockWay, key: CryptoKey): Promise<DeviceKeys> {
  return withDatabase(async (db, userId) => {
    const keys = await openKeys(db, userId, way, key, await copiesOf(db));
    await changeLock(db, (lock) => ({ ...lock, failures: 0 }));
    return keys;
  });
}

/** Puts the keys back as they are without a lock. Throws as `unlockKeys` does. */
export function removeLock(way: LockWay, key: CryptoKey): Promise<void> {
  return withDatabase((db, userId) =>
    untilCommitted(async () => {
      const before = await copiesOf(db);
      const keys = await openKeys(db, userId, way, key, before);
      return db.transaction('rw', db.keys, async () => {
        // Another tab may have taken over a newer keyring, or changed the lock, meanwhile.
        if (!isSameRecord(before.keyring, (await copiesOf(db)).keyring)) return RACED;
        if ((await lockOf(db)) === undefined) throw new Failure('CONFLICT', way);
        await db.keys.bulkPut(keyRows(keys));
        await db.keys.delete('lock');
        return undefined;
      });
    }),
  );
}

async function openKeys(
  db: Database,
  userId: UserId,
  way: LockWay,
  key: CryptoKey,
  copies: KeyCopies,
): Promise<DeviceKeys> {
  const lock = await lockOf(db);
  const wrapped = way === 'passphrase' ? lock?.wrapped : lock?.authenticator?.wrapped;
  if (wrapped === undefined) throw new Failure('CONFLICT', way);
  const secret = await unwrapForLock(key, userId, way, wrapped);
  if (secret === undefined) throw new Failure('BAD_CREDENTIALS', way);
  const account = await holdAccountKey(secret);
  secret.fill(0);
  const [vault, identities] = await Promise.all([
    openCopy(account, userId, 'vault', copies.vault),
    openIdentities(account, userId, copies.keyring),
  ]);
  if (vault === undefined) throw new Failure('KEYRING_DAMAGED', 'vault');
  const held = await holdVaultKey(vault);
  vault.fill(0);
  return { vault: held, account, identities };
}

/** The bytes of the account key while `task` runs. */
async function withAccountKey<T>(
  db: Database,
  userId: UserId,
  account: CryptoKey,
  task: (secret: Bytes) => Promise<T>,
): Promise<T> {
  const secret = await openCopy(account, userId, 'account', (await copiesOf(db)).account);
  if (secret === undefined) throw new Failure('KEYRING_DAMAGED', 'account');
  try {
    return await task(secret);
  } finally {
    secret.fill(0);
  }
}

async function lockOf(db: Database): Promise<LockRow | undefined> {
  const row = await db.keys.get('lock');
  return row?.name === 'lock' ? row : undefined;
}

async function copiesOf(db: Database): Promise<KeyCopies> {
  const row = await db.keys.get('copies');
  if (row?.name !== 'copies') throw new Failure('LOCK_UNAVAILABLE');
  return row;
}

function changeLock(db: Database, change: (lock: LockRow) => LockRow): Promise<LockRow> {
  return db.transaction('rw', db.keys, async () => {
    const lock = await lockOf(db);
    if (lock === undefined) throw new Failure('CONFLICT', 'no lock');
    const next = change(lock);
    await db.keys.put({ ...next, name: 'lock' });
    return next;
  });
}

/** Runs `task` on a connection of its own: a lock is opened before there is a store, and changed rarely. */
async function withDatabase<T>(task: (db: Database, userId: UserId) => Promise<T>): Promise<T> {
  const { user } = await loadDevice();
  // Opening one that was erased would make it anew.
  if (user === null || !(await guarded(() => Dexie.exists(databaseName(user)))))
    throw new Failure('UNAUTHENTICATED');
  const db = openDatabase(user, () => {});
  try {
    return await guarded(() => task(db, user));
  } finally {
    db.close({ disableAutoOpen: true });
  }
}
