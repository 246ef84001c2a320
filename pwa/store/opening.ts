import Dexie from 'dexie';
import type { UserId } from '#shared/ids.ts';
import { type Profile, decodeProfile } from './contents.ts';
import type { Context } from './context.ts';
import { type Database, type Lost, databaseName, openDatabase, userOf } from './database.ts';
import { loadDevice } from './device.ts';
import { createTurns, guarded } from './failures.ts';
import { nameInstallation } from './installation.ts';
import { type DeviceKeys, createKeychain, loadKeys } from './keychain.ts';
import type { LockRow } from './rows.ts';

/** The part of the outside that the store calls. */
export interface StoreEvents {
  /** Told of failures that have no caller to reject to. */
  readonly report: (error: unknown) => void;
  /** The store has closed itself: reload to go on. */
  readonly onLost: (why: Lost) => void;
}

/** An open database with its keys: all that a sync client needs, and what the store of the app is made of. */
export interface Opening {
  readonly context: Context;
  readonly profile: Profile;
  /** Null while this device has no lock of its own. */
  readonly lock: LockRow | null;
}

/**
 * The database of who is signed in on this device; undefined for nobody. Needs no network and no password. A device
 * with a lock needs the `keys` that were unlocked or came from an unlocked tab. `begin` may read more of it at once; it
 * may be called for somebody who turns out not to be signed in.
 */
export async function openHere(
  events: StoreEvents,
  keys?: DeviceKeys,
  begin: (db: Database) => void = () => {},
): Promise<Opening | 'locked' | undefined> {
  const start = (user: UserId): Begun => {
    const db = openDatabase(user, events.onLost);
    const read = readAhead(db);
    // Whoever goes on with it hears of it.
    read.catch(() => {});
    begin(db);
    return { db, user, read };
  };
  // In most browsers there is one of them, which is opened while it is looked up whether they are signed in.
  const users = await guarded(usersHere);
  const [only] = users ?? [];
  const ahead = only !== undefined && users?.length === 1 ? start(only) : null;
  const { user } = await loadDevice();
  if (ahead !== null && ahead.user !== user) ahead.db.close({ disableAutoOpen: true });
  if (user === null || !(await isHere(user, users))) return undefined;
  const { db, read } = ahead?.user === user ? ahead : start(user);
  return openContext(db, user, events, keys, read);
}

interface Begun {
  readonly db: Database;
  readonly user: UserId;
  readonly read: ReturnType<typeof readAhead>;
}

/** In one go: each look into the database is a way to another process and back, and the first screen waits. */
function readAhead(db: Database) {
  return Promise.all([loadKeys(db), db.meta.bulkGet(['profile', 'device'])]);
}

/** Who has a database on this device; null where the browser does not tell. */
async function usersHere(): Promise<readonly UserId[] | null> {
  if (!('databases' in indexedDB)) return null;
  return (await indexedDB.databases()).flatMap(({ name }) =>
    name === undefined ? [] : (userOf(name) ?? []),
  );
}

/** Asked without opening it: opening one that is not there would make it. */
async function isHere(user: UserId, users: readonly UserId[] | null): Promise<boolean> {
  return users?.includes(user) ?? guarded(() => Dexie.exists(databaseName(user)));
}

/** Undefined when keys or profile are gone: erasing has begun and was cut off. */
export async function openContext(
  db: Database,
  self: UserId,
  { report }: StoreEvents,
  given?: DeviceKeys,
  read = readAhead(db),
): Promise<Opening | 'locked' | undefined> {
  try {
    return await guarded(async () => {
      const [{ stored, lock }, [row, named]] = await read;
      const keys = lock === null ? stored : given;
      if (keys === undefined || row?.key !== 'profile') {
        db.close({ disableAutoOpen: true });
        return lock === null ? undefined : 'locked';
      }
      const keychain = createKeychain(db, self, keys);
      const profile = decodeProfile(await keychain.open('meta', 'profile', row.sealed));
      if (named === undefined) await nameInstallation(db, profile.device);
      const context: Context = {
        db,
        keychain,
        self,
        now: Date.now,
        report,
        fence: async () => {},
        inTurn: createTurns(),
      };
      // What came before its key; nothing on the screen waits for it, nor for the rest of that part.
      import('./after-open.ts').then(({ reopenKept }) => reopenKept(context)).catch(report);
      return { context, profile, lock };
    });
  } catch (error) {
    db.close({ disableAutoOpen: true });
    throw error;
  }
}
