import type { UserId } from '#shared/ids.ts';
import { type ChainLink, hasRaced, mergeChains, prepareChains } from './chain.ts';
import { openContact } from './contact.ts';
import type { Context } from './context.ts';
import { RACED, untilCommitted } from './failures.ts';
import { type Opened, openMessage } from './incoming.ts';
import type { MessageRow } from './rows.ts';

/** Messages opened before one transaction stores them. */
const BATCH = 200;

/** Tries again to open the messages that were kept because a key was missing. Done at a start and when a key comes. */
export async function reopenMessages(context: Context, peer: UserId): Promise<void> {
  const { db, keychain, self, fence } = context;
  const contact = await db.contacts.get(peer);
  if (contact === undefined) return;
  const roots = await keychain.roots(peer, (await openContact(keychain, contact)).bundles);
  const ids = await db.messages.where('unopened').equals(peer).primaryKeys();
  for (let at = 0; at < ids.length; at += BATCH) {
    const rows = await db.messages.bulkGet(ids.slice(at, at + BATCH));
    const outcomes = await Promise.all(
      rows.map(async (row): Promise<[MessageRow, Opened] | undefined> => {
        if (row?.envelope === undefined) return undefined;
        const [from, to] = row.mine ? [self, peer] : [peer, self];
        return [
          row,
          await openMessage({ keychain }, { op: row.id, from, to, envelope: row.envelope }, roots),
        ];
      }),
    );
    const cured = outcomes.flatMap((outcome) => (outcome === undefined ? [] : (cure(...outcome) ?? [])));
    const links = outcomes.flatMap((outcome) => (outcome === undefined ? [] : (linkOf(...outcome) ?? [])));
    await untilCommitted(async () => {
      const chains = await prepareChains(context, links);
      const tables = [db.meta, db.messages, db.conversations, db.chains, db.notices];
      return db.transaction('rw', tables, async () => {
        await fence();
        if (await hasRaced(db, chains)) return RACED;
        // Only those that are still closed: another tab may have been faster.
        const present = await db.messages.bulkGet(cured.map(({ id }) => id));
        await db.messages.bulkPut(cured.filter((_, index) => present[index]?.state === 'unreadable'));
        await mergeChains(context, chains);
        return undefined;
      });
    });
  }
}

/** The row as it is now that its content is known or given up; undefined when nothing has changed. */
function cure(row: MessageRow, content: Opened): MessageRow | undefined {
  const { envelope, unopened, ...rest } = row;
  if (content.kind === 'opened') return { ...rest, state: 'stored', code: null, sealed: content.sealed };
  if (content.kind === 'kept' || content.curable || unopened === undefined) return undefined;
  return envelope === undefined ? rest : { ...rest, envelope };
}

function linkOf({ peer, n, mine }: MessageRow, content: Opened): ChainLink | undefined {
  return content.kind === 'opened' && !mine && n !== null ? { ...content.link, peer, n } : undefined;
}

/** At a start: everything that could not be used when it came, by this version of the app or by an earlier one. */
export async function reopenKept(context: Context): Promise<void> {
  await reopenAll(context);
  const calls = await context.db.foreign.filter(({ kind }) => kind === 'call').count();
  if (calls > 0) await (await import('./take-up.ts')).takeUpCalls(context);
}

/** The same for every contact. */
export async function reopenAll(context: Context): Promise<void> {
  const peers = await context.db.messages.orderBy('unopened').uniqueKeys();
  for (const peer of peers) await reopenMessages(context, peer as UserId);
}
