import Dexie from 'dexie';

/** A database as version 1 of the app left it. Frozen, like the version itself. */
const STORES = {
  meta: 'key',
  keys: 'name',
  contacts: 'id',
  conversations: 'peer',
  messages: 'id, [peer+pos], unopened, failed',
  outbox: '++order, &id, lane, kind, after',
  drafts: 'peer',
  foreign: 'seq',
};

type Row = Readonly<Record<string, unknown>>;

/**
 * Replaces a database by the same one in the form of version 1. `unread` is what version 1 had counted. Everything that
 * uses it must be closed.
 */
export async function becomeVersion1(name: string, unread: number): Promise<void> {
  const now = await new Dexie(name).open();
  const rowsByTable = new Map<string, Row[]>();
  for (const table of Object.keys(STORES)) rowsByTable.set(table, await now.table<Row>(table).toArray());
  now.close();
  await Dexie.delete(name);
  const old = new Dexie(name);
  old.version(1).stores(STORES);
  await old.open();
  for (const [table, rows] of rowsByTable) {
    await old.table(table).bulkAdd(rows.flatMap((row) => asVersion1(table, row, unread)));
  }
  old.close();
}

function asVersion1(table: string, row: Row, unread: number): Row[] {
  if (table === 'meta') return row['key'] === 'cursor' || row['key'] === 'profile' ? [row] : [];
  if (table !== 'conversations') return [row];
  const { own: _own, hole: _hole, ...rest } = row;
  return [{ ...rest, unread }];
}
