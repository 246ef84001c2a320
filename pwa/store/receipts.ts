import type { UserId } from '#shared/ids.ts';
import type { Context } from './context.ts';
import { withSeen } from './conversations.ts';
import { prefixOf } from './numbers.ts';
import { queueReceipt } from './outbox.ts';

/**
 * The person saw every message up to number `n`. Never over a hole: what has not arrived was not seen.
 * Tells the server only when a message of the peer is among them.
 */
export async function markSeen({ db, now }: Context, peer: UserId, n: number): Promise<void> {
  await db.transaction('rw', db.conversations, db.messages, db.outbox, async () => {
    const conversation = await db.conversations.get(peer);
    if (conversation === undefined) return;
    const before = conversation.mine.seen;
    const next = await withSeen(db, conversation, Math.min(n, prefixOf(conversation.held)));
    if (next === conversation) return;
    await db.conversations.put(next);
    if (conversation.lastInbound > before) await queueReceipt(db, peer, next.mine, now());
  });
}
