import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import Sqlite, { type Database } from 'better-sqlite3';
import { EXIT, Refusal } from '../../refusal.ts';
import { currentVersion, flush, openReadOnly, schemaVersion } from './files.ts';
import { migrate } from './migrations.ts';

/** All pages in one step: with several, each write of the server meanwhile would begin the copy anew. */
const ALL = 0x7fff_ffff;

/**
 * Copies the database to `target` while others write to it, and returns how many pages it has. Under its name the copy is
 * whole, checked and on disk, or not there at all. Throws a Refusal when the target exists.
 */
export async function backUp(file: string, target: string): Promise<number> {
  if (existsSync(target)) throw new Refusal(EXIT.exists, `${target} exists already. Name a new file.`);
  const part = `${target}.part`;
  await rm(part, { force: true });
  const db = openReadOnly(file);
  try {
    // For its owner alone from the beginning.
    await writeFile(part, '', { mode: 0o600 });
    const { totalPages } = await db.backup(part, { progress: () => ALL });
    const copy = new Sqlite(part);
    try {
      // One file, without the write-ahead log beside it that the original has.
      copy.pragma('journal_mode = DELETE');
      mustBeSound(copy, `The copy of ${file}`);
    } finally {
      copy.close();
    }
    await flush(part);
    await rename(part, target);
    return totalPages;
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  } finally {
    db.close();
  }
}

/**
 * Makes a copy of a backup fit to be served: sound, of this version's schema, and under a new epoch, as its logs may lack
 * what clients have seen. Throws a Refusal that names the backup as `name`.
 */
export function prepareRestored(copy: string, name: string): void {
  const db = new Sqlite(copy);
  try {
    mustBeSound(db, name);
    if (schemaVersion(db) === 0) throw new Refusal(EXIT.data, `${name} is not a database of NexChat.`);
    if (schemaVersion(db) > currentVersion()) {
      throw new Refusal(
        EXIT.data,
        `${name} was made by a newer version. Install that version and restore with it.`,
      );
    }
    migrate(db);
    db.prepare(
      `INSERT INTO meta (name, value) VALUES ('epoch', ?) ON CONFLICT DO UPDATE SET value = excluded.value`,
    ).run(randomBytes(16).toString('base64url'));
    db.pragma('wal_checkpoint(TRUNCATE)');
  } catch (error) {
    if (error instanceof Sqlite.SqliteError && /^SQLITE_(NOTADB|CORRUPT)/.test(error.code)) {
      throw new Refusal(EXIT.data, `${name} is damaged, or no database. Nothing was changed.`, error);
    }
    throw error;
  } finally {
    db.close();
  }
}

/** What SQLite itself finds wrong with a database: nothing, most likely. */
export function unsoundness(db: Database): string[] {
  const found = db.pragma('integrity_check(5)', { simple: false }) as { integrity_check: string }[];
  return found.map((row) => row.integrity_check).filter((line) => line !== 'ok');
}

function mustBeSound(db: Database, what: string): void {
  const [first] = unsoundness(db);
  if (first !== undefined) throw new Refusal(EXIT.data, `${what} is damaged: ${first}. Nothing was changed.`);
}
