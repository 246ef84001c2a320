import type { Database } from 'better-sqlite3';
import { type PairId, type UserId, membersOf } from '#shared/ids.ts';
import { EXIT, Refusal } from '../../refusal.ts';
import type { ArchiveRecord, RecordOf } from '../archive.ts';
import { ENTRY } from './log.ts';
import { packOp } from './names.ts';

/** Writes records, in the order of an archive, into the tables of an empty database, inside the caller's transaction. */
export function createArchiveLoader(db: Database): (record: ArchiveRecord) => void {
  const sql = prepareLoading(db);
  const numbersByUser = new Map<UserId, number>();
  const numbersByPair = new Map<PairId, number>();
  const numberOf = (user: UserId): number => known(numbersByUser.get(user), `user ${user}`);
  const pairNumber = (pair: PairId): number => known(numbersByPair.get(pair), `pair ${pair}`);

  function addUser({ user, username, created, bundle, keyId, floor, ...rest }: RecordOf<'user'>): void {
    const { suspended, deleted, account } = rest;
    const added = sql.user.run({ user, username, created, bundle, keyId, floor, suspended, deleted });
    const number = Number(added.lastInsertRowid);
    numbersByUser.set(user, number);
    if (account === null) return;
    const { credentials, recovery, keyring, revision, credentialsVersion } = account;
    sql.credentials.run({
      number,
      iterations: credentials.kdf.iterations,
      salt: credentials.kdf.salt,
      verifier: credentials.verifier,
      pepper: credentials.pepperId,
      accountKey: credentials.sealedAccountKey,
      keyring,
      revision,
      version: credentialsVersion,
      recoveryVerifier: recovery?.verifier ?? null,
      recoveryPepper: recovery?.pepperId ?? null,
      recoveryKey: recovery?.sealedAccountKey ?? null,
      recoveryCreated: recovery?.created ?? null,
    });
  }

  function addPair({ pair, state, by, blockedBy, version, time, low, high }: RecordOf<'pair'>): void {
    const [lowId, highId] = membersOf(pair);
    const blocks = (user: UserId) => (blockedBy.includes(user) ? 1 : 0);
    const added = sql.pair.run({
      low: numberOf(lowId),
      high: numberOf(highId),
      state,
      by: by === null ? null : numberOf(by),
      version,
      time,
      lowDelivered: low.delivered,
      lowSeen: low.seen,
      highDelivered: high.delivered,
      highSeen: high.seen,
      lowBlocks: blocks(lowId),
      highBlocks: blocks(highId),
    });
    numbersByPair.set(pair, Number(added.lastInsertRowid));
  }

  function refOf(subject: RecordOf<'entry'>['subject']): number {
    if (subject.of === 'account') return subject.revision;
    const pair = pairNumber(subject.pair);
    if (subject.of === 'call') {
      return known(
        sql.callId.get(pair, packOp(subject.call)),
        `call ${subject.call} of pair ${subject.pair}`,
      );
    }
    if (subject.of !== 'message') return pair;
    return known(sql.messageId.get(pair, subject.n), `message ${subject.n} of pair ${subject.pair}`);
  }

  return (record) => {
    switch (record.kind) {
      case 'history':
        sql.epoch.run(record.epoch);
        break;
      case 'user':
        addUser(record);
        break;
      case 'session': {
        const { kind: _, user, ...row } = record;
        sql.session.run({ ...row, user: numberOf(user) });
        break;
      }
      case 'installation': {
        const { user, device, current, previous } = record;
        sql.installation.run(numberOf(user), device, current, previous);
        break;
      }
      case 'pair':
        addPair(record);
        break;
      case 'message': {
        const { pair, n, from, op, time, envelope } = record;
        sql.message.run(pairNumber(pair), n, numberOf(from), packOp(op), time, envelope);
        break;
      }
      case 'call': {
        const { kind: _, pair, id, caller, seen, ...row } = record;
        const numbers = { pair: pairNumber(pair), caller: numberOf(caller), op: packOp(id) };
        sql.call.run({ ...row, ...numbers, seen: seen ? 1 : 0 });
        break;
      }
      case 'entry': {
        const { user, seq, tag, time, subject } = record;
        sql.entry.run(numberOf(user), seq, ENTRY[subject.of], refOf(subject), tag, time);
        break;
      }
      case 'operation': {
        const { user, op, digest, time, n, code, bundle } = record;
        sql.operation.run(numberOf(user), packOp(op), digest, time, n, code, bundle);
        break;
      }
      case 'report': {
        const { from, about, reason, note, time } = record;
        sql.report.run(numberOf(from), numberOf(about), reason, note, time);
        break;
      }
    }
  };
}

