import type { Database } from 'better-sqlite3';
import type { UserId } from '#shared/ids.ts';
import type { Relation } from '#sync/server/ports.ts';
import type { Generations } from '../generation.ts';

export interface PairRow {
  readonly id: number;
  readonly low: number;
  readonly high: number;
  readonly state: Relation['state'];
  readonly by: number | null;
  readonly version: number;
  readonly time: number;
  readonly low_delivered: number;
  readonly low_seen: number;
  readonly high_delivered: number;
  readonly high_seen: number;
  readonly low_blocks: 0 | 1;
  readonly high_blocks: 0 | 1;
}
/** A pair as one of its members sees it, with the other. */
export interface ContactSelection extends PairRow {
  readonly uid: UserId;
  readonly name: string;
  readonly bundle: Buffer;
}
export interface MessageSelection {
  readonly n: number;
  readonly sender: number;
  readonly op: Buffer;
  readonly time: number;
  readonly envelope: Buffer;
}
export interface PersonRow {
  readonly name: string;
  readonly bundle: Buffer;
  readonly key_id: Buffer;
  readonly deleted: number | null;
}
export interface OperationRow {
  readonly digest: Buffer;
  readonly time: number | null;
  readonly n: number | null;
  readonly code: string | null;
  readonly bundle: Buffer | null;
}
/** A log entry; of a message (kind 1) together with the message. */
export interface LogSelection {
  readonly seq: number;
  readonly tag: number;
  readonly kind: number;
  readonly ref: number;
  readonly time: number;
  readonly op: Buffer;
  readonly n: number;
  readonly envelope: Buffer;
  readonly sender: number;
  readonly low: number;
  readonly high: number;
}

type Relate = Pick<PairRow, 'state' | 'by' | 'version' | 'time'> & {
  lowBlocks: 0 | 1;
  highBlocks: 0 | 1;
  pair: number;
};
type Raise = { delivered: number; seen: number; pair: number };
const raise = (side: 'low' | 'high'): string => `
  UPDATE pairs SET ${side}_delivered = max(${side}_delivered, @delivered), ${side}_seen = max(${side}_seen, @seen)
  WHERE id = @pair AND (${side}_delivered < @delivered OR ${side}_seen < @seen)`;

/** Everybody whom `side` knows or has blocked, or with whom it has exchanged messages or calls. */
const contactsOn = (side: 'low' | 'high', other: 'low' | 'high'): string => `
  SELECT p.*, u.uid, u.name, u.bundle FROM pairs p JOIN users u ON u.id = p.${other}
  WHERE p.${side} = @self AND u.uid > @after
    AND (p.state <> 'none' OR p.${side}_blocks OR EXISTS (SELECT 1 FROM messages WHERE pair = p.id)
      OR EXISTS (SELECT 1 FROM calls WHERE pair = p.id))`;

