import { MongoClient } from 'mongodb';
import { type Collections, collectionsOf } from '#api/store/mongo/collections.ts';
import { epochOf, migrate } from '#api/store/mongo/migrations.ts';
import { type MongoStore, createMongoStore } from '#api/store/mongo/store.ts';
import { someTag } from './api-people.ts';
import type { MongoServer } from './mongo-server.ts';

/** One database, and servers that use it, as many as a test wants. */
export interface MongoNodes {
  readonly collections: Collections;
  /** What failed where nobody waited for it, and whose logs sweepers have added to. */
  readonly errors: unknown[];
  /** A server more, on collections that may be made to fail. */
  node(collections?: Collections, replicated?: boolean): MongoStore;
  dispose(): Promise<void>;
}

export async function openNodes(server: MongoServer): Promise<MongoNodes> {
  const client = await new MongoClient(server.uri, {
    promoteBuffers: false,
    writeConcern: { w: 'majority', journal: true },
    serverSelectionTimeoutMS: 5_000,
  }).connect();
  const database = server.freshDatabase();
  const collections = collectionsOf(client.db(database));
  await migrate(collections);
  const epoch = await epochOf(collections);
  const errors: unknown[] = [];
  const nodes: MongoStore[] = [];
  return {
    collections,
    errors,
    node(given = collections, replicated = false) {
      const node = createMongoStore({
        collections: given,
        epoch,
        replicated,
        tag: someTag,
        onError: (error) => errors.push(error),
        onRepaired: () => {},
      });
      nodes.push(node);
      return node;
    },
    async dispose() {
      for (const node of nodes) await node.close();
      await client.close();
      await server.dropDatabase(database);
    },
  };
}
