import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import { giveToOwner } from './file-owner.ts';
import { EXIT, Refusal } from './refusal.ts';

/** A server that was told to end may still finish its work, in ms. */
const PATIENCE = 2_000;

/** A database that nobody refers to is closed, and its lock with it. */
const held = new Set<Database>();

/**
 * Holds the data directory for this process alone, until it ends or calls what is returned. The lock is that of an
 * empty SQLite file: the system takes it back however the process dies, and sees it from other containers too, which
 * a file with a process id would not. Throws a Refusal when another process holds it.
 */
export function lockDataDir(dataDir: string, patience = PATIENCE): () => void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, 'lock');
  const lock = new Sqlite(file, { timeout: patience });
  try {
    giveToOwner(file);
    // Nothing is ever written into it, so neither journal nor flush is needed.
    lock.pragma('journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (!(error instanceof Sqlite.SqliteError && error.code === 'SQLITE_BUSY')) throw error;
    throw new Refusal(
      EXIT.busy,
      `Another NexChat uses the data directory ${dataDir}. Stop it first, or set NEXCHAT_DATA to another directory.`,
      error,
    );
  }
  held.add(lock);
  return () => {
    held.delete(lock);
    lock.close();
  };
}
