import type { UserId } from '#shared/ids.ts';
import type { Database } from './database.ts';
import { lastOf } from './numbers.ts';
import type { NoticeKind, StoredNotice } from './ports.ts';

/**
 * Inside a transaction: says something in a conversation, behind message number `after`, or behind the newest one. The
 * same is not said twice at one place.
 */
export async function addNotice(
  db: Database,
  peer: UserId,
  kind: NoticeKind,
  at: number,
  after?: number,
): Promise<void> {
  const place = after ?? lastOf((await db.conversations.get(peer))?.held ?? []);
  const said = await db.notices.where('peer').equals(peer).last();
  if (said?.kind === kind && said.after === place) return;
  await db.notices.add({ peer, at, after: place, kind });
}

export async function readNotices(db: Database, peer: UserId): Promise<StoredNotice[]> {
  const rows = await db.notices.where('peer').equals(peer).toArray();
  return rows
    .map(({ id = 0, at, after, kind }): StoredNotice => ({ id, at, after, kind }))
    .toSorted((a, b) => a.after - b.after || a.id - b.id);
}
