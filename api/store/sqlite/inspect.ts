import type { Database } from 'better-sqlite3';
import { unsoundness } from './backup.ts';
import { freshSchema, openReadOnly } from './files.ts';

/** What is wrong with a database as a file of SQLite: its pages, its tables and indexes, its references. */
export function inspectFile(file: string): string[] {
  const db = openReadOnly(file);
  try {
    return [
      ...unsoundness(db).map((line) => `SQLite finds: ${line}.`),
      ...schemaFindings(db),
      ...lostReferences(db),
    ];
  } finally {
    db.close();
  }
}

interface SchemaRow {
  readonly type: string;
  readonly name: string;
  readonly sql: string | null;
}

/** Compares with what the migrations make of an empty database. */
function schemaFindings(db: Database): string[] {
  const fresh = freshSchema();
  try {
    const [found, expected] = [schemaOf(db), schemaOf(fresh)];
    return [
      ...Array.from(expected, ([key, sql]) => {
        if (!found.has(key)) return `The ${key} is missing.`;
        return found.get(key) === sql ? '' : `The ${key} is not as this version makes it.`;
      }),
      ...Array.from(found.keys(), (key) => (expected.has(key) ? '' : `The ${key} is not one of NexChat’s.`)),
    ].filter((line) => line !== '');
  } finally {
    fresh.close();
  }
}

/** The statements that made tables and indexes, by "table users". */
function schemaOf(db: Database): Map<string, string | null> {
  const rows = db
    .prepare<[], SchemaRow>(`SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'`)
    .all();
  return new Map(rows.map(({ type, name, sql }) => [`${type} ${name}`, sql]));
}

function lostReferences(db: Database): string[] {
  const rows = db.pragma('foreign_key_check') as { table: string; parent: string }[];
  const counts = new Map<string, number>();
  for (const { table, parent } of rows) {
    const key = `refer to ${parent} that are missing, in ${table}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return Array.from(counts, ([key, count]) => `${count} rows ${key}.`);
}
