import { existsSync } from 'node:fs';
import { link, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import { giveToOwner } from '../../file-owner.ts';
import { EXIT, Refusal } from '../../refusal.ts';
import { migrate } from './migrations.ts';

/** How long to wait for somebody who holds the file, in ms. */
const BUSY_TIMEOUT = 5_000;

/** Opens a database of exactly this version's schema for reading, beside a running server. Throws a Refusal. */
export function openReadOnly(file: string): Database {
  if (!existsSync(file))
    throw new Refusal(EXIT.missing, `There is no database ${file}. Is NEXCHAT_DATA right?`);
  const db = new Sqlite(file, { readonly: true, timeout: BUSY_TIMEOUT });
  try {
    const [found, own] = [schemaVersion(db), currentVersion()];
    if (found !== own) {
      const help =
        found > own ? 'Use the version that wrote it.' : 'Start the server once: it brings it up to date.';
      throw new Refusal(EXIT.data, `${file} has schema ${found}, and this version has ${own}. ${help}`);
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

export function schemaVersion(db: Database): number {
  return db.pragma('user_version', { simple: true }) as number;
}

/** The number of this version's schema. */
export function currentVersion(): number {
  const db = freshSchema();
  try {
    return schemaVersion(db);
  } finally {
    db.close();
  }
}

/** An empty database of this version's schema, in memory. */
export function freshSchema(): Database {
  const db = new Sqlite(':memory:');
  migrate(db);
  return db;
}

/**
 * Lets `make` write a database beside `file`, and puts it in the place of `file` when it is whole and on disk: a crash
 * leaves the one or the other. What was there is kept as `keptAs`, or is gone when that is left out. For who holds the
 * data directory alone.
 */
export async function putInPlace(
  file: string,
  make: (made: string) => Promise<void>,
  keptAs?: string,
): Promise<void> {
  const made = `${file}.new`;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await removeDatabase(made);
  try {
    // For its owner alone from the beginning.
    await writeFile(made, '', { mode: 0o600 });
    await make(made);
    giveToOwner(made);
    await flush(made);
    await setAside(file, keptAs);
    await rename(made, file);
    await flush(dirname(file));
  } catch (error) {
    await removeDatabase(made);
    throw error;
  }
}

/** Makes the file alone what a database is, so that another file can take its name, and gives it a second name. */
async function setAside(file: string, keptAs: string | undefined): Promise<void> {
  if (existsSync(file)) {
    try {
      const db = new Sqlite(file, { timeout: BUSY_TIMEOUT });
      // The last connection that closes takes the write-ahead log into the file.
      db.pragma('wal_checkpoint(TRUNCATE)');
      db.close();
    } catch (error) {
      // Damaged, and about to be replaced for that.
      if (!(error instanceof Sqlite.SqliteError)) throw error;
    }
    if (keptAs !== undefined) await link(file, keptAs);
  }
  // A log that is still there must never be taken for that of the new file.
  for (const end of ['-wal', '-shm']) {
    if (!existsSync(file + end)) continue;
    await (keptAs === undefined ? rm(file + end) : rename(file + end, keptAs + end));
  }
}

async function removeDatabase(file: string): Promise<void> {
  for (const end of ['', '-journal', '-wal', '-shm']) await rm(file + end, { force: true });
}

/** Brings a file, or the names in a directory, onto the disk. */
export async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
