import { decode } from '@msgpack/msgpack';
import * as v from 'valibot';
import type { Bytes } from '#shared/ids.ts';
import type { Queued } from '#sync/client/ports.ts';
import { type Operation, operation } from '#sync/wire/up.ts';
import type { Database } from './database.ts';
import { messageLane } from './outbox.ts';

export const decodeOperation = (data: Bytes): Operation => v.parse(operation, decode(data));

/**
 * The first `limit` operations, in the order they were made. Messages to somebody whose identity has changed are left out
 * until the person has decided.
 */
export async function readOutbox(db: Database, limit: number): Promise<Queued[]> {
  const changed = await db.contacts.where('changed').equals(1).primaryKeys();
  const held = new Set(changed.map(messageLane));
  const inOrder = db.outbox.orderBy('order');
  const offered = held.size === 0 ? inOrder : inOrder.filter(({ lane }) => !held.has(lane));
  const rows = await offered.limit(limit).toArray();
  return rows.map((row) => ({ op: decodeOperation(row.op), lane: row.lane, after: row.after ?? null }));
}
