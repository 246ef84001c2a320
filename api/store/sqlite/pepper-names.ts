import { existsSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { currentVersion, schemaVersion } from './files.ts';

/**
 * The names of the peppers that passwords in a database were made with: none when it has no accounts, or is not there.
 * It may be of an earlier version, as it is asked before it is brought up to date; of a later one nothing is known.
 */
export function pepperNamesIn(file: string): string[] {
  if (!existsSync(file)) return [];
  const db = new Sqlite(file, { readonly: true });
  try {
    if (schemaVersion(db) > currentVersion()) return [];
    const made = db
      .prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'credentials'`)
      .get();
    if (made === undefined) return [];
    return db.prepare<[], string>('SELECT DISTINCT pepper FROM credentials').pluck().all();
  } finally {
    db.close();
  }
}
