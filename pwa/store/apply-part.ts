import type { SnapshotPart } from '#sync/wire/down.ts';
import type { Cursor } from '#sync/wire/up.ts';
import { batchOfPart } from './batch.ts';
import { endUnnamedCalls } from './calls.ts';
import type { Context } from './context.ts';
import type { Database } from './database.ts';
import { enterEpoch } from './epoch.ts';
import { RACED } from './failures.ts';
import { failHeld } from './held.ts';
import { batchTables, mergeBatch } from './merge.ts';
import { readMeta } from './meta.ts';
import { storeBatch } from './store-batch.ts';

/**
 * Stores part of how everything stands, as pages are stored; the cursor comes with the last part. The messages of a
 * summary are the newest ones: what lies between them and those already here becomes a hole by not being held.
 */
export async function applyPart(
  context: Context,
  part: SnapshotPart,
  cursor: Cursor | null,
  epoch: string,
): Promise<void> {
  const { db, self, fence } = context;
  await storeBatch(context, batchOfPart(part, self), (prepared) =>
    db.transaction('rw', batchTables(db), async () => {
      await fence();
      await enterEpoch(context, epoch);
      if ((await mergeBatch(context, prepared)) === RACED) return RACED;
      await settleUnnamed(db, part);
      if (part.done) await endUnnamedCalls(db, part.seq);
      if (cursor !== null) await db.meta.put({ key: 'cursor', cursor });
      return undefined;
    }),
  );
}

/**
 * A friendship that the whole snapshot does not name has ended. Its conversation stays readable, and what we do about it
 * ourselves and have not sent yet stays pending.
 */
async function settleUnnamed(db: Database, { contacts, first, done }: SnapshotPart): Promise<void> {
  const before = first
    ? (await db.contacts.toArray()).flatMap(({ id, standing }) => (standing === 'none' ? [] : [id]))
    : ((await readMeta(db, 'unnamed'))?.ids ?? []);
  const named = new Set(contacts.map(({ peer }) => peer));
  const ids = before.filter((id) => !named.has(id));
  if (!done) {
    await db.meta.put({ key: 'unnamed', ids });
    return;
  }
  await db.contacts.where('id').anyOf(ids).modify({ standing: 'none' });
  for (const id of ids) await failHeld(db, id);
  await db.meta.delete('unnamed');
}