/** Every statement of the sync store, prepared once. */
export type SyncStatements = ReturnType<typeof prepareSync>;
export function prepareSync(db: Database) {
  return {
    head: db
      .prepare<[number, number], number>(
        `SELECT max(floor, ifnull((SELECT max(seq) FROM log WHERE user = ?), 0)) FROM users WHERE id = ?`,
      )
      .pluck(),
    floor: db.prepare<[number], number>('SELECT floor FROM users WHERE id = ?').pluck(),
    // Entries below the floor may still be there for a while; see truncate. No LIMIT: a bound one doubles the time of
    // the statement, and whoever reads stops when the page is full.
    page: db.prepare<[number, number, number], LogSelection>(
      `SELECT l.seq, l.tag, l.kind, l.ref, l.time, m.op, m.n, m.envelope, m.sender, p.low, p.high
       FROM log l LEFT JOIN messages m ON l.kind = 1 AND m.id = l.ref LEFT JOIN pairs p ON p.id = m.pair
       WHERE l.user = ? AND l.seq >= max(?, (SELECT floor + 1 FROM users WHERE id = ?))
       ORDER BY l.seq`,
    ),
    last: db.prepare<[number], { seq: number; tag: number }>(
      'SELECT seq, tag FROM log WHERE user = ? ORDER BY seq DESC LIMIT 1',
    ),

    raiseFloor: db.prepare<[number, number]>('UPDATE users SET floor = ? WHERE id = ?'),
    oldest: db.prepare<[number], number | null>('SELECT min(seq) FROM log WHERE user = ?').pluck(),
    forget: db.prepare<[number, number]>('DELETE FROM log WHERE user = ? AND seq <= ?'),
    // Positions have no gap: a log is longer than `entries` when the one after so many is there.
    longLogs: db
      .prepare<[number, number], number>(
        `SELECT u.id FROM users u
         WHERE EXISTS (SELECT 1 FROM log WHERE user = u.id AND seq = u.floor + 1 + ?) LIMIT ?`,
      )
      .pluck(),

    pair: db.prepare<[number, number], PairRow>('SELECT * FROM pairs WHERE low = ? AND high = ?'),
    pairById: db.prepare<[number], PairRow>('SELECT * FROM pairs WHERE id = ?'),
    meet: db.prepare<[number, number], PairRow>('INSERT INTO pairs (low, high) VALUES (?, ?) RETURNING *'),
    relate: db.prepare<[Relate]>(
      `UPDATE pairs SET state = @state, by = @by, low_blocks = @lowBlocks, high_blocks = @highBlocks,
                        version = @version, time = @time
       WHERE id = @pair`,
    ),
    raiseLow: db.prepare<[Raise]>(raise('low')),
    raiseHigh: db.prepare<[Raise]>(raise('high')),
    friends: db
      .prepare<[{ self: number }], UserId>(
        `SELECT u.uid FROM pairs p JOIN users u ON u.id = p.high WHERE p.low = @self AND p.state = 'friends'
         UNION ALL
         SELECT u.uid FROM pairs p JOIN users u ON u.id = p.low WHERE p.high = @self AND p.state = 'friends'`,
      )
      .pluck(),
    openRequests: db
      .prepare<[number], number>(`SELECT count(*) FROM pairs WHERE by = ? AND state = 'requested'`)
      .pluck(),
    // A pair's text begins with the lower member, so that in one user's list pairs and peers have one order.
    contacts: db.prepare<[{ self: number; after: string; limit: number }], ContactSelection>(
      `${contactsOn('low', 'high')} UNION ALL ${contactsOn('high', 'low')} ORDER BY uid LIMIT @limit`,
    ),

    newest: db.prepare<[number, number, number], MessageSelection>(
      `SELECT n, sender, op, time, envelope FROM messages WHERE pair = ? AND n < ? ORDER BY n DESC LIMIT ?`,
    ),
    lastNumber: db.prepare<[number], number>('SELECT max(n) FROM messages WHERE pair = ?').pluck(),
    addMessage: db.prepare<[number, number, number, Buffer, number, Uint8Array]>(
      'INSERT INTO messages (pair, n, sender, op, time, envelope) VALUES (?, ?, ?, ?, ?, ?)',
    ),

    installation: db.prepare<[number, string], Generations>(
      'SELECT current, previous FROM installations WHERE user = ? AND device = ?',
    ),
    rotate: db.prepare<[number, string, number, number]>(
      `INSERT INTO installations (user, device, current, previous) VALUES (?, ?, ?, ?)
       ON CONFLICT (user, device) DO UPDATE SET current = excluded.current, previous = excluded.previous`,
    ),

    revision: db.prepare<[number], number>('SELECT revision FROM credentials WHERE user = ?').pluck(),
    person: db.prepare<[number], PersonRow>('SELECT name, bundle, key_id, deleted FROM users WHERE id = ?'),
    operation: db.prepare<[number, Buffer], OperationRow>(
      'SELECT digest, time, n, code, bundle FROM operations WHERE user = ? AND op = ?',
    ),
    remember: db.prepare<
      [number, Buffer, Uint8Array, number | null, number | null, string | null, Uint8Array | null]
    >('INSERT INTO operations (user, op, digest, time, n, code, bundle) VALUES (?, ?, ?, ?, ?, ?, ?)'),
  };
}
