import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import { openMongoStore } from '#api/store/mongo/store.ts';
import { someTag } from '../support/api-people.ts';
import { type MongoServer, findMongo, startMongo } from '../support/mongo-server.ts';
import { describeAccountStore } from './account-store.ts';
import { describeCalls } from './sync-store-calls.ts';
import { describeSnapshots } from './sync-store-snapshot.ts';
import { type OpenedStore, describeSyncStore } from './sync-store.ts';

const found = findMongo();
const name = 'none' in found ? `mongodb, skipped: ${found.none}` : 'mongodb';
let server: MongoServer;

async function open(): Promise<OpenedStore> {
  const database = server.freshDatabase();
  const errors: unknown[] = [];
  const store = await openMongoStore({
    uri: server.uri,
    database,
    allowStandalone: true,
    tag: someTag,
    onError: (error) => errors.push(error),
    onRepaired: () => {},
  });
  return {
    store,
    async dispose() {
      await store.close();
      expect(errors).toEqual([]);
      await server.dropDatabase(database);
    },
  };
}

describe.skipIf('none' in found)(name, () => {
  // The server in memory takes longer the more there is.
  vi.setConfig({ testTimeout: 120_000 });
  beforeAll(async () => {
    if ('none' in found) return;
    server = await startMongo(found.kind);
    console.info(`MongoDB contracts run against ${server.name}.`);
  });
  afterAll(() => server.stop());

  describeSyncStore('mongodb', open);
  describeSnapshots('mongodb', open);
  describeCalls('mongodb', open);
  describeAccountStore('mongodb', open);
});
