import Dexie from 'dexie';
import type { UserId } from '#shared/ids.ts';
import { type Profile, decodeProfile } from './contents.ts';
import type { Context } from './context.ts';
import { type Database, type Lost, databaseName, openDatabase } from './database.ts';
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
  /** Live reads begin when this resolves, because something comes before them. */
  readonly calm?: Promise<void>;
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
 * with a lock needs the `keys` that were unlocked or came from an unlocked tab.
 */
export async function openHere(
  events: StoreEvents,
  keys?: DeviceKeys,
): Promise<Opening | 'locked' | undefined> {
  const { user } = await loadDevice();
  if (user === null) return undefined;
  return (await guarded(() => exists(databaseName(user))))
    ? openContext(openDatabase(user, events.onLost), user, events, keys)
    : undefined;
}

/** Asked without opening it, where that can be: opening one that is not there would make it. */
async function exists(name: string): Promise<boolean> {
  if (!('databases' in indexedDB)) return Dexie.exists(name);
  return (await indexedDB.databases()).some((database) => database.name === name);
}

/** Undefined when keys or profile are gone: erasing has begun and was cut off. */
export async function openContext(
  db: Database,
  self: UserId,
  { report }: StoreEvents,
  given?: DeviceKeys,
): Promise<Opening | 'locked' | undefined> {
  try {
    return await guarded(async () => {
      // In one go: each look into the database is a way to another process and back, and the first screen waits.
      const [{ stored, lock }, [row, named]] = await Promise.all([
        loadKeys(db),
        db.meta.bulkGet(['profile', 'device']),
      ]);
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
