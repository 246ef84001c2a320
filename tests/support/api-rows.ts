import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { ApiServer } from './api-server.ts';

/** Every row of a server's database as text, by table: what two looks have in common did not change between them. */
export type Rows = Readonly<Record<string, readonly string[]>>;

/**
 * Reads all tables of a server on SQLite, from beside it. Left out is what a refused operation leaves behind: its
 * refusal, remembered so that a repeat is answered the same.
 */
export function rowsOf({ dataDir }: ApiServer): Rows {
  const db = new Sqlite(join(dataDir, 'nexchat.sqlite'), { readonly: true });
  try {
    const tables = db
      .prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`)
      .pluck()
      .all();
    return Object.fromEntries(tables.map((table) => [table, rowsOfTable(db, table)]));
  } finally {
    db.close();
  }
}

function rowsOfTable(db: Sqlite.Database, table: string): string[] {
  const kept = table === 'operations' ? 'WHERE code IS NULL' : '';
  return db
    .prepare<[], object>(`SELECT * FROM "${table}" ${kept}`)
    .all()
    .map((row) => JSON.stringify(row))
    .toSorted();
}
