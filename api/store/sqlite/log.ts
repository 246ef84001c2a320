import type { Database } from 'better-sqlite3';

/**
 * What an entry refers to by `ref`: a message, the friendship or the watermarks of a pair, a call (all by their row), or
 * the account itself, whose `ref` is the keyring's revision.
 */
export const ENTRY = { message: 1, friend: 2, receipt: 3, account: 4, call: 5 } as const;
export type EntryKind = (typeof ENTRY)[keyof typeof ENTRY];

/**
 * Appends an entry to the log of the user with the number `user`; `time` in milliseconds since 1970. Inside a job of
 * the group commit only, together with what it refers to. Whoever calls it tells that this user's log grew. Nothing
 * happens to the log of a user who is no more.
 */
export type AppendEntry = (user: number, kind: EntryKind, ref: number, time: number) => void;

/** `tag` gives a random 32-bit number for each entry. */
export function createLog(db: Database, tag: () => number): AppendEntry {
  const head = db
    .prepare<[number, number], number>(
      `SELECT max(floor, ifnull((SELECT max(seq) FROM log WHERE user = ?), 0)) FROM users
       WHERE id = ? AND deleted IS NULL`,
    )
    .pluck();
  const append = db.prepare<[number, number, number, number, number, number]>(
    'INSERT INTO log (user, seq, kind, ref, tag, time) VALUES (?, ?, ?, ?, ?, ?)',
  );
  return (user, kind, ref, time) => {
    const last = head.get(user, user);
    if (last === undefined) return;
    append.run(user, last + 1, kind, ref, tag(), time);
  };
}
