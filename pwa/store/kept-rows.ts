import Dexie, { type ObservabilitySet, RangeSet, type Table, rangesOverlap } from 'dexie';

/**
 * The rows that a live query reads by their keys, each read once and again only when it has changed, in whichever tab:
 * two hundred rows are two hundred requests, and after most changes all but one are as they were.
 */
export interface KeptRows<Row, Key extends string> {
  /** Inside a live query, which runs again when anything in the table changes. Only what was asked for last is kept. */
  get(keys: readonly Key[]): Promise<ReadonlyMap<Key, Row>>;
  /** Lets go of everything and hears of no changes any more. */
  close(): void;
}

export function createKeptRows<Row, Key extends string>(
  dbName: string,
  table: Table<Row, Key>,
): KeptRows<Row, Key> {
  let kept: ReadonlyMap<Key, Row> = new Map();
  /** Counts what was heard, so that no row is kept that changed while it was read. */
  let changes = 0;
  const part = `idb://${dbName}/${table.name}/`;
  const hear = (parts: ObservabilitySet) => {
    const changed = parts.all ?? parts[part];
    if (changed === undefined) return;
    changes++;
    kept = new Map([...kept].filter(([key]) => !rangesOverlap(new RangeSet(key), changed)));
  };
  // Before any live query that reads through here hears of the same change, and reads again.
  Dexie.on.storagemutated.subscribe(hear);

  return {
    async get(keys) {
      const before = changes;
      const known = kept;
      const missing = keys.filter((key) => !known.has(key));
      const [read] = await Promise.all([
        table.bulkGet(missing),
        // One row, which makes the query one of the whole table.
        table.limit(1).toArray(),
      ]);
      const fresh = new Map(missing.map((key, index) => [key, read[index]]));
      const rows = new Map<Key, Row>();
      for (const key of keys) {
        const row = known.get(key) ?? fresh.get(key);
        if (row !== undefined) rows.set(key, row);
      }
      if (changes === before) kept = rows;
      return rows;
    },
    close() {
      Dexie.on.storagemutated.unsubscribe(hear);
      kept = new Map();
    },
  };
}
