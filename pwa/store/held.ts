import type { UserId } from '#shared/ids.ts';
import { standingOf } from './contact.ts';
import { breakChain } from './conversations.ts';
import type { Database } from './database.ts';
import { messageLane } from './outbox.ts';
import type { MessageRow, OutboxRow } from './rows.ts';

/** What is held: queued to a contact whose identity is in question, and not offered to the server. */

/** Inside a transaction: takes a message out of the queue if it is held; false if it is not. */
export async function takeHeld(db: Database, { id, peer, state }: MessageRow): Promise<boolean> {
  if (state !== 'queued' || (await db.contacts.get(peer))?.changed !== 1) return false;
  const row = await db.outbox.where('id').equals(id).first();
  await db.outbox.where('id').equals(id).delete();
  if (row !== undefined && row.again !== 1) await breakChain(db, row);
  return true;
}

/**
 * Inside a transaction that has changed a standing: what is held for somebody who is no friend any more fails. The
 * server is never asked about it, and when they are friends again nothing old may go out by itself.
 */
export async function failHeld(db: Database, peer: UserId): Promise<void> {
  const contact = await db.contacts.get(peer);
  if (contact === undefined || contact.changed === 0 || standingOf(contact) === 'friends') return;
  const rows = await db.outbox.where('lane').equals(messageLane(peer)).sortBy('order');
  for (const row of rows) {
    await db.outbox.where('id').equals(row.id).delete();
    if (row.again === 1) {
      await supersede(db, row);
      continue;
    }
    await db.messages.update(row.id, { state: 'failed', code: 'NOT_FRIENDS', failed: 1 });
    await breakChain(db, row);
  }
}

/**
 * Inside a transaction: a message that was offered again, and that no server will take any more. It was acknowledged
 * once, and stays that.
 */
export async function supersede(db: Database, { id }: Pick<OutboxRow, 'id'>): Promise<void> {
  await db.outbox.where('id').equals(id).delete();
  await db.messages.update(id, { state: 'stored' });
}
