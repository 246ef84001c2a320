import { createMemoryStore } from '#api/store/memory/store.ts';
import { someTag } from '../support/api-people.ts';
import { describeAccountStore } from './account-store.ts';
import { describeCalls } from './sync-store-calls.ts';
import { describeSnapshots } from './sync-store-snapshot.ts';
import { type OpenedStore, describeSyncStore } from './sync-store.ts';

async function open(): Promise<OpenedStore> {
  const store = createMemoryStore({ epoch: 'of-a-test', tag: someTag });
  return { store, dispose: () => store.close() };
}

describeSyncStore('memory', open);
describeSnapshots('memory', open);
describeCalls('memory', open);
describeAccountStore('memory', open);
