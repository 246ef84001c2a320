import { equalBytes } from '#shared/bytes.ts';
import { openCopy, sealCopy } from '#shared/crypto/device-lock.ts';
import type { Identity } from '#shared/crypto/identity.ts';
import { fingerprintOf } from '#shared/crypto/safety-number.ts';
import { createVaultKey, holdVaultKey } from '#shared/crypto/vault.ts';
import { Failure } from '#shared/errors.ts';
import type { UserId } from '#shared/ids.ts';
import { encodeProfile } from './contents.ts';
import { type Database, openDatabase } from './database.ts';
import { loadDevice, signInDevice } from './device.ts';
import { RACED, guarded, untilCommitted } from './failures.ts';
import { type DeviceKeys, createKeychain, keyRows } from './keychain.ts';
import type { StoreEvents } from './opening.ts';
import { type OpenStore, openStore } from './provisioning.ts';
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
  const db = openDatabase(userId, events.onLost);
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

/** Stores the keys, and returns them with the vault key of what is stored already. */
async function settleKeys(db: Database, user: NewUser): Promise<DeviceKeys> {
  const { userId, identities, accountKey: account, copies } = user;
  const fresh = createVaultKey();
  const vaultCopy = await sealCopy(account, userId, 'vault', fresh);
  try {
    return await untilCommitted(async () => {
      const [stored, kept] = await vaultRows(db);
      const known = kept && (await openCopy(account, userId, 'vault', kept.vault));
      // One that was never copied goes on as it is. This device can't have a lock then until it was erased once.
      const uncopied = known === undefined ? stored?.key : undefined;
      const vault = uncopied ?? (await holdVaultKey(known ?? fresh));
      known?.fill(0);
      const keys = { vault, account, identities };
      return db.transaction('rw', db.keys, async () => {
        const [storedNow, keptNow] = await vaultRows(db);
        const same = (stored === undefined) === (storedNow === undefined) && isSame(kept, keptNow);
        if (!same) return RACED;
        await db.keys.clear();
        await db.keys.bulkPut(keyRows(keys));
        if (uncopied === undefined) {
          const vaultCopied = known === undefined || kept === undefined ? vaultCopy : kept.vault;
          await db.keys.put({ name: 'copies', ...copies, vault: vaultCopied });
        }
        return keys;
      });
    });
  } finally {
    fresh.fill(0);
  }
}

async function vaultRows(db: Database) {
  const [stored, kept] = await db.keys.bulkGet(['vault', 'copies']);
  return [stored?.name === 'vault' ? stored : undefined, kept?.name === 'copies' ? kept : undefined] as const;
}

function isSame(before: KeyCopies | undefined, now: KeyCopies | undefined): boolean {
  if (before === undefined || now === undefined) return before === now;
  return equalBytes(before.vault, now.vault);
}
