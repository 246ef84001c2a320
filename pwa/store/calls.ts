import { isLive } from '#shared/call.ts';
import type { OpId, UserId } from '#shared/ids.ts';
import type { ToldCall } from './batch.ts';
import { encodeCall } from './call-content.ts';
import type { Context } from './context.ts';
import type { Database } from './database.ts';
import { placedCalls } from './placed-calls.ts';
import type { CallRow } from './rows.ts';

/** Rows with their content sealed, before the transaction that stores them. */
export function prepareCalls(
  { keychain, self }: Pick<Context, 'keychain' | 'self'>,
  calls: readonly ToldCall[],
): Promise<CallRow[]> {
  return Promise.all(
    calls.map(async ({ peer, call, seq }): Promise<CallRow> => {
      const { id, after, startedAt: at } = call;
      const sealed = await keychain.seal('calls', id, encodeCall(call, self));
      const row: CallRow = { id, peer, after, at, seq, sealed };
      if (isLive(call)) return { ...row, live: 1 };
      return call.callee === self && !call.seen ? { ...row, missed: 1 } : row;
    }),
  );
}

// The functions below run inside a transaction: they await nothing but the database.

/** Stores calls, whichever way they came. Returns the last call of each conversation that has changed. */
export async function mergeCalls(
  db: Database,
  calls: readonly CallRow[],
): Promise<ReadonlyMap<UserId, OpId>> {
  const stored = await db.calls.bulkGet(calls.map(({ id }) => id));
  const rowById = new Map(stored.flatMap((row) => (row === undefined ? [] : [[row.id, row] as const])));
  const changed = new Map<OpId, CallRow>();
  for (const told of calls) {
    const next = merged(rowById.get(told.id), told);
    if (next === undefined) continue;
    rowById.set(next.id, next);
    changed.set(next.id, next);
  }
  await db.calls.bulkPut([...changed.values()]);
  const last = new Map<UserId, OpId>();
  for (const peer of new Set([...changed.values()].map((row) => row.peer))) {
    const row = await placedCalls(db, peer, 0, Infinity).last();
    if (row !== undefined) last.set(peer, row.id);
  }
  return last;
}

/**
 * `told` with what is known here; undefined when something later was told before. Of a call that is known, history (which
 * has no position) is believed only that it is over: it may have been read before what is known here happened.
 */
function merged(before: CallRow | undefined, told: CallRow): CallRow | undefined {
  if (before === undefined) return told;
  if (before.seq > told.seq || before.peer !== told.peer) return undefined;
  if (told.seq === 0 && told.live === 1) return undefined;
  const { missed, ...row } = told;
  // Over and looked at here already, though the server may not have heard of it yet.
  const wasSeen = before.live === undefined && before.missed === undefined;
  return missed === undefined || wasSeen ? row : told;
}

/** Positions of another history stand for nothing: what comes next is believed. */
export async function forgetCallPositions(db: Database): Promise<void> {
  await db.calls.toCollection().modify({ seq: 0 });
}

/** A whole snapshot at log position `seq` names the calls that go on. Those that it did not name are over. */
export async function endUnnamedCalls(db: Database, seq: number): Promise<void> {
  const unnamed = db.calls
    .where('live')
    .equals(1)
    .filter((row) => row.seq < seq);
  await unnamed.modify((row: { live?: 1; seq: number }) => {
    delete row.live;
    row.seq = 0;
  });
}
