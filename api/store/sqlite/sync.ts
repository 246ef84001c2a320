import type { Database } from 'better-sqlite3';
import { type PairId, type UserId, membersOf, pairOf } from '#shared/ids.ts';
import {
  type Committed,
  type Effect,
  type SyncStore,
  type Watermark,
  type Write,
  callFor,
  membersWhoSee,
  standingFor,
} from '#sync/server/ports.ts';
import type { Entry, OpResult } from '#sync/wire/down.ts';
import { rotate } from '../generation.ts';
import { type LogRow, buildPage, placeOf } from '../page.ts';
import type { SqliteCalls } from './calls.ts';
import type { GroupCommit } from './group-commit.ts';
import { type AppendEntry, ENTRY, type EntryKind } from './log.ts';
import { type Names, packOp, plain, unpackOp } from './names.ts';
import { highMark, lowMark, marksFor, relationOf } from './pairs.ts';
import { createSqliteSnapshots } from './snapshots.ts';
import { type LogSelection, type OperationRow, type PairRow, prepareSync } from './sync-statements.ts';
import { createSqliteTruncation } from './truncation.ts';

export interface SqliteSyncDeps {
  readonly db: Database;
  readonly names: Names;
  readonly group: GroupCommit;
  readonly epoch: string;
  readonly append: AppendEntry;
  readonly calls: SqliteCalls;
}

