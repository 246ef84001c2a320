import { type ErrorCode, isErrorCode } from '#shared/errors.ts';
import type { OpId } from '#shared/ids.ts';
import type { OpResult } from '#sync/wire/down.ts';
import { standingAfter } from './contact.ts';
import type { Context } from './context.ts';
import {
  breakChain,
  emptyConversation,
  indexed,
  lastMessageId,
  withMessage,
  withoutBreak,
} from './conversations.ts';
import type { Database } from './database.ts';
import { RACED, untilCommitted } from './failures.ts';
import { failHeld, supersede } from './held.ts';
import { addNotice } from './notices.ts';
import { messageLane } from './outbox.ts';
import { type Resealing, commitRenewed, isQueueAs, prepareResealing } from './reseal.ts';
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
    const tables = [db.meta, db.contacts, db.conversations, db.messages, db.outbox, db.sent, db.notices];
    return db.transaction('rw', tables, async () => {
      await fence();
      const present = await db.contacts.bulkGet(resealings.map(({ contact }) => contact.id));
      if (resealings.some(({ from }, index) => present[index]?.rev !== from)) return RACED;
      for (const { queue } of resealings) if (queue !== null && !(await isQueueAs(db, queue))) return RACED;
      for (const result of results) if (!isStale(result)) await commitResult(db, result, now());
      const handled = new Set<OpId>();
      const refused = new Set(stale.map(({ id }) => id));
      for (const resealing of resealings) await commitResealing(db, resealing, refused, handled, now());
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
  // Whoever is known here had an account.
  const code = result.code === 'UNKNOWN_USER' ? 'ACCOUNT_GONE' : result.code;
  if (code === 'ACCOUNT_GONE') await db.contacts.update(row.peer, { gone: 1 });
  return fail(db, row, isErrorCode(code) ? code : 'INTERNAL');
}

async function succeed(db: Database, { id, kind, peer, base }: OutboxRow, { n, time }: Done): Promise<void> {
  if (kind === 'receipt' || kind === 'call.see') return;
  if (kind === 'message.send') {
    await db.messages.update(id, { state: 'stored', at: time, ...(n === undefined ? {} : { n, pos: n }) });
    const conversation = (await db.conversations.get(peer)) ?? emptyConversation(peer);
    const unbroken = withoutBreak(conversation);
    const numbered = n === undefined ? unbroken : withMessage(unbroken, n, true);
    await db.conversations.put(indexed({ ...numbered, lastId: await lastMessageId(db, peer) }));
    return;
  }
  const contact = await db.contacts.get(peer);
  if (contact !== undefined) {
    await db.contacts.put({
      ...contact,
      // What the log said since the action was made is newer than what we expected of it.
      standing: contact.seq === base ? standingAfter(kind, contact.standing) : contact.standing,
      pending: contact.pending?.op === id ? null : contact.pending,
    });
    await failHeld(db, peer);
  }
  await db.outbox
    .where('after')
    .equals(id)
    .modify((waiting: { after?: OpId }) => {
      delete waiting.after;
    });
}

async function fail(db: Database, row: OutboxRow, code: ErrorCode): Promise<void> {
  const { id, kind, peer } = row;
  if (kind === 'message.send') {
    await db.messages.update(id, { state: 'failed', code, failed: 1 });
    await breakChain(db, row);
  } else if (kind !== 'receipt' && kind !== 'call.see') {
    // Without its pending mark the contact stands as the server last said.
    const contact = await db.contacts.get(peer);
    if (contact?.pending?.op === id) await db.contacts.put({ ...contact, pending: null });
  }
  const dependants = await db.outbox.where('after').equals(id).toArray();
  await db.outbox.where('after').equals(id).delete();
  for (const dependant of dependants) await fail(db, dependant, 'DEPENDENCY_FAILED');
}

async function commitResealing(
  db: Database,
  resealing: Resealing,
  refused: ReadonlySet<OpId>,
  handled: Set<OpId>,
  now: number,
): Promise<void> {
  const { contact, queue, notice } = resealing;
  await db.contacts.update(contact.id, {
    changed: contact.changed,
    rev: contact.rev,
    sealed: contact.sealed,
  });
  if (notice !== null) await addNotice(db, contact.id, notice, now);
  if (queue !== null) {
    for (const id of await commitRenewed(db, queue.renewed)) handled.add(id);
    for (const id of queue.superseded) {
      if (!refused.has(id)) continue;
      await supersede(db, { id });
      handled.add(id);
    }
    return;
  }
  // They are not offered to the server until the person has decided.
  const queued = await db.outbox.where('lane').equals(messageLane(contact.id)).toArray();
  for (const { id } of queued) handled.add(id);
}
