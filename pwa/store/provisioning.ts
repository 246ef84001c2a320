import Dexie from 'dexie';
import type { UserId } from '#shared/ids.ts';
import { type Profile, decodeProfile } from './contents.ts';
import type { Context } from './context.ts';
import { type Database, DEVICE_DATABASE, type Lost, databaseName, isOurs, openDatabase } from './database.ts';
import { loadDevice } from './device.ts';
import { createTurns, guarded } from './failures.ts';
import { type DeviceKeys, type Keychain, createKeychain, loadKeys } from './keychain.ts';
import { nameInstallation } from './installation.ts';
import { createStore } from './local-store.ts';
import type { LocalStore } from './ports.ts';
import type { LockRow } from './rows.ts';

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
  /** Null while this device has no lock of its own. */
  readonly lock: LockRow | null;
}

/**
 * The database of who is signed in on this device; undefined for nobody. Needs no network and no password. A device
 * with a lock needs the `keys` that were unlocked or came from an unlocked tab.
 */
export async function openLocalStore(
  events: StoreEvents,
  keys?: DeviceKeys,
): Promise<OpenStore | 'locked' | undefined> {
  const { user } = await loadDevice();
  if (user === null) return undefined;
  const exists = await guarded(() => Dexie.exists(databaseName(user)));
  if (!exists) return undefined;
  const opened = await openStore(openDatabase(user, events.onLost), user, events, keys);
  if (opened === undefined) await finishErasing(user).catch(events.report);
  return opened;
}

/** Keys are erased first. When that is how far it came, nothing of the rest can be read any more. */
async function finishErasing(user: UserId): Promise<void> {
  const db = openDatabase(user, () => {});
  const isCutOff = await guarded(() => lostItsKeys(db)).finally(() => db.close({ disableAutoOpen: true }));
  if (isCutOff) await eraseLocalStore();
}

/** Whether somebody's rows are there, and nothing that opens them. */
export function lostItsKeys(db: Database): Promise<boolean> {
  return db.transaction('r', [db.keys, db.meta], async () => {
    const [vault, copies] = await db.keys.bulkGet(['vault', 'copies']);
    return vault === undefined && copies === undefined && (await db.meta.get('profile')) !== undefined;
  });
}

/** Erases the keys of everybody on this device. Nothing can be read without them; whoever has them open goes on. */
export async function eraseKeys(): Promise<void> {
  await guarded(async () => {
    const erased = await Promise.allSettled((await databasesOfUsers()).map(eraseKeysIn));
    const failed = erased.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  });
}

/**
 * Erases everything of this app on this device: first the keys, without which nothing can be read, then every
 * database. Other tabs let go by themselves. Close the store before.
 */
export async function eraseLocalStore(): Promise<void> {
  const keys = await Promise.allSettled([eraseKeys()]);
  await guarded(async () => {
    // Also when the keys could not be erased alone: here they go with the rest.
    for (const name of await databasesOfUsers()) await Dexie.delete(name);
    await Dexie.delete(DEVICE_DATABASE);
  });
  if (keys[0].status === 'rejected') throw keys[0].reason;
}

async function databasesOfUsers(): Promise<string[]> {
  return (await Dexie.getDatabaseNames()).filter((name) => isOurs(name) && name !== DEVICE_DATABASE);
}

/** Opened as it is, whatever its version. */
async function eraseKeysIn(name: string): Promise<void> {
  const db = new Dexie(name, { chromeTransactionDurability: 'strict' });
  try {
    await db.open();
    if (db.tables.some((table) => table.name === 'keys')) await db.table('keys').clear();
  } finally {
    db.close({ disableAutoOpen: true });
  }
}

/** Undefined when keys or profile are gone: erasing has begun and was cut off. */
export async function openStore(
  db: Database,
  self: UserId,
  { report }: StoreEvents,
  given?: DeviceKeys,
): Promise<OpenStore | 'locked' | undefined> {
  try {
    return await guarded(async () => {
      const [{ stored, lock }, row] = [await loadKeys(db), await db.meta.get('profile')];
      const keys = lock === null ? stored : given;
      if (keys === undefined || row?.key !== 'profile') {
        db.close({ disableAutoOpen: true });
        return lock === null ? undefined : 'locked';
      }
      const keychain = createKeychain(db, self, keys);
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
      // What came before its key; nothing on the screen waits for it.
      import('./reopen.ts').then(({ reopenAll }) => reopenAll(context)).catch(report);
      return { store: createStore(context), profile, keychain, lock };
    });
  } catch (error) {
    db.close({ disableAutoOpen: true });
    throw error;
  }
}
