import type { Database } from 'better-sqlite3';
import { type DeviceId, type UserId, pairOf } from '#shared/ids.ts';
import type { ArchiveRecord, RecordOf } from '../archive.ts';
import { archiveEntries } from './archive-entries.ts';
import { plain, unpackOp } from './names.ts';

/** Everything in a database, in the order of an archive. Inside one transaction, so that it is of one moment. */
export function* archiveRows(db: Database): Generator<ArchiveRecord> {
  yield* history(db);
  yield* users(db);
  yield* sessions(db);
  yield* installations(db);
  yield* pairs(db);
  yield* messages(db);
  yield* calls(db);
  yield* archiveEntries(db);
  yield* operations(db);
  yield* reports(db);
}

/** Rows of a query, one by one: a database may be larger than memory. */
const rowsOf = <Row>(db: Database, sql: string): IterableIterator<Row> => db.prepare<[], Row>(sql).iterate();
const maybe = (blob: Buffer | null) => blob && plain(blob);

function* history(db: Database): Generator<ArchiveRecord> {
  const epochs = rowsOf<{ value: string }>(db, `SELECT value FROM meta WHERE name = 'epoch'`);
  for (const { value } of epochs) yield { kind: 'history', epoch: value };
}

interface UserRow {
  readonly uid: UserId;
  readonly name: string;
  readonly created: number;
  readonly bundle: Buffer;
  readonly key_id: Buffer;
  readonly floor: number;
  readonly suspended: number | null;
  readonly deleted: number | null;
  readonly iterations: number | null;
  readonly salt: string;
  readonly verifier: string;
  readonly pepper: string;
  readonly account_key: Buffer;
  readonly keyring: Buffer;
  readonly revision: number;
  readonly version: number;
  readonly recovery_verifier: string | null;
  readonly recovery_pepper: string;
  readonly recovery_key: Buffer;
  readonly recovery_created: number;
}

function* users(db: Database): Generator<ArchiveRecord> {
  const rows = rowsOf<UserRow>(
    db,
    'SELECT * FROM users u LEFT JOIN credentials c ON c.user = u.id ORDER BY u.id',
  );
  for (const row of rows) {
    yield {
      kind: 'user',
      user: row.uid,
      username: row.name,
      created: row.created,
      bundle: plain(row.bundle),
      keyId: plain(row.key_id),
      floor: row.floor,
      suspended: row.suspended,
      deleted: row.deleted,
      account: accountOf(row),
    };
  }
}

function accountOf(row: UserRow): RecordOf<'user'>['account'] {
  if (row.iterations === null) return null;
  return {
    keyring: plain(row.keyring),
    revision: row.revision,
    credentials: {
      kdf: { alg: 'PBKDF2-SHA256', iterations: row.iterations, salt: row.salt },
      verifier: row.verifier,
      pepperId: row.pepper,
      sealedAccountKey: plain(row.account_key),
    },
    recovery:
      row.recovery_verifier === null
        ? null
        : {
            verifier: row.recovery_verifier,
            pepperId: row.recovery_pepper,
            sealedAccountKey: plain(row.recovery_key),
            created: row.recovery_created,
          },
    credentialsVersion: row.version,
  };
}

interface SessionRow {
  readonly id: string;
  readonly uid: UserId;
  readonly device: DeviceId;
  readonly device_name: string;
  readonly started: number;
  readonly token: Buffer;
  readonly rotated: number;
  readonly previous: Buffer | null;
  readonly successor: Buffer | null;
  readonly expires: number;
  readonly ended: number | null;
}

function* sessions(db: Database): Generator<ArchiveRecord> {
  const rows = rowsOf<SessionRow>(db, 'SELECT s.*, u.uid FROM sessions s JOIN users u ON u.id = s.user');
  for (const row of rows) {
    const { id, uid, device, device_name, started, token, rotated, previous, successor, expires, ended } =
      row;
    yield {
      kind: 'session',
      id,
      user: uid,
      device,
      deviceName: device_name,
      started,
      token: plain(token),
      rotated,
      previous: maybe(previous),
      successor: maybe(successor),
      expires,
      ended,
    };
  }
}

function* installations(db: Database): Generator<ArchiveRecord> {
  const rows = rowsOf<Omit<RecordOf<'installation'>, 'kind'>>(
    db,
    'SELECT u.uid AS user, i.device, i.current, i.previous FROM installations i JOIN users u ON u.id = i.user',
  );
  for (const row of rows) yield { kind: 'installation', ...row };
}

