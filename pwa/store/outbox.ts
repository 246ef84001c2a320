import { decode, encode } from '@msgpack/msgpack';
import * as v from 'valibot';
import type { Bytes, UserId } from '#shared/ids.ts';
import type { Queued } from '#sync/client/ports.ts';
import { type Operation, operation } from '#sync/wire/up.ts';
import type { Database } from './database.ts';
import { newOpId } from './op-id.ts';
import type { Mark, OutboxRow } from './rows.ts';

/** Operations of one lane take effect in the order they were made. */
export const messageLane = (peer: UserId) => `c:${peer}`;
export const friendLane = (peer: UserId) => `f:${peer}`;
const receiptLane = (peer: UserId) => `r:${peer}`;

export const encodeOperation = (op: Operation): Bytes => encode(op);
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

/**
 * Inside a transaction: tells the server our watermarks. One unsent receipt a peer is enough, so it replaces an older
 * one; under a new id, because an id stands for one content.
 */
export async function queueReceipt(db: Database, peer: UserId, mark: Mark, now: number): Promise<void> {
  const lane = receiptLane(peer);
  const id = newOpId(now);
  const op = encodeOperation({ id, kind: 'receipt', to: peer, ...mark });
  await db.outbox.where('lane').equals(lane).delete();
  const row: OutboxRow = { id, kind: 'receipt', lane, peer, op };
  await db.outbox.add(row);
}

/** Messages and friend actions that the server has not answered. Receipts are nobody's work that could be lost. */
export async function countQueued(db: Database): Promise<number> {
  const [all, receipts] = await Promise.all([
    db.outbox.count(),
    db.outbox.where('kind').equals('receipt').count(),
  ]);
  return all - receipts;
}
