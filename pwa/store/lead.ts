import { liveQuery } from 'dexie';
import { Failure } from '#shared/errors.ts';
import { applyPage } from './apply-page.ts';
import { applyPart } from './apply-part.ts';
import type { Context } from './context.ts';
import type { Database } from './database.ts';
import { reset } from './epoch.ts';
import { guarded } from './failures.ts';
import { applyHistory, nextHole } from './holes.ts';
import { keepGeneration, readStanding } from './installation.ts';
import { readMeta } from './meta.ts';
import { connected, connecting, disconnected, settleOffers } from './offers.ts';
import type { LeadStore } from './ports.ts';
import { readOutbox } from './read-outbox.ts';
import { renameDevice } from './rename.ts';
import { settle } from './settle.ts';

/**
 * Begins a term of leadership. What comes back is the local database for a sync client: each of its transactions that
 * writes looks first whether a later term has begun, and then rejects with a Failure (LEADERSHIP_LOST) and changes
 * nothing. A tab or worker that was thought dead, and lost its lock, can't write over its successor.
 */
export async function lead(context: Context): Promise<LeadStore> {
  const { db } = context;
  const term = await guarded(() => beginTerm(db));
  return createClientStore({ ...context, fence: () => checkTerm(db, term) });
}

function beginTerm(db: Database): Promise<number> {
  return db.transaction('rw', db.meta, db.outbox, async () => {
    await settleOffers(db);
    const term = ((await readMeta(db, 'term'))?.term ?? 0) + 1;
    await db.meta.put({ key: 'term', term });
    return term;
  });
}

async function checkTerm(db: Database, term: number): Promise<void> {
  if ((await readMeta(db, 'term'))?.term !== term) throw new Failure('LEADERSHIP_LOST');
}

function createClientStore(context: Context): LeadStore {
  const { db, report } = context;
  return {
    standing: () => guarded(() => readStanding(db)),
    outbox: (limit) => guarded(() => readOutbox(db, limit)),
    nextHole: () => guarded(() => nextHole(db)),
    applyPage: (page, cursor) => guarded(() => applyPage(context, page, cursor)),
    applyPart: (part, cursor, epoch) => guarded(() => applyPart(context, part, cursor, epoch)),
    applyHistory: (page) => guarded(() => applyHistory(context, page)),
    settle: (results) => guarded(() => settle(context, results)),
    reset: () => guarded(() => reset(context)),
    keepGeneration: (gen) => guarded(() => keepGeneration(context, gen)),
    renameDevice: () => guarded(() => renameDevice(context)),
    connection() {
      let noting = connecting(context);
      const then = (task: () => Promise<void>) => (noting = noting.then(task));
      return {
        stands: () => then(() => connected(context)),
        ended: (stood) => then(() => disconnected(context, stood)),
      };
    },
    onOutbox(listener) {
      // What is held for a changed identity is offered again when that is settled, though nothing new was written.
      const newest = liveQuery(async () => [
        await db.outbox.orderBy('order').last(),
        await db.contacts.where('changed').equals(1).primaryKeys(),
      ]);
      const subscription = newest.subscribe({ next: () => listener(), error: report });
      return () => subscription.unsubscribe();
    },
  };
}
