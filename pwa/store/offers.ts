import { Failure } from '#shared/errors.ts';
import type { Context } from './context.ts';
import type { Database } from './database.ts';
import { readMeta } from './meta.ts';
import type { OffersRow, OutboxRow } from './rows.ts';

/**
 * Which operations the server may have: everything that was in the outbox while a connection stood or was being made.
 * What is above was certainly never said, so it can still be changed. Noted per connection and before anything is said
 * on it, not per message: sending costs no further write.
 */

/** How many connections are remembered. */
const KEPT_OFFERS = 20;

const NONE: OffersRow = { key: 'offers', open: false, upTo: 0, offers: [] };

/** Inside a transaction with `meta`. */
export async function readOffers(db: Database): Promise<OffersRow> {
  return (await readMeta(db, 'offers')) ?? NONE;
}

export const mayBeOffered = ({ open, upTo }: OffersRow, { order, again }: OutboxRow) =>
  open || again === 1 || (order ?? 0) <= upTo;

/** A connection is being made: from now on what is in the outbox is at hand for it. */
export const connecting = (context: Context) => change(context, async (row) => ({ ...row, open: true }));

/** It stands, and everything in the outbox is about to be said. */
export const connected = (context: Context) =>
  change(context, async (row) => {
    const upTo = await highest(context.db, row.upTo);
    const waits = (await context.db.outbox.count()) > 0;
    const offers = waits ? [...row.offers, { at: context.now(), upTo }].slice(-KEPT_OFFERS) : row.offers;
    return { ...row, open: true, upTo, offers };
  });

/** It has ended. Unless it `stood`, nothing was said on it. */
export const disconnected = (context: Context, stood: boolean) =>
  change(context, async (row) => {
    if (!stood) return { ...row, open: false };
    const upTo = await highest(context.db, row.upTo);
    const newest = row.offers.at(-1);
    const offers = newest === undefined ? [] : [...row.offers.slice(0, -1), { ...newest, upTo }];
    return { ...row, open: false, upTo, offers };
  });

/** Inside the transaction that begins a term: whoever led before may have ended in the middle of a connection. */
export async function settleOffers(db: Database): Promise<void> {
  const row = await readOffers(db);
  if (row.open) await db.meta.put({ ...row, open: false, upTo: await highest(db, row.upTo) });
}

async function highest(db: Database, upTo: number): Promise<number> {
  return Math.max(upTo, (await db.outbox.orderBy('order').last())?.order ?? 0);
}

/** Never rejects: sending matters more than knowing what was sent, and whoever leads by now notes it instead. */
async function change(
  { db, fence, report }: Context,
  next: (row: OffersRow) => Promise<OffersRow>,
): Promise<void> {
  try {
    await db.transaction('rw', db.meta, db.outbox, async () => {
      await fence();
      await db.meta.put(await next(await readOffers(db)));
    });
  } catch (error) {
    if (!(error instanceof Failure && error.code === 'LEADERSHIP_LOST')) report(error);
  }
}
