import Dexie from 'dexie';
import type { UserId } from '#shared/ids.ts';
import { newestOf } from './conversations.ts';
import type { Database } from './database.ts';
import type { Span } from './ports.ts';
import type { MessageRow } from './rows.ts';

/** The rows of a window, in reading order. */
export interface Read {
  readonly rows: readonly MessageRow[];
  /** The one before the first; null when the first is the first of all. */
  readonly before: MessageRow | null;
  readonly hasLater: boolean;
}

/**
 * Reads the rows of `span` and at most one more on either side, by key: nothing that lies elsewhere is touched. When
 * the message in the middle is gone, the newest stand in for it.
 */
export async function readSpan(db: Database, peer: UserId, span: Span): Promise<Read> {
  if ('newest' in span) return readNewest(db, peer, span.newest);
  const from = await placeOf(db, peer, span);
  if (from === null) return readNewest(db, peer, span.earlier + span.later);
  const [below, above] = await Promise.all([
    newestOf(db, peer, from)
      .limit(span.earlier + 1)
      .toArray(),
    db.messages
      .where('[peer+pos]')
      .between([peer, from], [peer, Dexie.maxKey])
      .limit(span.later + 1)
      .toArray(),
  ]);
  const earlier = below.slice(0, span.earlier).toReversed();
  return {
    rows: [...earlier, ...above.slice(0, span.later)],
    before: below[span.earlier] ?? null,
    hasLater: above.length > span.later,
  };
}

/** Where the window is measured from; null when the message is gone. */
async function placeOf(
  db: Database,
  peer: UserId,
  span: Exclude<Span, { readonly newest: number }>,
): Promise<number | null> {
  // What has a number stands at it.
  if ('above' in span) return span.above + 1;
  const middle = await db.messages.get(span.around);
  return middle?.peer === peer ? middle.pos : null;
}

async function readNewest(db: Database, peer: UserId, limit: number): Promise<Read> {
  const rows = await newestOf(db, peer)
    .limit(limit + 1)
    .toArray();
  return { rows: rows.slice(0, limit).toReversed(), before: rows[limit] ?? null, hasLater: false };
}
