import type { Database } from 'better-sqlite3';
import type { Call, CallMedia, CallStatus } from '#shared/call.ts';
import { type DeviceId, type PairId, type UserId, membersOf, pairOf, peerIn } from '#shared/ids.ts';
import { type Effect, type StoredCall, type SyncStore, callFor } from '#sync/server/ports.ts';
import { type CallRange, CALLS_SHOWN, callAfter, callWithout, withLive } from '../calls.ts';
import type { GroupCommit } from './group-commit.ts';
import { type AppendEntry, ENTRY } from './log.ts';
import { type Names, packOp, unpackOp } from './names.ts';

/** A call with the members of its pair. */
interface CallRow {
  readonly id: number;
  readonly pair: number;
  readonly op: Buffer;
  readonly caller: number;
  readonly media: CallMedia;
  readonly status: CallStatus;
  readonly after: number;
  readonly started: number;
  readonly answered: number | null;
  readonly ended: number | null;
  readonly caller_device: DeviceId;
  readonly callee_device: DeviceId | null;
  readonly seen: 0 | 1;
  readonly version: number;
  readonly kept: number;
  readonly low: number;
  readonly high: number;
}
type CallEffect = Extract<Effect, { kind: 'call' }>;

export interface SqliteCalls {
  readonly store: (group: GroupCommit) => Pick<SyncStore, 'call' | 'liveCalls' | 'keepCall' | 'overdueCalls'>;
  /** Whether a call is as the write expects it, or there is none and none that rings or goes on. */
  asExpected(pair: number, effect: CallEffect): boolean;
  /** Makes it true, and tells whoever is to be told. `head` numbers the conversation's last message. */
  make(pair: number, effect: CallEffect, head: number, time: number): void;
  /** The one that an entry refers to. */
  at(ref: number): StoredCall | undefined;
  /** The newest of a range, oldest first, as `reader` sees them. */
  newest(pair: number, range: CallRange, reader: UserId): Call[];
  /** The same, with the one that rings or goes on, wherever it stands. */
  newestAndLive(pair: number, range: CallRange, reader: UserId): Call[];
  /** Ends the live calls of somebody who is no more. Returns the others, who are told. */
  endAll(user: UserId, time: number): readonly UserId[];
}

export interface SqliteCallsDeps {
  readonly db: Database;
  readonly names: Names;
  readonly append: AppendEntry;
}

/** Calls, a row each. A pair that calls is in `pairs`. */
export function createSqliteCalls({ db, names, append }: SqliteCallsDeps): SqliteCalls {
  const sql = prepareCalls(db);

  function callOf(row: CallRow): StoredCall {
    const [caller, callee] = [row.caller, row.caller === row.low ? row.high : row.low].map(names.id) as [
      UserId,
      UserId,
    ];
    return {
      id: unpackOp(row.op),
      caller,
      callee,
      media: row.media,
      status: row.status,
      after: row.after,
      startedAt: row.started,
      answeredAt: row.answered,
      endedAt: row.ended,
      callerDevice: row.caller_device,
      calleeDevice: row.callee_device,
      seen: row.seen === 1,
      version: row.version,
      keptAt: row.kept,
    };
  }

  function numbersOf(pair: PairId): [number, number] | undefined {
    const [low, high] = membersOf(pair).map(names.find);
    return low === undefined || high === undefined ? undefined : [low, high];
  }

  function make(pair: number, effect: CallEffect, head: number, time: number): void {
    const { expect, next, tell } = effect;
    const call = callAfter(effect, time);
    const ref = sql.put.get({
      pair,
      op: packOp(call.id),
      caller: names.number(call.caller),
      media: call.media,
      status: call.status,
      after: expect === 0 ? head : next.after,
      started: call.startedAt,
      answered: call.answeredAt,
      ended: call.endedAt,
      callerDevice: call.callerDevice,
      calleeDevice: call.calleeDevice,
      seen: call.seen ? 1 : 0,
      version: call.version,
      kept: call.keptAt,
    });
    if (ref === undefined) throw new Error('a call that was just written is missing');
    for (const user of tell) append(names.number(user), ENTRY.call, ref, time);
  }

  const newest: SqliteCalls['newest'] = (pair, { from, before }, reader) =>
    sql.callsIn
      .all(pair, from, before)
      .map((row) => callFor(callOf(row), reader))
      .toReversed();

  const liveOf = (user: UserId): CallRow[] => {
    const self = names.find(user);
    return self === undefined ? [] : sql.live.all({ self });
  };

  return {
    make,
    asExpected(pair, { expect, next }) {
      const version = sql.version.get(pair, packOp(next.id));
      return expect === 0 ? version === undefined && !sql.liveIn.get(pair) : version === expect;
    },
    at(ref) {
      const row = sql.at.get(ref);
      return row && callOf(row);
    },
    newest,
    newestAndLive(pair, range, reader) {
      const row = sql.liveIn.get(pair);
      return withLive(newest(pair, range, reader), row && callFor(callOf(row), reader));
    },
    endAll(user, time) {
      return liveOf(user).map((row) => {
        const call = callOf(row);
        const pair = pairOf(call.caller, call.callee);
        const other = peerIn(pair, user);
        const next = callWithout(user, call, time);
        make(row.pair, { kind: 'call', pair, expect: call.version, next, tell: [other] }, 0, time);
        return other;
      });
    },
    store: (group) => ({
      async call(pair, id) {
        const numbers = numbersOf(pair);
        const row = numbers && sql.call.get(...numbers, packOp(id));
        return row && callOf(row);
      },
      async liveCalls(user) {
        return liveOf(user).map(callOf);
      },
      async keepCall(pair, id, now) {
        const numbers = numbersOf(pair);
        if (numbers) await group.add(() => sql.keep.run(now, ...numbers, packOp(id), now));
      },
      async overdueCalls({ ringing, kept }, limit) {
        return sql.overdue.all({ ringing, kept, limit }).map(callOf);
      },
    }),
  };
}

