import Dexie from 'dexie';
import type { OpId, UserId } from '#shared/ids.ts';
import type { Database } from './database.ts';
import { above, aboveHole, lastOf, runFrom, sizeOf, withNumber } from './numbers.ts';
import type { ConversationRow, Mark, OutboxRow, Raise } from './rows.ts';

export const emptyConversation = (peer: UserId): ConversationRow => ({
  peer,
  lastId: null,
  held: [],
  own: [],
  lastInbound: 0,
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

/** How many raises of a conversation are remembered. */
const KEPT_RAISES = 60;

/** `conversation` with the peer's watermarks raised to `theirs`, and when, where that is known. */
export function withTheirs(
  conversation: ConversationRow,
  theirs: Mark,
  at: number | undefined,
): ConversationRow {
  const before = conversation.theirs;
  const next = raised(before, theirs);
  if (at === undefined) return { ...conversation, theirs: next };
  const fresh = (['delivered', 'seen'] as const).flatMap((of): Raise[] =>
    next[of] > before[of] ? [{ of, from: before[of], upTo: next[of], at }] : [],
  );
  if (fresh.length === 0) return { ...conversation, theirs: next };
  const raises = [...(conversation.raises ?? []), ...fresh].slice(-KEPT_RAISES);
  return { ...conversation, theirs: next, raises };
}

/** `conversation` with message number `n` in it. */
export function withMessage(conversation: ConversationRow, n: number, mine: boolean): ConversationRow {
  const held = withNumber(conversation.held, n);
  if (!mine) return { ...conversation, held, lastInbound: Math.max(conversation.lastInbound, n) };
  const own = n > conversation.mine.seen ? withNumber(conversation.own, n) : conversation.own;
  return { ...conversation, held, own };
}

/** `conversation` with everything up to `seen` seen. */
export function withSeen(conversation: ConversationRow, seen: number): ConversationRow {
  const { mine, own } = conversation;
  if (seen <= mine.seen) return conversation;
  return { ...conversation, own: above(own, seen), mine: raised(mine, { delivered: seen, seen }) };
}

/**
 * Up to where nothing is missing, counted from what is known to be delivered: what lies below was delivered to another
 * device of ours, or comes when somebody wants to read it.
 */
export function deliverable({ held, mine }: ConversationRow): number {
  return runFrom(held, mine.delivered);
}

/** Whether our `delivered` watermark can be raised over a message of the peer, over no hole. */
export function canDeliver(conversation: ConversationRow): boolean {
  const { lastInbound, mine } = conversation;
  return lastInbound > mine.delivered && deliverable(conversation) > mine.delivered;
}

/**
 * Numbers above `seen` that are not of our own messages. What is missing counts as unread: never less than there is,
 * and exact once every hole above `seen` is filled.
 */
export function unreadOf({ held, own, mine }: ConversationRow): number {
  return Math.max(0, lastOf(held) - mine.seen - sizeOf(own));
}

/** The number above the newest hole with messages that their sender does not know to be delivered, or null. */
export function undeliveredHole({ held, mine }: ConversationRow): number | null {
  return aboveHole(held, mine.delivered);
}

/** The row to store: found by its hole as long as it has one. */
export function indexed({ hole: _, ...conversation }: ConversationRow): ConversationRow {
  return undeliveredHole(conversation) === null ? conversation : { ...conversation, hole: 1 };
}

/** The chain of our payloads goes on: the server has taken one that was made after whatever failed before. */
export function withoutBreak({ broken: _, ...conversation }: ConversationRow): ConversationRow {
  return conversation;
}

// The functions below run inside a transaction: they await nothing but the database.

/** A conversation by key range, or what lies below a place in it, last in reading order first. */
export function newestOf(db: Database, peer: UserId, below?: number) {
  const inOrder = db.messages
    .where('[peer+pos]')
    .between([peer, Dexie.minKey], [peer, below ?? Dexie.maxKey]);
  // oxlint-disable-next-line unicorn/no-array-reverse -- a query, not an array
  return inOrder.reverse();
}

export async function lastMessageId(db: Database, peer: UserId): Promise<OpId | null> {
  const [last] = await newestOf(db, peer).limit(1).primaryKeys();
  return last ?? null;
}

/** One of our messages is gone for good. If nothing newer arrives, the chain goes on where it was before it. */
export async function breakChain(db: Database, { peer, before }: OutboxRow): Promise<void> {
  const conversation = await db.conversations.get(peer);
  if (conversation === undefined || before === undefined) return;
  // The person may discard a newer one first.
  if (conversation.broken !== undefined && conversation.broken.counter <= before.counter) return;
  await db.conversations.put({ ...conversation, broken: before });
}
