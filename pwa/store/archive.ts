import type { DexieOnStorageMutatedEvent, ObservabilitySet } from 'dexie';
import type { Bytes, OpId, UserId } from '#shared/ids.ts';
import type { Context } from './context.ts';
import type { Database } from './database.ts';
import { guarded } from './failures.ts';
import { aboveHole, isHoleBetween, lastOf, sizeOf } from './numbers.ts';
import type { Archive, ArchivedMessage, DayPlace, Missing } from './ports.ts';
import type { Presenter } from './present.ts';
import { type ConversationRow, type MessageRow, UNSENT } from './rows.ts';

/** Changes of more messages than this are told as "anything". */
const MOST_CHANGES = 500;

/** Reads beside what is on the screen: nothing goes through its caches, and nothing is kept. */
export function createArchive(
  { db, report }: Pick<Context, 'db' | 'report'>,
  text: Presenter['text'],
  mutations: Pick<DexieOnStorageMutatedEvent, 'subscribe' | 'unsubscribe'>,
): Archive {
  async function open({ id, peer, mine, at, sealed }: MessageRow): Promise<ArchivedMessage> {
    return { id, peer, mine, at, text: sealed === null ? null : await textOf(id, sealed) };
  }

  /** One damaged record is no reason not to read the others. */
  async function textOf(id: OpId, sealed: Bytes): Promise<string | null> {
    try {
      return await text(id, sealed);
    } catch (error) {
      report(error);
      return null;
    }
  }

  return {
    count: () => guarded(() => db.messages.count()),
    read: (before, limit) =>
      guarded(async () => {
        const newestFirst = (
          before === null ? db.messages.orderBy('id') : db.messages.where('id').below(before)
        ) // oxlint-disable-next-line unicorn/no-array-reverse -- a query, not an array
          .reverse();
        return Promise.all((await newestFirst.limit(limit).toArray()).map(open));
      }),
    find: (ids) =>
      guarded(async () => {
        const rows = await db.messages.bulkGet([...ids]);
        return Promise.all(rows.flatMap((row) => (row === undefined ? [] : [open(row)])));
      }),
    ids: () => guarded(() => db.messages.toCollection().primaryKeys()),
    firstSince: (peer, at) => guarded(() => firstSince(db, peer, at)),
    missing: () => guarded(async () => (await db.conversations.toArray()).flatMap(missingOf)),
    onChange(listener) {
      const part = `idb://${db.name}/messages/`;
      const hear = (parts: ObservabilitySet) => {
        // All of it may have changed while the page lay in the back/forward cache.
        const changed = parts.all ?? parts[part];
        if (changed !== undefined) listener(idsIn(changed));
      };
      mutations.subscribe(hear);
      return () => mutations.unsubscribe(hear);
    },
  };
}

/** Numbers and times rise together, so that a place is found by halving: some twenty looks, however many there are. */
function firstSince(db: Database, peer: UserId, at: number): Promise<DayPlace | null> {
  const from = (pos: number) =>
    db.messages.where('[peer+pos]').between([peer, pos], [peer, Infinity]).first();
  return db.transaction('r', db.messages, db.conversations, async () => {
    const last = await db.messages.where('[peer+pos]').between([peer, 0], [peer, UNSENT]).last();
    let low = 0;
    let high = (last?.pos ?? 0) + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const row = await from(middle);
      if (row === undefined || row.at >= at) high = middle;
      else low = row.pos + 1;
    }
    const found = await from(low);
    if (found === undefined || found.at < at) return null;
    const before = await db.messages.where('[peer+pos]').between([peer, 0], [peer, found.pos]).last();
    const held = (await db.conversations.get(peer))?.held ?? [];
    const gap = found.n === null ? null : { after: before?.n ?? 0, before: found.n };
    return { id: found.id, gap: gap !== null && isHoleBetween(held, gap.after, gap.before) ? gap : null };
  });
}

function missingOf({ peer, held }: ConversationRow): readonly Missing[] {
  const before = aboveHole(held, 0);
  return before === null ? [] : [{ peer, count: lastOf(held) - sizeOf(held), before }];
}

/** The keys of an interval tree that holds single keys; null for one with whole ranges, or with very many. */
function idsIn(tree: ObservabilitySet[string]): readonly OpId[] | null {
  const ids: OpId[] = [];
  const trees: (ObservabilitySet[string] | null | undefined)[] = [tree];
  for (let node = trees.pop(); node !== undefined || trees.length > 0; node = trees.pop()) {
    if (node === null || node === undefined || !('from' in node)) continue;
    if (node.from !== node.to || typeof node.from !== 'string' || ids.length === MOST_CHANGES) return null;
    ids.push(node.from as OpId);
    trees.push(node.l, node.r);
  }
  return ids;
}
