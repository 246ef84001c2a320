import { join } from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';

/** The server's own view, read from its database: devices drop what they know already, so they can't tell. */

/** How many messages the conversation of two people holds at the server. */
export function countAtServer(dataDir: string, a: string, b: string): number {
  return withDatabase(dataDir, (db) => {
    const { count, head } = db
      .prepare<{ a: string; b: string }, { count: number; head: number | null }>(
        `SELECT count(*) AS count, max(n) AS head FROM messages WHERE pair = (
           SELECT p.id FROM pairs p JOIN users a ON a.id = p.low JOIN users b ON b.id = p.high
           WHERE a.name IN (@a, @b) AND b.name IN (@a, @b))`,
      )
      .get({ a, b }) ?? { count: 0, head: null };
    if (count !== (head ?? 0)) throw new Error(`${count} messages are numbered up to ${head}.`);
    return count;
  });
}

/** Which keyring of a person the server has. */
export function keyringAtServer(dataDir: string, name: string): number {
  return withDatabase(dataDir, (db) =>
    Number(
      db
        .prepare('SELECT c.revision FROM credentials c JOIN users u ON u.id = c.user WHERE u.name = ?')
        .pluck()
        .get(name),
    ),
  );
}

/** What docs/operations.md says to do after an older copy was put back. The server must not run. */
export function declareRestored(dataDir: string): void {
  withDatabase(dataDir, (db) => db.exec(`DELETE FROM meta WHERE name = 'epoch'`));
}

/** Moves the time at which every sign-in was last renewed, by `ms`. */
export function moveRenewals(dataDir: string, ms: number): void {
  withDatabase(dataDir, (db) => db.prepare('UPDATE sessions SET rotated = rotated + ?').run(ms));
}

function withDatabase<T>(dataDir: string, task: (db: Database) => T): T {
  const db = new Sqlite(join(dataDir, 'nexchat.sqlite'));
  try {
    return task(db);
  } finally {
    db.close();
  }
}