function known<T>(found: T | undefined, what: string): T {
  if (found !== undefined) return found;
  throw new Refusal(
    EXIT.data,
    `The archive refers to ${what}, which is not in it. Run nexchat doctor where it was made.`,
  );
}

function prepareLoading(db: Database) {
  return {
    epoch: db.prepare<[string]>(`INSERT INTO meta (name, value) VALUES ('epoch', ?)`),
    user: db.prepare(
      `INSERT INTO users (uid, name, created, bundle, key_id, floor, suspended, deleted)
       VALUES (@user, @username, @created, @bundle, @keyId, @floor, @suspended, @deleted)`,
    ),
    credentials: db.prepare(
      `INSERT INTO credentials
         (user, iterations, salt, verifier, pepper, account_key, keyring, revision, version,
          recovery_verifier, recovery_pepper, recovery_key, recovery_created)
       VALUES
         (@number, @iterations, @salt, @verifier, @pepper, @accountKey, @keyring, @revision, @version,
          @recoveryVerifier, @recoveryPepper, @recoveryKey, @recoveryCreated)`,
    ),
    session: db.prepare(
      `INSERT INTO sessions
         (id, user, device, device_name, started, token, rotated, previous, successor, expires, ended)
       VALUES
         (@id, @user, @device, @deviceName, @started, @token, @rotated, @previous, @successor, @expires, @ended)`,
    ),
    installation: db.prepare<[number, string, number, number]>(
      'INSERT INTO installations (user, device, current, previous) VALUES (?, ?, ?, ?)',
    ),
    pair: db.prepare(
      `INSERT INTO pairs
         (low, high, state, by, version, time,
          low_delivered, low_seen, high_delivered, high_seen, low_blocks, high_blocks)
       VALUES
         (@low, @high, @state, @by, @version, @time,
          @lowDelivered, @lowSeen, @highDelivered, @highSeen, @lowBlocks, @highBlocks)`,
    ),
    message: db.prepare<[number, number, number, Buffer, number, Uint8Array]>(
      'INSERT INTO messages (pair, n, sender, op, time, envelope) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    messageId: db
      .prepare<[number, number], number>('SELECT id FROM messages WHERE pair = ? AND n = ?')
      .pluck(),
    call: db.prepare(
      `INSERT INTO calls
         (pair, op, caller, media, status, after, started, answered, ended,
          caller_device, callee_device, seen, version, kept)
       VALUES
         (@pair, @op, @caller, @media, @status, @after, @startedAt, @answeredAt, @endedAt,
          @callerDevice, @calleeDevice, @seen, @version, @keptAt)`,
    ),
    callId: db.prepare<[number, Buffer], number>('SELECT id FROM calls WHERE pair = ? AND op = ?').pluck(),
    entry: db.prepare<[number, number, number, number, number, number]>(
      'INSERT INTO log (user, seq, kind, ref, tag, time) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    operation: db.prepare<
      [number, Buffer, Uint8Array, number | null, number | null, string | null, Uint8Array | null]
    >('INSERT INTO operations (user, op, digest, time, n, code, bundle) VALUES (?, ?, ?, ?, ?, ?, ?)'),
    report: db.prepare<[number, number, string, string, number]>(
      'INSERT INTO reports (reporter, about, reason, note, time) VALUES (?, ?, ?, ?, ?)',
    ),
  };
}