/** The hot path: what a message costs is decided here. */
export function createSqliteSync({ db, names, group, epoch, append, calls }: SqliteSyncDeps): SyncStore {
  const sql = prepareSync(db);

  const pairRow = (pair: PairId): PairRow | undefined => {
    const [low, high] = membersOf(pair).map(names.find);
    return low === undefined || high === undefined ? undefined : sql.pair.get(low, high);
  };

  function ensurePair(pair: PairId): PairRow {
    const { low, high } = names.members(pair);
    const row = sql.pair.get(low, high) ?? sql.meet.get(low, high);
    if (!row) throw new Error('a pair that was just added is missing');
    return row;
  }

  /** Makes the effect true. Returns whose logs grew, and the number of a new message. */
  function make(effect: Effect, pair: PairRow, write: Write): { touched: readonly UserId[]; n?: number } {
    const [low, high] = [names.id(pair.low), names.id(pair.high)];
    const both = (kind: EntryKind, ref: number): readonly UserId[] => {
      append(pair.low, kind, ref, write.time);
      append(pair.high, kind, ref, write.time);
      return [low, high];
    };
    switch (effect.kind) {
      case 'message': {
        const n = (sql.lastNumber.get(pair.id) ?? 0) + 1;
        const sender = names.number(effect.from);
        const added = sql.addMessage.run(pair.id, n, sender, packOp(write.op), write.time, effect.envelope);
        return { touched: both(ENTRY.message, Number(added.lastInsertRowid)), n };
      }
      case 'relation': {
        const { next } = effect;
        const { state, by, blockedBy, version, time } = next;
        const blocks = (user: UserId) => (blockedBy.includes(user) ? 1 : 0);
        sql.relate.run({
          state,
          by: by === null ? null : names.number(by),
          lowBlocks: blocks(low),
          highBlocks: blocks(high),
          version,
          time,
          pair: pair.id,
        });
        const touched = membersWhoSee(effect.pair, relationOf(pair, names), next);
        for (const user of touched) append(names.number(user), ENTRY.friend, pair.id, write.time);
        return { touched };
      }
      case 'watermark': {
        const raise = effect.user === low ? sql.raiseLow : sql.raiseHigh;
        const { delivered, seen } = effect.mark;
        const raised = raise.run({ delivered, seen, pair: pair.id });
        return { touched: raised.changes > 0 ? both(ENTRY.receipt, pair.id) : [] };
      }
      case 'call':
        calls.make(pair.id, effect, sql.lastNumber.get(pair.id) ?? 0, write.time);
        return { touched: effect.tell };
    }
  }

  /** Runs inside the batch's transaction. Everything that can refuse the write comes before the first change. */
  function apply(write: Write): Committed {
    const actor = names.number(write.actor);
    const op = packOp(write.op);
    if (write.record) {
      const before = sql.operation.get(actor, op);
      if (before) {
        const same = Buffer.compare(before.digest, write.digest) === 0;
        return same ? { kind: 'repeat', result: resultOf(write.op, before) } : { kind: 'reused' };
      }
    }
    const { effect } = write;
    let touched: readonly UserId[] = [];
    let { result } = write;
    if (effect) {
      const pair = ensurePair(effect.kind === 'message' ? pairOf(effect.from, effect.to) : effect.pair);
      if (effect.kind === 'relation' && pair.version !== effect.expect) return { kind: 'conflict' };
      if (effect.kind === 'call' && !calls.asExpected(pair.id, effect)) return { kind: 'conflict' };
      const made = make(effect, pair, write);
      touched = made.touched;
      if (made.n !== undefined && result.ok) result = { ...result, n: made.n };
    }
    if (write.record) {
      const [time, n] = result.ok ? [result.time, result.n ?? null] : [null, null];
      const [code, bundle] = result.ok ? [null, null] : [result.code, result.bundle ?? null];
      sql.remember.run(actor, op, write.digest, time, n, code, bundle);
    }
    return { kind: 'done', result, touched };
  }

  function resolve(row: LogSelection, self: number): Entry {
    const { seq, time } = row;
    if (row.kind === ENTRY.message) {
      const { op, n, envelope } = row;
      const peer = row.sender === row.low ? row.high : row.low;
      const [from, to] = [names.id(row.sender), names.id(peer)];
      return { kind: 'message', seq, time, op: unpackOp(op), from, to, n, envelope: plain(envelope) };
    }
    if (row.kind === ENTRY.account) return { kind: 'account', seq, time, revision: row.ref };
    if (row.kind === ENTRY.call) {
      const call = calls.at(row.ref);
      if (!call) throw new Error(`log entry ${seq} refers to a call that is missing`);
      return { kind: 'call', seq, time, ...callFor(call, names.id(self)) };
    }
    const pair = sql.pairById.get(row.ref);
    if (!pair) throw new Error(`log entry ${seq} refers to a pair that is missing`);
    const peerNumber = pair.low === self ? pair.high : pair.low;
    const peer = names.id(peerNumber);
    if (row.kind === ENTRY.receipt) return { kind: 'receipt', seq, time, peer, ...marksFor(pair, self) };
    const shown = sql.person.get(peerNumber);
    if (!shown) throw new Error(`log entry ${seq} refers to a user that is missing`);
    const standing = standingFor(relationOf(pair, names), names.id(self));
    return { kind: 'friend', seq, time, peer, name: shown.name, standing, bundle: plain(shown.bundle) };
  }

  function* rowsOf(selection: Iterable<LogSelection>, self: number): Generator<LogRow> {
    for (const row of selection) {
      yield {
        seq: row.seq,
        tag: row.tag,
        // Each keyring takes the place of the one before.
        subject: row.kind === ENTRY.account ? 'account' : `${row.kind} ${row.ref}`,
        bytes: row.kind === ENTRY.message ? row.envelope.byteLength : 0,
        resolve: () => resolve(row, self),
      };
    }
  }

  return {
    async epoch() {
      return epoch;
    },
    async head(user) {
      const number = names.find(user);
      return number === undefined ? 0 : (sql.head.get(number, number) ?? 0);
    },
    async read(user, cursor, limits) {
      const place = placeOf(cursor, epoch);
      if (place === 'resync') return 'resync';
      const self = names.find(user);
      const start = place === 'start' ? 0 : place;
      if (self === undefined) return buildPage([], cursor, limits, () => 0);
      if (cursor && start === 0 && (sql.floor.get(self) ?? 0) > 0) return 'resync';
      const rows = rowsOf(sql.page.iterate(self, start, self), self);
      return buildPage(rows, cursor, limits, () => sql.head.get(self, self) ?? 0);
    },
    async outcome(user, op) {
      const number = names.find(user);
      const row = number === undefined ? undefined : sql.operation.get(number, packOp(op));
      return row && { digest: plain(row.digest), result: resultOf(op, row) };
    },
    async person(user) {
      const number = names.find(user);
      const row = number === undefined ? undefined : sql.person.get(number);
      if (!row || row.deleted !== null) return undefined;
      return { id: user, name: row.name, bundle: plain(row.bundle), keyId: plain(row.key_id) };
    },
    async relation(pair) {
      return relationOf(pairRow(pair), names);
    },
    async conversation(pair) {
      const [low, high] = membersOf(pair);
      const row = pairRow(pair);
      return {
        head: row ? (sql.lastNumber.get(row.id) ?? 0) : 0,
        marks: new Map([
          [low, row ? lowMark(row) : UNREAD],
          [high, row ? highMark(row) : UNREAD],
        ]),
      };
    },
    async friends(user) {
      const self = names.find(user);
      return self === undefined ? [] : sql.friends.all({ self });
    },
    async openRequests(user) {
      const self = names.find(user);
      return self === undefined ? 0 : (sql.openRequests.get(self) ?? 0);
    },
    useDevice(user, device, gen) {
      return group.add(() => {
        const self = names.number(user);
        const rotated = rotate(sql.installation.get(self, device), gen);
        if (rotated === 'cloned') return 'cloned';
        sql.rotate.run(self, device, rotated.current, rotated.previous);
        return rotated.current;
      });
    },
    ...createSqliteSnapshots({ names, sql, calls }),
    ...createSqliteTruncation({ names, sql, group }),
    ...calls.store(group),
    commit(write) {
      return group.add(() => apply(write));
    },
  };
}

const UNREAD: Watermark = { delivered: 0, seen: 0 };

function resultOf(id: Write['op'], row: OperationRow): OpResult {
  if (row.code !== null) {
    return { id, ok: false, code: row.code, ...(row.bundle && { bundle: plain(row.bundle) }) };
  }
  return { id, ok: true, time: row.time ?? 0, ...(row.n !== null && { n: row.n }) };
}
