import type { Page } from '#sync/wire/down.ts';
import type { Cursor } from '#sync/wire/up.ts';
import { batchOfPage } from './batch.ts';
import type { Context } from './context.ts';
import { enterEpoch } from './epoch.ts';
import { RACED } from './failures.ts';
import { batchTables, mergeBatch } from './merge.ts';
import { readMeta } from './meta.ts';
import { storeBatch } from './store-batch.ts';

/**
 * Stores a page: cryptography first, then one transaction with the entities, the outbox rows that the page settles,
 * receipts for what became durable, and the cursor.
 */
export async function applyPage(context: Context, page: Page, cursor: Cursor): Promise<void> {
  const { db, self, fence } = context;
  if (page.to < page.from || cursor.seq !== page.to) throw new Error('The cursor is not the end of the page');
  const stored = await readMeta(db, 'cursor');
  if (isRepeated(stored?.cursor ?? null, page, cursor)) return;
  await storeBatch(context, batchOfPage(page, self), (prepared) =>
    db.transaction('rw', batchTables(db), async () => {
      await fence();
      // Another tab may have led for a moment.
      if (isRepeated((await readMeta(db, 'cursor'))?.cursor ?? null, page, cursor)) return undefined;
      await enterEpoch(context, cursor.epoch);
      if ((await mergeBatch(context, prepared)) === RACED) return RACED;
      await db.meta.put({ key: 'cursor', cursor });
      return undefined;
    }),
  );
}

/** True when the page is already stored. Throws when it does not continue what is stored. */
function isRepeated(stored: Cursor | null, page: Page, cursor: Cursor): boolean {
  if (stored === null && page.from === 0) return false;
  if (stored?.epoch === cursor.epoch) {
    if (stored.seq === cursor.seq && stored.tag === cursor.tag) return true;
    if (stored.seq === page.from) return false;
  }
  throw new Error('The page does not continue the log that is stored');
}
