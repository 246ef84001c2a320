import { encode } from '@msgpack/msgpack';
import type { Bytes, UserId } from '#shared/ids.ts';
import type { Operation } from '#sync/wire/up.ts';
import type { Database } from './database.ts';
import { newOpId } from './op-id.ts';
import type { Mark, OutboxRow } from './rows.ts';

/** Operations of one lane take effect in the order they were made. */
export const messageLane = (peer: UserId) => `c:${peer}`;
export const friendLane = (peer: UserId) => `f:${peer}`;
export const callLane = (peer: UserId) => `k:${peer}`;
const receiptLane = (peer: UserId) => `r:${peer}`;

export const encodeOperation = (op: Operation): Bytes => encode(op);

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

/** Messages and friend actions that the server has not answered. What was seen is nobody's work that could be lost. */
export async function countQueued(db: Database): Promise<number> {
  const [all, seen] = await Promise.all([
    db.outbox.count(),
    db.outbox.where('kind').anyOf('receipt', 'call.see').count(),
  ]);
  return all - seen;
}
