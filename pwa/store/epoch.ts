import { forgetCallPositions } from './calls.ts';
import { forgetChainNumbers } from './chain.ts';
import type { Context } from './context.ts';
import type { Database } from './database.ts';
import { readMeta } from './meta.ts';
import type { ConversationRow, Mark } from './rows.ts';
import { offerAgain } from './sent.ts';

/** Nothing is known of a conversation. */
const NOTHING: Mark = { delivered: 0, seen: 0 };

/**
 * Forgets the cursor, and with it that our numbers are those of the server. What is unsent stays, what was acknowledged
 * lately is offered again before it; messages and contacts stay and are met again by what follows.
 */
export async function reset({ db, fence, now }: Context): Promise<void> {
  const tables = [db.meta, db.messages, db.outbox, db.sent, db.foreign];
  await db.transaction('rw', tables, async () => {
    await fence();
    const known = await readMeta(db, 'epoch');
    if (known !== undefined) await db.meta.put({ ...known, doubted: true });
    await db.meta.delete('cursor');
    await db.foreign.clear();
    await offerAgain(db, now());
  });
}

/** Inside a transaction: whether the numbers of our conversations may be those of another history. */
export async function isDoubted(db: Database): Promise<boolean> {
  return (await readMeta(db, 'epoch'))?.doubted === true;
}

/**
 * Inside a transaction, before anything of `epoch` is stored. Numbers of another epoch, or of one that is in doubt,
 * stand for nothing any more: which ones are held and how far the server knows them follows anew. Only what was seen in
 * the very same epoch stays seen. What another epoch had acknowledged lately is offered again. Receipts in the outbox
 * speak of those numbers too; they are made again. Keyrings are counted anew.
 */
export async function enterEpoch({ db, now }: Context, epoch: string): Promise<void> {
  const known = await readMeta(db, 'epoch');
  if (known?.epoch === epoch && !known.doubted) return;
  const same = known?.epoch === epoch;
  // Who has no cursor is not told of a new history: what was acknowledged in the old one may be lost all the same.
  if (!same) await offerAgain(db, now());
  await db.conversations.toCollection().modify((row, ref) => {
    ref.value = forgotten(row, same);
  });
  await db.outbox.where('kind').equals('receipt').delete();
  await forgetChainNumbers(db);
  await forgetCallPositions(db);
  if (!same) await db.meta.delete('account');
  await db.meta.put({ key: 'epoch', epoch, doubted: false });
}

function forgotten({ hole: _, ...row }: ConversationRow, same: boolean): ConversationRow {
  const { seen } = row.mine;
  const mine = same ? { delivered: seen, seen } : NOTHING;
  return { ...row, held: [], own: [], lastInbound: 0, mine, theirs: NOTHING };
}
