import type { UserId } from '#shared/ids.ts';
import type { Context } from './context.ts';
import { deliverable, indexed, withSeen } from './conversations.ts';
import { isDoubted } from './epoch.ts';
import { queueReceipt } from './outbox.ts';

/**
 * The person saw every message up to number `n`. Never over a hole: what has not arrived was not seen.
 * Tells the server only when a message of the peer is among them.
 */
export async function markSeen({ db, now }: Context, peer: UserId, n: number): Promise<void> {
  await db.transaction('rw', db.meta, db.conversations, db.outbox, async () => {
    const conversation = await db.conversations.get(peer);
    if (conversation === undefined) return;
    const before = conversation.mine.seen;
    const next = withSeen(conversation, Math.min(n, deliverable(conversation)));
    if (next === conversation) return;
    await db.conversations.put(indexed(next));
    // The numbers may be of another history: what the server knows of us is compared when it has told.
    if (conversation.lastInbound > before && !(await isDoubted(db)))
      await queueReceipt(db, peer, next.mine, now());
  });
}
