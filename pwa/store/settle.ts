import { equalBytes } from '#shared/bytes.ts';
import { type ErrorCode, isErrorCode } from '#shared/errors.ts';
import type { OpId } from '#shared/ids.ts';
import type { OpResult } from '#sync/wire/down.ts';
import { EXPECTED } from './contacts.ts';
import type { Context } from './context.ts';
import { emptyConversation, indexed, lastMessageId, withMessage } from './conversations.ts';
import type { Database } from './database.ts';
import { RACED, untilCommitted } from './failures.ts';
import { messageLane } from './outbox.ts';
import { type Resealing, prepareResealing } from './reseal.ts';
import type { OutboxRow } from './rows.ts';
import { keepSent } from './sent.ts';

type Done = Extract<OpResult, { ok: true }>;

/**
 * Stores what became of operations. Every result is terminal but one: a message that was sealed to an outdated key
 * of the same identity stays in the outbox, sealed again. Results of operations that are gone are ignored.
 */
export async function settle(context: Context, results: readonly OpResult[]): Promise<void> {
  const { db, fence, now } = context;
  await untilCommitted(async () => {
    const stale = results.filter(isStale);
    const resealings = await prepareResealing(context, stale);
    const tables = [db.meta, db.contacts, db.conversations, db.messages, db.outbox, db.sent];
    return db.transaction('rw', tables, async () => {
      await fence();
      const present = await db.contacts.bulkGet(resealings.map(({ contact }) => contact.id));
      if (resealings.some(({ from }, index) => present[index]?.rev !== from)) return RACED;
      for (const result of results) if (!isStale(result)) await commitResult(db, result, now());
      const handled = new Set<OpId>();
      for (const resealing of resealings) await commitResealing(db, resealing, handled);
      for (const result of stale) if (!handled.has(result.id)) await commitResult(db, result, now());
      return undefined;
    });
  });
}

const isStale = (result: OpResult) => !result.ok && result.code === 'STALE_KEY';

// Below: inside the transaction, nothing but the database is awaited.

async function commitResult(db: Database, result: OpResult, now: number): Promise<void> {
  const row = await db.outbox.where('id').equals(result.id).first();
  if (row === undefined) return;
  await db.outbox.where('id').equals(result.id).delete();
  if (result.ok) {
    await keepSent(db, [row], now);
    return succeed(db, row, result);
  }
  return fail(db, row, isErrorCode(result.code) ? result.code : 'INTERNAL');
}

async function succeed(db: Database, { id, kind, peer, base }: OutboxRow, { n, time }: Done): Promise<void> {
  if (kind === 'receipt') return;
  if (kind === 'message.send') {
    await db.messages.update(id, { state: 'stored', at: time, ...(n === undefined ? {} : { n, pos: n }) });
    const conversation = (await db.conversations.get(peer)) ?? emptyConversation(peer);
    const numbered = n === undefined ? conversation : withMessage(conversation, n, true);
    await db.conversations.put(indexed({ ...numbered, lastId: await lastMessageId(db, peer) }));
    return;
  }
  const contact = await db.contacts.get(peer);
  if (contact !== undefined) {
    await db.contacts.put({
      ...contact,
      // What the log said since the action was made is newer than what we expected of it.
      standing: contact.seq === base ? EXPECTED[kind] : contact.standing,
      pending: contact.pending?.op === id ? null : contact.pending,
    });
  }
  await db.outbox
    .where('after')
    .equals(id)
    .modify((waiting: { after?: OpId }) => {
      delete waiting.after;
    });
}

async function fail(db: Database, { id, kind, peer }: OutboxRow, code: ErrorCode): Promise<void> {
  if (kind === 'message.send') {
    await db.messages.update(id, { state: 'failed', code, failed: 1 });
  } else if (kind !== 'receipt') {
    // Without its pending mark the contact stands as the server last said.
    const contact = await db.contacts.get(peer);
    if (contact?.pending?.op === id) await db.contacts.put({ ...contact, pending: null });
  }
  const dependants = await db.outbox.where('after').equals(id).toArray();
  await db.outbox.where('after').equals(id).delete();
  for (const dependant of dependants) await fail(db, dependant, 'DEPENDENCY_FAILED');
}

async function commitResealing(db: Database, resealing: Resealing, handled: Set<OpId>): Promise<void> {
  const { contact, renewed, failure } = resealing;
  await db.contacts.update(contact.id, {
    changed: contact.changed,
    rev: contact.rev,
    sealed: contact.sealed,
  });
  for (const { id, op, digest, replaces } of renewed) {
    const row = await db.outbox.where('id').equals(id).first();
    const message = await db.messages.get(id);
    if (row?.order === undefined || message === undefined) continue;
    handled.add(id);
    // Another tab may have sealed it again already.
    if (!equalBytes(message.digest, replaces)) continue;
    await db.outbox.update(row.order, { op });
    await db.messages.update(id, { digest });
  }
  if (failure === null) return;
  const queued = await db.outbox.where('lane').equals(messageLane(contact.id)).toArray();
  for (const row of queued) {
    handled.add(row.id);
    await db.outbox.delete(row.order ?? 0);
    await fail(db, row, failure);
  }
}
