import type { Database } from './database.ts';
import { messageLane } from './outbox.ts';
import type { OutboxRow } from './rows.ts';

/** How many acknowledged messages are kept to be offered again, and for how long, in milliseconds. */
const KEPT_SENT = 500;
const KEPT_FOR = 7 * 24 * 3_600_000;

/**
 * Inside a transaction: the messages among these outbox rows were acknowledged now. A server that is restored from a
 * backup forgets what came after it, so the newest of them are kept with their bytes.
 */
export async function keepSent(db: Database, rows: readonly OutboxRow[], now: number): Promise<void> {
  const messages = rows.filter(({ kind }) => kind === 'message.send');
  if (messages.length === 0) return;
  await db.sent.bulkAdd(messages.map(({ id, peer, op }) => ({ id, peer, op, time: now })));
  await forgetOld(db, now);
}

/**
 * Inside a transaction: everything that was acknowledged lately goes back into the outbox, before what is newer, under
 * the same ids and byte for byte, so that a server that still has it answers as it did. It leaves with that answer.
 * Until then nobody knows whether the server has it: the message waits again, where it stands.
 */
export async function offerAgain(db: Database, now: number): Promise<void> {
  await forgetOld(db, now);
  const rows = await db.sent.orderBy('order').toArray();
  const first = (await db.outbox.orderBy('order').first())?.order ?? 1;
  await db.outbox.bulkAdd(
    rows.map(({ id, peer, op }, index): OutboxRow => {
      const order = first - rows.length + index;
      return { order, id, kind: 'message.send', lane: messageLane(peer), peer, op, again: 1 };
    }),
  );
  await db.sent.clear();
  const messages = await db.messages.bulkGet(rows.map(({ id }) => id));
  await db.messages.bulkPut(
    messages.flatMap((row) => (row?.state === 'stored' ? [{ ...row, state: 'queued', n: null }] : [])),
  );
}

async function forgetOld(db: Database, now: number): Promise<void> {
  await db.sent
    .where('time')
    .below(now - KEPT_FOR)
    .delete();
  const excess = (await db.sent.count()) - KEPT_SENT;
  if (excess > 0) await db.sent.orderBy('order').limit(excess).delete();
}
