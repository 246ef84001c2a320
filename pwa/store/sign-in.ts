import Dexie from 'dexie';
import { equalBytes } from '#shared/bytes.ts';
import { openCopy, sealCopy } from '#shared/crypto/device-lock.ts';
import type { Identity } from '#shared/crypto/identity.ts';
import { fingerprintOf } from '#shared/crypto/safety-number.ts';
import { createVaultKey, holdVaultKey } from '#shared/crypto/vault.ts';
import { Failure } from '#shared/errors.ts';
import type { UserId } from '#shared/ids.ts';
import { encodeProfile } from './contents.ts';
import { type Database, databaseName, openDatabase } from './database.ts';
import { loadDevice, signInDevice } from './device.ts';
import { RACED, guarded, untilCommitted } from './failures.ts';
import { joinSealed, withHeld } from './identities.ts';
import { type DeviceKeys, createKeychain, keyRows } from './keychain.ts';
import type { StoreEvents } from './opening.ts';
import { type OpenStore, lostItsKeys, openStore } from './provisioning.ts';
import type { AccountCopies, KeyCopies } from './rows.ts';

/** Somebody who has just proven who they are, with keys for use on this device: none of them extractable. */
export interface NewUser {
  readonly userId: UserId;
  readonly username: string;
  /** Newest first; see shared/crypto/identity.ts. */
  readonly identities: readonly [Identity, ...Identity[]];
  /** As from `holdAccountKey`. */
  readonly accountKey: CryptoKey;
  /** The same keys for a lock of this device, sealed under the account key. */
  readonly copies: AccountCopies;
}

/**
 * Makes the local database of a user who signs in on this device, and remembers that it is them. Somebody who signs
 * in again finds what they had, unsent messages too, and without a lock. Throws a Failure (STORAGE_FULL,
 * STORAGE_UNAVAILABLE).
 */
export async function createLocalStore(user: NewUser, events: StoreEvents): Promise<OpenStore> {
  const { userId, username, identities, accountKey } = user;
  const keys = [accountKey, ...identities.flatMap(({ signing, agreement }) => [signing, agreement])];
  if (keys.some((key) => key.extractable)) throw new TypeError('Keys must not be extractable on a device');

  const device = await loadDevice();
  const db = await openClean(userId, events);
  try {
    await guarded(async () => {
      const keychain = createKeychain(db, userId, await settleKeys(db, user));
      const fingerprint = await fingerprintOf(identities[0].signingPublic);
      const content = encodeProfile({ userId, username, fingerprint, device: device.id });
      await db.meta.put({ key: 'profile', sealed: await keychain.seal('meta', 'profile', content) });
    });
    // Last: whoever starts the app finds a user only together with everything of theirs.
    await signInDevice(userId);
  } catch (error) {
    db.close({ disableAutoOpen: true });
    throw error;
  }
  const opened = await openStore(db, userId, events);
  // Erased by another tab this very moment.
  if (opened === undefined || opened === 'locked') throw new Failure('STORAGE_UNAVAILABLE', 'keys');
  return opened;
}

/** Without what an erase that was cut off has left: nobody can read it any more. */
async function openClean(userId: UserId, { onLost }: StoreEvents): Promise<Database> {
  const db = openDatabase(userId, onLost);
  try {
    if (!(await guarded(() => lostItsKeys(db)))) return db;
  } catch (error) {
    db.close({ disableAutoOpen: true });
    throw error;
  }
  db.close({ disableAutoOpen: true });
  await guarded(() => Dexie.delete(databaseName(userId)));
  return openDatabase(userId, onLost);
}

/** Stores the keys, and returns them with the vault key of what is stored already. */
async function settleKeys(db: Database, user: NewUser): Promise<DeviceKeys> {
  const { userId, accountKey: account, copies } = user;
  const fresh = createVaultKey();
  const vaultCopy = await sealCopy(account, userId, 'vault', fresh);
  try {
    return await untilCommitted(async () => {
      const { stored, kept, held } = await storedKeys(db);
      const known = kept && (await openCopy(account, userId, 'vault', kept.vault));
      // One that was never copied goes on as it is. This device can't have a lock then until it was erased once.
      const uncopied = known === undefined ? stored?.key : undefined;
      const vault = uncopied ?? (await holdVaultKey(known ?? fresh));
      known?.fill(0);
      // A server may have lost keys that this device has.
      const joined =
        known === undefined || kept === undefined
          ? { sealed: copies.keyring, identities: user.identities }
          : await joinSealed(account, userId, kept.keyring, copies.keyring);
      const keys = { vault, account, identities: withHeld(joined.identities, held) };
      return db.transaction('rw', db.keys, async () => {
        const now = await storedKeys(db);
        const same = (stored === undefined) === (now.stored === undefined) && isSame(kept, now.kept);
        if (!same) return RACED;
        await db.keys.clear();
        await db.keys.bulkPut(keyRows(keys));
        if (uncopied === undefined) {
          const vaultCopied = known === undefined || kept === undefined ? vaultCopy : kept.vault;
          await db.keys.put({ name: 'copies', ...copies, keyring: joined.sealed, vault: vaultCopied });
        }
        return keys;
      });
    });
  } finally {
    fresh.fill(0);
  }
}

async function storedKeys(db: Database) {
  const [vault, copies, own] = await db.keys.bulkGet(['vault', 'copies', 'identities']);
  return {
    stored: vault?.name === 'vault' ? vault : undefined,
    kept: copies?.name === 'copies' ? copies : undefined,
    held: own?.name === 'identities' ? own.identities : [],
  };
}

function isSame(before: KeyCopies | undefined, now: KeyCopies | undefined): boolean {
  if (before === undefined || now === undefined) return before === now;
  return equalBytes(before.vault, now.vault) && equalBytes(before.keyring, now.keyring);
}