interface PairRow {
  readonly lowId: UserId;
  readonly highId: UserId;
  readonly byId: UserId | null;
  readonly state: RecordOf<'pair'>['state'];
  readonly version: number;
  readonly time: number;
  readonly low_delivered: number;
  readonly low_seen: number;
  readonly high_delivered: number;
  readonly high_seen: number;
  readonly low_blocks: 0 | 1;
  readonly high_blocks: 0 | 1;
}

function* pairs(db: Database): Generator<ArchiveRecord> {
  const rows = rowsOf<PairRow>(
    db,
    `SELECT p.*, l.uid AS lowId, h.uid AS highId, b.uid AS byId
     FROM pairs p JOIN users l ON l.id = p.low JOIN users h ON h.id = p.high LEFT JOIN users b ON b.id = p.by
     ORDER BY p.id`,
  );
  for (const row of rows) {
    const { lowId, highId, byId, state, version, time } = row;
    yield {
      kind: 'pair',
      pair: pairOf(lowId, highId),
      state,
      by: byId,
      blockedBy: [...(row.low_blocks === 1 ? [lowId] : []), ...(row.high_blocks === 1 ? [highId] : [])],
      version,
      time,
      low: { delivered: row.low_delivered, seen: row.low_seen },
      high: { delivered: row.high_delivered, seen: row.high_seen },
    };
  }
}

interface MessageRow {
  readonly low: UserId;
  readonly high: UserId;
  readonly n: number;
  readonly sender: UserId;
  readonly op: Buffer;
  readonly time: number;
  readonly envelope: Buffer;
}

function* messages(db: Database): Generator<ArchiveRecord> {
  const rows = rowsOf<MessageRow>(
    db,
    `SELECT l.uid AS low, h.uid AS high, m.n, s.uid AS sender, m.op, m.time, m.envelope
     FROM messages m JOIN pairs p ON p.id = m.pair
       JOIN users l ON l.id = p.low JOIN users h ON h.id = p.high JOIN users s ON s.id = m.sender
     ORDER BY m.pair, m.n`,
  );
  for (const { low, high, n, sender, op, time, envelope } of rows) {
    yield {
      kind: 'message',
      pair: pairOf(low, high),
      n,
      from: sender,
      op: unpackOp(op),
      time,
      envelope: plain(envelope),
    };
  }
}

type CallRow = Omit<RecordOf<'call'>, 'kind' | 'pair' | 'id' | 'seen'> & {
  readonly low: UserId;
  readonly high: UserId;
  readonly op: Buffer;
  readonly seen: 0 | 1;
};

function* calls(db: Database): Generator<ArchiveRecord> {
  const rows = rowsOf<CallRow>(
    db,
    `SELECT l.uid AS low, h.uid AS high, c.op, s.uid AS caller, c.media, c.status, c.after, c.started AS startedAt,
       c.answered AS answeredAt, c.ended AS endedAt, c.caller_device AS callerDevice,
       c.callee_device AS calleeDevice, c.seen, c.version, c.kept AS keptAt
     FROM calls c JOIN pairs p ON p.id = c.pair
       JOIN users l ON l.id = p.low JOIN users h ON h.id = p.high JOIN users s ON s.id = c.caller
     ORDER BY c.pair, c.after, c.started, c.op`,
  );
  for (const { low, high, op, seen, version, keptAt, ...row } of rows) {
    const pair = pairOf(low, high);
    yield { kind: 'call', pair, id: unpackOp(op), ...row, seen: seen === 1, version, keptAt };
  }
}

interface OperationRow {
  readonly uid: UserId;
  readonly op: Buffer;
  readonly digest: Buffer;
  readonly time: number | null;
  readonly n: number | null;
  readonly code: string | null;
  readonly bundle: Buffer | null;
}

function* operations(db: Database): Generator<ArchiveRecord> {
  const rows = rowsOf<OperationRow>(
    db,
    'SELECT o.*, u.uid FROM operations o JOIN users u ON u.id = o.user WHERE u.deleted IS NULL',
  );
  for (const { uid, op, digest, time, n, code, bundle } of rows) {
    yield {
      kind: 'operation',
      user: uid,
      op: unpackOp(op),
      digest: plain(digest),
      time,
      n,
      code,
      bundle: maybe(bundle),
    };
  }
}

function* reports(db: Database): Generator<ArchiveRecord> {
  const rows = rowsOf<Omit<RecordOf<'report'>, 'kind'>>(
    db,
    `SELECT f.uid AS "from", a.uid AS about, r.reason, r.note, r.time
     FROM reports r JOIN users f ON f.id = r.reporter JOIN users a ON a.id = r.about`,
  );
  for (const row of rows) yield { kind: 'report', ...row };
}
