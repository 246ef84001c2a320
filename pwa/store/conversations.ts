import Dexie from 'dexie';
import type { OpId, UserId } from '#shared/ids.ts';
import type { Database } from './database.ts';
import { prefixOf } from './numbers.ts';
import type { ConversationRow, Mark, MessageRow } from './rows.ts';

export const emptyConversation = (peer: UserId): ConversationRow => ({
  peer,
  lastId: null,
  held: [],
  lastInbound: 0,
  unread: 0,
  mine: { delivered: 0, seen: 0 },
  theirs: { delivered: 0, seen: 0 },
  counter: 0,
  chain: null,
});

/** The higher of both, each for itself. */
export const raised = (a: Mark, b: Mark): Mark => ({
  delivered: Math.max(a.delivered, b.delivered),
  seen: Math.max(a.seen, b.seen),
});

/** Whether our `delivered` watermark can be raised over a message of the peer, over no hole. */
export function canDeliver(conversation: ConversationRow): boolean {
  const { delivered } = conversation.mine;
  return conversation.lastInbound > delivered && prefixOf(conversation.held) > delivered;
}

/** 1 for a message that is unread while everything up to `seen` is seen. */
export function unreadWeight(row: MessageRow | undefined, seen: number): number {
  return row !== undefined && !row.mine && row.n !== null && row.n > seen ? 1 : 0;
}

// The functions below run inside a transaction: they await nothing but the database.

/** A conversation by key range, last in reading order first. */
export function newestOf(db: Database, peer: UserId) {
  const inOrder = db.messages.where('[peer+pos]').between([peer, Dexie.minKey], [peer, Dexie.maxKey]);
  // oxlint-disable-next-line unicorn/no-array-reverse -- a query, not an array
  return inOrder.reverse();
}

export async function lastMessageId(db: Database, peer: UserId): Promise<OpId | null> {
  const [last] = await newestOf(db, peer).limit(1).primaryKeys();
  return last ?? null;
}

/** `conversation` with everything up to `seen` seen. Reads the shorter side of the new mark, and mostly nothing. */
export async function withSeen(
  db: Database,
  conversation: ConversationRow,
  seen: number,
): Promise<ConversationRow> {
  const before = conversation.mine.seen;
  if (seen <= before) return conversation;
  const { peer, lastInbound } = conversation;
  let unread = 0;
  if (seen < lastInbound) {
    unread =
      seen - before <= lastInbound - seen
        ? conversation.unread - (await countInbound(db, peer, before, seen))
        : await countInbound(db, peer, seen, lastInbound);
  }
  return { ...conversation, unread, mine: { delivered: Math.max(conversation.mine.delivered, seen), seen } };
}

/** Messages of the peer numbered in (above, upTo]. */
async function countInbound(db: Database, peer: UserId, above: number, upTo: number): Promise<number> {
  const rows = await db.messages
    .where('[peer+pos]')
    .between([peer, above], [peer, upTo], false, true)
    .toArray();
  return rows.filter((row) => !row.mine).length;
}
