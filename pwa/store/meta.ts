import type { Database } from './database.ts';
import type { MetaRow } from './rows.ts';

type Meta<Key extends MetaRow['key']> = Extract<MetaRow, { key: Key }>;

export async function readMeta<Key extends MetaRow['key']>(
  db: Database,
  key: Key,
): Promise<Meta<Key> | undefined> {
  return (await db.meta.get(key)) as Meta<Key> | undefined;
}

/** The history that this device knows of; null before any. */
export async function epochOf(db: Database): Promise<string | null> {
  return (await readMeta(db, 'epoch'))?.epoch ?? null;
}
