import Dexie from 'dexie';
import type { Identity } from '#shared/crypto/identity.ts';
import { fingerprintOf } from '#shared/crypto/safety-number.ts';
import { createVaultKey } from '#shared/crypto/vault.ts';
import { Failure } from '#shared/errors.ts';
import type { UserId } from '#shared/ids.ts';
import { type Profile, decodeProfile, encodeProfile } from './contents.ts';
import type { Context } from './context.ts';
import { type Database, DEVICE_DATABASE, type Lost, databaseName, isOurs, openDatabase } from './database.ts';
import { loadDevice, signInDevice } from './device.ts';
import { createTurns, guarded } from './failures.ts';
import { type Keychain, loadKeychain } from './keychain.ts';
import { nameInstallation } from './installation.ts';
import { createStore } from './local-store.ts';
import type { LocalStore } from './ports.ts';
import { reopenAll } from './reopen.ts';

/** Somebody who has just proven who they are, with keys for use on this device: none of them extractable. */
export interface NewUser {
  readonly userId: UserId;
  readonly username: string;
  /** Newest first; see shared/crypto/identity.ts. */
  readonly identities: readonly [Identity, ...Identity[]];
  /** As from `holdAccountKey`. */
  readonly accountKey: CryptoKey;
}

/** The part of the outside that the store calls. */
export interface StoreEvents {
  /** Told of failures that have no caller to reject to. */
  readonly report: (error: unknown) => void;
  /** The store has closed itself: reload to go on. */
  readonly onLost: (why: Lost) => void;
}

export interface OpenStore {
  readonly store: LocalStore;
  readonly profile: Profile;
  readonly keychain: Keychain;
}

/**
 * Makes the local database of a user who signs in on this device, and remembers that it is them. Somebody who signs
 * in again finds what they had, unsent messages too. Throws a Failure (STORAGE_FULL, STORAGE_UNAVAILABLE).
 */
export async function createLocalStore(user: NewUser, events: StoreEvents): Promise<OpenStore> {
  const { userId, username, identities, accountKey } = user;
  const keys = [accountKey, ...identities.flatMap(({ signing, agreement }) => [signing, agreement])];
  if (keys.some((key) => key.extractable)) throw new TypeError('Keys must not be extractable on a device');

  const device = await loadDevice();
  const db = openDatabase(userId, events.onLost);
  try {
    await guarded(async () => {
      const vault = await createVaultKey();
      await db.transaction('rw', db.keys, async () => {
        if ((await db.keys.get('vault')) === undefined) await db.keys.add({ name: 'vault', key: vault });
        await db.keys.bulkPut([
          { name: 'account', key: accountKey },
          { name: 'identities', identities },
        ]);
      });
      const keychain = await loadKeychain(db, userId);
      if (keychain === undefined) throw new Failure('STORAGE_UNAVAILABLE', 'keys');
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
  const opened = await start(db, userId, events);
  // Erased by another tab this very moment.
  if (opened === undefined) throw new Failure('STORAGE_UNAVAILABLE', 'keys');
  return opened;
}

/** The database of who is signed in on this device; undefined for nobody. Needs no network and no password. */
export async function openLocalStore(events: StoreEvents): Promise<OpenStore | undefined> {
  const { user } = await loadDevice();
  if (user === null) return undefined;
  const exists = await guarded(() => Dexie.exists(databaseName(user)));
  return exists ? start(openDatabase(user, events.onLost), user, events) : undefined;
}

/**
 * Erases everything of this app on this device: first the vault key, without which nothing can be read, then every
 * database. Other tabs let go by themselves. Close the store before.
 */
export async function eraseLocalStore(): Promise<void> {
  await guarded(async () => {
    const names = (await Dexie.getDatabaseNames()).filter(isOurs);
    const users = names.filter((name) => name !== DEVICE_DATABASE);
    const vaults = await Promise.allSettled(users.map(eraseVaultKey));
    // Also when a vault key could not be erased alone: here it goes with the rest.
    for (const name of names) await Dexie.delete(name);
    const failed = vaults.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  });
}

/** Opened as it is, whatever its version. */
async function eraseVaultKey(name: string): Promise<void> {
  const db = new Dexie(name, { chromeTransactionDurability: 'strict' });
  try {
    await db.open();
    if (db.tables.some((table) => table.name === 'keys')) await db.table('keys').delete('vault');
  } finally {
    db.close({ disableAutoOpen: true });
  }
}

/** Undefined when keys or profile are gone: erasing has begun and was cut off. */
async function start(db: Database, self: UserId, { report }: StoreEvents): Promise<OpenStore | undefined> {
  try {
    return await guarded(async () => {
      const [keychain, row] = [await loadKeychain(db, self), await db.meta.get('profile')];
      if (keychain === undefined || row?.key !== 'profile') {
        db.close({ disableAutoOpen: true });
        return undefined;
      }
      const profile = decodeProfile(await keychain.open('meta', 'profile', row.sealed));
      await nameInstallation(db, profile.device);
      const context: Context = {
        db,
        keychain,
        self,
        now: Date.now,
        report,
        fence: async () => {},
        inTurn: createTurns(),
      };
      void reopenAll(context).catch(report);
      return { store: createStore(context), profile, keychain };
    });
  } catch (error) {
    db.close({ disableAutoOpen: true });
    throw error;
  }
}
