import type { HistoryWish } from '#sync/client/ports.ts';
import type { HistoryPage } from '#sync/wire/down.ts';
import { batchOfHistory } from './batch.ts';
import type { Context } from './context.ts';
import { undeliveredHole } from './conversations.ts';
import type { Database } from './database.ts';
import { batchTables, mergeBatch } from './merge.ts';
import { storeBatch } from './store-batch.ts';

/** Stores older messages. Their numbers are held then, which fills the hole. */
export function applyHistory(context: Context, page: HistoryPage): Promise<void> {
  const { db, self, fence } = context;
  return storeBatch(context, batchOfHistory(page, self), (prepared) =>
    db.transaction('rw', batchTables(db), async () => {
      await fence();
      return mergeBatch(context, prepared);
    }),
  );
}

/** Of all holes with messages that their sender does not know to be delivered: the one below the newest message. */
export function nextHole(db: Database): Promise<HistoryWish | null> {
  return db.transaction('r', db.conversations, db.messages, async () => {
    let newest: (HistoryWish & { readonly at: number }) | null = null;
    for (const conversation of await db.conversations.where('hole').equals(1).toArray()) {
      const { peer } = conversation;
      const before = undeliveredHole(conversation);
      if (before === null) continue;
      const message = await db.messages.where('[peer+pos]').equals([peer, before]).first();
      const at = message?.at ?? 0;
      if (newest === null || at > newest.at) newest = { peer, before, at };
    }
    return newest && { peer: newest.peer, before: newest.before };
  });
}