const SELECT = 'SELECT c.*, p.low, p.high FROM calls c JOIN pairs p ON p.id = c.pair';
/** As the index calls_live has it. */
const LIVE = `c.status IN ('ringing', 'in_progress')`;
const liveOn = (side: 'low' | 'high'): string => `${SELECT} WHERE p.${side} = @self AND ${LIVE}`;

type Put = Omit<CallRow, 'id' | 'low' | 'high' | 'caller_device' | 'callee_device'> & {
  readonly callerDevice: DeviceId;
  readonly calleeDevice: DeviceId | null;
};

/** Every statement about calls, prepared once. */
export function prepareCalls(db: Database) {
  return {
    put: db
      .prepare<[Put], number>(
        `INSERT INTO calls
           (pair, op, caller, media, status, after, started, answered, ended,
            caller_device, callee_device, seen, version, kept)
         VALUES
           (@pair, @op, @caller, @media, @status, @after, @started, @answered, @ended,
            @callerDevice, @calleeDevice, @seen, @version, @kept)
         ON CONFLICT (pair, op) DO UPDATE SET
           status = excluded.status, answered = excluded.answered, ended = excluded.ended,
           callee_device = excluded.callee_device, seen = excluded.seen, version = excluded.version,
           kept = excluded.kept
         RETURNING id`,
      )
      .pluck(),
    version: db
      .prepare<[number, Buffer], number>('SELECT version FROM calls WHERE pair = ? AND op = ?')
      .pluck(),
    liveIn: db.prepare<[number], CallRow>(`${SELECT} WHERE c.pair = ? AND ${LIVE}`),
    at: db.prepare<[number], CallRow>(`${SELECT} WHERE c.id = ?`),
    call: db.prepare<[number, number, Buffer], CallRow>(
      `${SELECT} WHERE p.low = ? AND p.high = ? AND c.op = ?`,
    ),
    live: db.prepare<[{ self: number }], CallRow>(
      `${liveOn('low')} UNION ALL ${liveOn('high')} ORDER BY started, op`,
    ),
    keep: db.prepare<[number, number, number, Buffer, number]>(
      `UPDATE calls SET kept = ?
       WHERE pair = (SELECT id FROM pairs WHERE low = ? AND high = ?) AND op = ?
         AND status = 'in_progress' AND kept < ?`,
    ),
    overdue: db.prepare<[{ ringing: number; kept: number; limit: number }], CallRow>(
      `${SELECT} WHERE c.status = 'ringing' AND c.started < @ringing
       UNION ALL ${SELECT} WHERE c.status = 'in_progress' AND c.kept < @kept
       LIMIT @limit`,
    ),
    callsIn: db.prepare<[number, number, number], CallRow>(
      `${SELECT} WHERE c.pair = ? AND c.after >= ? AND c.after < ?
       ORDER BY c.after DESC, c.started DESC, c.op DESC LIMIT ${CALLS_SHOWN}`,
    ),
  };
}
