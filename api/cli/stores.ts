import { join, resolve } from 'node:path';
import type { Settings } from '../config.ts';
import { EXIT, Refusal } from '../refusal.ts';
import type { ArchiveStore } from '../store/archive.ts';
import type { Store } from '../store/ports.ts';
import { createSqliteArchive } from '../store/sqlite/archive.ts';
import { openReadOnly } from '../store/sqlite/files.ts';
import { openSqliteStore } from '../store/sqlite/store.ts';
import { createTags } from '../store/tags.ts';

/** Where the embedded database of a data directory lies. */
export const sqliteFile = ({ dataDir }: Pick<Settings, 'dataDir'>): string => join(dataDir, 'nexchat.sqlite');

/** Which store a command works on, for people: without user and password. */
export function nameOfStore(settings: Settings): string {
  const { mongodb } = settings;
  return mongodb ? `MongoDB ${hostsOf(mongodb.uri)}/${mongodb.database}` : resolve(sqliteFile(settings));
}

/** Shown only where nothing of a password can be among it: these have to be encoded, and may not be. */
function hostsOf(uri: string): string {
  const strict = /^mongodb(?:\+srv)?:\/\/(?:[^@/?]+@)?([\w.:,[\]-]+)(?:[/?][^@]*)?$/.exec(uri);
  return strict?.[1] ?? 'at NEXCHAT_MONGODB_URI';
}

/** Runs `act` on the store of the settings as an archive. */
export async function withArchive<T>(
  settings: Settings,
  act: (archive: ArchiveStore) => Promise<T>,
): Promise<T> {
  if (settings.store === 'memory') throw nothingKept();
  if (!settings.mongodb) return act(createSqliteArchive(sqliteFile(settings)));
  const { openMongoArchive } = await import('../store/mongo/open-archive.ts');
  const archive = await openMongoArchive(settings.mongodb);
  try {
    return await act(archive);
  } finally {
    await archive.close();
  }
}

/** Runs `act` on the store of the settings, beside a running server if there is one. */
export async function withStore<T>(settings: Settings, act: (store: Store) => Promise<T>): Promise<T> {
  if (settings.store === 'memory') throw nothingKept();
  const store = settings.mongodb ? await openMongo(settings.mongodb) : openEmbedded(sqliteFile(settings));
  try {
    return await act(store);
  } finally {
    await store.close();
  }
}

/** Neither makes a database where there is none, nor brings one up to date under a server that runs. */
function openEmbedded(file: string): Store {
  openReadOnly(file).close();
  return openSqliteStore({ file, tag: createTags() });
}

/** The driver is loaded only by those who need it. */
async function openMongo(address: NonNullable<Settings['mongodb']>): Promise<Store> {
  const { openMongoStore } = await import('../store/mongo/store.ts');
  // What the sweeper can't finish here is the servers' to finish, who tell of it in their logs.
  return openMongoStore({ ...address, tag: createTags(), onError: () => {}, onRepaired: () => {} });
}

/** The embedded database's file. Throws a Refusal for the other stores, which have tools of their own. */
export function embeddedFile(settings: Settings): string {
  if (settings.store === 'sqlite') return sqliteFile(settings);
  throw settings.store === 'memory'
    ? nothingKept()
    : new Refusal(
        EXIT.settings,
        'This command is for the embedded database. Back up MongoDB with its own tools, or with: nexchat export FILE',
      );
}

function nothingKept(): Refusal {
  return new Refusal(
    EXIT.settings,
    'NEXCHAT_STORE is memory, which keeps nothing that a command could reach.',
  );
}
