import Sqlite, { type Database } from 'better-sqlite3';
import { Failure } from '#shared/errors.ts';
import type { CommitMeter } from '../commit-meter.ts';

/** Upper bound of one transaction, so that a flood can't hold the event loop. */
const MAX_BATCH = 1_000;

interface Job {
  run(): unknown;
  /** Told what came of it, after the commit. */
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export interface GroupCommit {
  /**
   * Runs `write` inside the next transaction and resolves with what it returned once that is on disk. Writes
   * run in the order they were added. A write may throw a Failure before it has changed anything: that refuses
   * it alone. Rejects with a Failure when the transaction could not be committed; then nothing of it happened.
   */
  add<T>(write: () => T): Promise<T>;
  /** Commits what waits, and refuses everything after. */
  close(): void;
}

/**
 * One transaction, hence one flush to disk, for all the writes of an event-loop turn. SQLite is synchronous, so
 * no reader of this process ever sees half of a batch. `onRollback` forgets what was remembered of lost rows.
 */
export function createGroupCommit(db: Database, onRollback: () => void, meter?: CommitMeter): GroupCommit {
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const rollback = db.prepare('ROLLBACK');
  let waiting: Job[] = [];
  let scheduled = false;
  let closed = false;

  function flush(): void {
    scheduled = false;
    const batch = waiting.splice(0, MAX_BATCH);
    if (waiting.length > 0) schedule();
    meter?.waiting(waiting.length);
    // Empty when closing was faster.
    if (batch.length > 0) run(batch);
  }

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(flush);
  }

  function run(batch: readonly Job[]): void {
    const settle: (() => void)[] = [];
    try {
      begin.run();
      for (const job of batch) settle.push(attempt(job));
      commit.run();
      meter?.batch(batch.length);
    } catch (error) {
      // SQLite ends the transaction by itself for some errors, such as a full disk.
      if (db.inTransaction) rollback.run();
      onRollback();
      const failure = asFailure(error);
      // A fault of one write, not of the machine: find it by running each alone.
      if (failure.code === 'INTERNAL' && batch.length > 1) return batch.forEach((job) => run([job]));
      return batch.forEach((job) => job.reject(failure));
    }
    for (const tell of settle) tell();
  }

  return {
    add(write) {
      return new Promise((resolve, reject) => {
        if (closed) return reject(new Failure('UNAVAILABLE'));
        waiting.push({ run: write, resolve, reject });
        meter?.waiting(waiting.length);
        schedule();
      });
    },
    close() {
      closed = true;
      while (waiting.length > 0) run(waiting.splice(0, MAX_BATCH));
    },
  };
}

function attempt(job: Job): () => void {
  try {
    const value = job.run();
    return () => job.resolve(value);
  } catch (error) {
    if (error instanceof Failure) return () => job.reject(error);
    throw error;
  }
}

/** What a database error means to a client. */
function asFailure(error: unknown): Failure {
  if (!(error instanceof Sqlite.SqliteError)) return new Failure('INTERNAL', undefined, error);
  if (error.code === 'SQLITE_FULL') return new Failure('STORAGE_FULL', undefined, error);
  const passing = /^SQLITE_(BUSY|LOCKED|IOERR|CANTOPEN|READONLY|NOMEM)/.test(error.code);
  return new Failure(passing ? 'UNAVAILABLE' : 'INTERNAL', undefined, error);
}
