import Dexie from 'dexie';
import type { UserId } from '#shared/ids.ts';
import type { Profile } from './contents.ts';
import { type Database, DEVICE_DATABASE, databaseName, openDatabase, userOf } from './database.ts';
import { loadDevice } from './device.ts';
import { guarded } from './failures.ts';
import type { DeviceKeys, Keychain } from './keychain.ts';
import { readFirstRows } from './first-rows.ts';
import type { ListRows } from './list-rows.ts';
import { type Ahead, createStore } from './local-store.ts';
import { type Opening, type StoreEvents, openContext, openHere } from './opening.ts';
import type { LocalStore } from './ports.ts';
import type { LockRow } from './rows.ts';

export interface OpenStore {
  readonly store: LocalStore;
  readonly profile: Profile;
  readonly keychain: Keychain;
  /** Null while this device has no lock of its own. */
  readonly lock: LockRow | null;
}

/**
 * The store of the app on the database that `openHere` opens. The first rows of the list are read along with it; live
 * reads wait until it is `calm`.
 */
export async function openLocalStore(
  events: StoreEvents,
  keys?: DeviceKeys,
  calm?: Promise<void>,
): Promise<OpenStore | 'locked' | undefined> {
  let first: Promise<ListRows> | undefined;
  const opening = await openHere(events, keys, (db) => {
    first = readFirstRows(db);
    // Whoever asks for it hears of it.
    first.catch(() => {});
  });
  if (opening === undefined) await finishErasing().catch(events.report);
  return storeOf(opening, { first, calm });
}

/** The store of the app on `db`; see `openContext`. */
export async function openStore(
  db: Database,
  self: UserId,
  events: StoreEvents,
): Promise<OpenStore | 'locked' | undefined> {
  return storeOf(await openContext(db, self, events));
}

function storeOf(opening: Opening | 'locked' | undefined, ahead?: Ahead): OpenStore | 'locked' | undefined {
  if (opening === undefined || opening === 'locked') return opening;
  const { context, profile, lock } = opening;
  return { store: createStore(context, ahead), profile, keychain: context.keychain, lock };
}

/** Keys are erased first. When that is how far it came, nothing of the rest can be read any more. */
async function finishErasing(): Promise<void> {
  const { user } = await loadDevice();
  if (user === null || !(await guarded(() => Dexie.exists(databaseName(user))))) return;
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
  return (await Dexie.getDatabaseNames()).filter((name) => userOf(name) !== null);
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
