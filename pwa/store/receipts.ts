import type { UserId } from '#shared/ids.ts';
import { standingOf } from './contact.ts';
import type { Context } from './context.ts';
import { deliverable, indexed, withSeen } from './conversations.ts';
import type { Database } from './database.ts';
import { isDoubted } from './epoch.ts';
import { queueReceipt } from './outbox.ts';

/**
 * The person saw every message up to number `n`. Never over a hole: what has not arrived was not seen.
 * Tells the server only when a message of the peer is among them, and nothing about who is blocked, or is about to be.
 */
export async function markSeen({ db, now }: Context, peer: UserId, n: number): Promise<void> {
  await db.transaction('rw', db.meta, db.contacts, db.conversations, db.outbox, async () => {
    const conversation = await db.conversations.get(peer);
    if (conversation === undefined || (await isBlocked(db, peer))) return;
    const before = conversation.mine.seen;
    const next = withSeen(conversation, Math.min(n, deliverable(conversation)));
    if (next === conversation) return;
    await db.conversations.put(indexed(next));
    // The numbers may be of another history: what the server knows of us is compared when it has told.
    if (conversation.lastInbound > before && !(await isDoubted(db)))
      await queueReceipt(db, peer, next.mine, now());
  });
}

/** Inside a transaction: whether the peer is blocked, or will be once our pending action has reached the server. */
export async function isBlocked(db: Database, peer: UserId): Promise<boolean> {
  const contact = await db.contacts.get(peer);
  return contact !== undefined && standingOf(contact) === 'blocked';
}
