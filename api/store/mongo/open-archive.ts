import type { ArchiveStore } from '../archive.ts';
import { createTags } from '../tags.ts';
import { createMongoArchive } from './archive.ts';
import type { MongoAddress } from './address.ts';
import { collectionsOf } from './collections.ts';
import { connectMongo, refusing } from './connect.ts';
import { epochOf, migrate } from './migrations.ts';
import { createMongoStore } from './store.ts';

export interface OpenMongoArchive extends ArchiveStore {
  close(): Promise<void>;
}

/** Connects to the database of the settings, as an archive. Throws a Refusal. */
export async function openMongoArchive(address: MongoAddress): Promise<OpenMongoArchive> {
  const { client, db, replicated } = await connectMongo(address);
  const collections = collectionsOf(db);

  /** What servers that died have left is done as the sweeper of a server would. */
  async function settle(): Promise<void> {
    const errors: unknown[] = [];
    const store = createMongoStore({
      collections,
      epoch: await epochOf(collections),
      replicated,
      tag: createTags(),
      onError: (error) => errors.push(error),
      onRepaired: () => {},
    });
    // Each round does so many of a sort; the last one finds nothing.
    while ((await store.repair(Date.now() + 1)).size > 0 && errors.length === 0);
    await store.close();
    if (errors.length > 0) throw errors[0];
  }

  try {
    await refusing(() => migrate(collections));
  } catch (error) {
    await client.close();
    throw error;
  }
  return { ...createMongoArchive({ collections, settle }), close: () => client.close() };
}
