import type { Database } from 'better-sqlite3';
import { type OpId, type PairId, type UserId, pairOf } from '#shared/ids.ts';
import type { ArchiveRecord, RecordOf } from '../archive.ts';
import { unpackOp } from './names.ts';

interface EntryRow {
  readonly uid: UserId;
  readonly seq: number;
  readonly tag: number;
  readonly time: number;
  readonly kind: number;
  readonly ref: number;
  readonly n: number | null;
  readonly op: Buffer | null;
  readonly low: UserId | null;
  readonly high: UserId | null;
}

/** Log entries, without those below the floor and those of deleted users, which only wait to be removed. */
export function* archiveEntries(db: Database): Generator<ArchiveRecord> {
  const rows = db.prepare<[], EntryRow>(
    `SELECT u.uid, e.seq, e.tag, e.time, e.kind, e.ref, m.n, c.op, l.uid AS low, h.uid AS high
     FROM log e JOIN users u ON u.id = e.user
       LEFT JOIN messages m ON e.kind = 1 AND m.id = e.ref
       LEFT JOIN calls c ON e.kind = 5 AND c.id = e.ref
       LEFT JOIN pairs p ON p.id = CASE e.kind WHEN 1 THEN m.pair WHEN 4 THEN NULL WHEN 5 THEN c.pair ELSE e.ref END
       LEFT JOIN users l ON l.id = p.low LEFT JOIN users h ON h.id = p.high
     WHERE e.seq > u.floor AND u.deleted IS NULL
     ORDER BY e.user, e.seq`,
  );
  for (const row of rows.iterate()) {
    const { uid, seq, tag, time } = row;
    yield { kind: 'entry', user: uid, seq, tag, time, subject: subjectOf(row) };
  }
}

/** What is missing is named by an empty pair, for an audit to find: no archive takes it. */
function subjectOf({ kind, ref, n, op, low, high }: EntryRow): RecordOf<'entry'>['subject'] {
  const pair = low === null || high === null ? ('' as PairId) : pairOf(low, high);
  switch (kind) {
    case 1:
      return { of: 'message', pair, n: n ?? 0 };
    case 2:
      return { of: 'friend', pair };
    case 3:
      return { of: 'receipt', pair };
    case 4:
      return { of: 'account', revision: ref };
    case 5:
      return { of: 'call', pair, call: op ? unpackOp(op) : ('' as OpId) };
    default:
      throw new Error(`a log entry has the unknown kind ${kind}`);
  }
}
