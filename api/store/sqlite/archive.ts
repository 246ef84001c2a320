import { existsSync } from 'node:fs';
import Sqlite, { type Database } from 'better-sqlite3';
import type { ArchiveStore } from '../archive.ts';
import { EXIT, Refusal } from '../../refusal.ts';
import { createArchiveLoader } from './archive-load.ts';
import { archiveRows } from './archive-rows.ts';
import { migrate } from './migrations.ts';
import { openReadOnly, putInPlace } from './files.ts';

/** The embedded store's file as an archive. Reading goes on beside a running server; loading needs the file alone. */
export function createSqliteArchive(file: string): ArchiveStore {
  return {
    async *records() {
      const db = openReadOnly(file);
      try {
        // One transaction: everything as it was when it began.
        db.exec('BEGIN');
        yield* archiveRows(db);
      } finally {
        db.close();
      }
    },

    async load(records) {
      if (existsSync(file) && !isEmpty(file)) {
        throw new Refusal(
          EXIT.exists,
          `${file} holds data already, and an archive goes only into an empty store. Move it away first.`,
        );
      }
      await putInPlace(file, async (made) => {
        const db = new Sqlite(made);
        try {
          // Nobody else sees this file before it is whole and on disk.
          db.pragma('journal_mode = OFF');
          db.pragma('synchronous = OFF');
          db.pragma('foreign_keys = ON');
          migrate(db);
          await loadAll(db, records);
        } finally {
          db.close();
        }
      });
    },
  };
}

async function loadAll(db: Database, records: Parameters<ArchiveStore['load']>[0]): Promise<void> {
  const load = createArchiveLoader(db);
  db.exec('BEGIN');
  for await (const record of records) load(record);
  db.exec('COMMIT');
}

function isEmpty(file: string): boolean {
  const db = openReadOnly(file);
  try {
    return db.prepare('SELECT 1 FROM users LIMIT 1').get() === undefined;
  } finally {
    db.close();
  }
}
