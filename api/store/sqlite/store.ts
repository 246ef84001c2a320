import { randomBytes } from 'node:crypto';
import Sqlite, { type Database } from 'better-sqlite3';
import type { CommitMeter } from '../commit-meter.ts';
import type { Store } from '../ports.ts';
import { createSqliteAccounts } from './accounts.ts';
import { createSqliteCalls } from './calls.ts';
import { createGroupCommit } from './group-commit.ts';
import { createLog } from './log.ts';
import { migrate } from './migrations.ts';
import { createNames } from './names.ts';
import { createSqliteSync } from './sync.ts';

/** How long to wait for another process (a backup) that holds the file, in ms. Every client waits meanwhile. */
const BUSY_TIMEOUT = 1_000;
const PAGE_BYTES = 4_096;

export interface SqliteStoreOptions {
  readonly file: string;
  /** A random 32-bit number for each log entry. */
  readonly tag: () => number;
  /** The file may not outgrow this; writes beyond it are refused as STORAGE_FULL. */
  readonly maxBytes?: number;
  readonly meter?: CommitMeter;
}

/** Everything in one SQLite file. Acknowledged means flushed: WAL with `synchronous = FULL`. */
export function openSqliteStore({ file, tag, maxBytes, meter }: SqliteStoreOptions): Store {
  const db = new Sqlite(file, { timeout: BUSY_TIMEOUT });
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  db.pragma('cache_size = -65536');
  migrate(db);
  if (maxBytes !== undefined) db.pragma(`max_page_count = ${Math.ceil(maxBytes / PAGE_BYTES)}`);

  const names = createNames(db);
  const group = createGroupCommit(db, names.forget, meter);
  const append = createLog(db, tag);
  const calls = createSqliteCalls({ db, names, append });
  return {
    ...createSqliteAccounts({ db, names, group, append, calls }),
    ...createSqliteSync({ db, names, group, epoch: epochOf(db), append, calls }),
    async close() {
      group.close();
      db.close();
    },
  };
}

/** Minted with the database. An operator who restores a backup deletes the row, and it is minted again. */
function epochOf(db: Database): string {
  const fresh = randomBytes(16).toString('base64url');
  db.prepare(`INSERT INTO meta (name, value) VALUES ('epoch', ?) ON CONFLICT DO NOTHING`).run(fresh);
  return db.prepare<[], string>(`SELECT value FROM meta WHERE name = 'epoch'`).pluck().get() ?? fresh;
}
