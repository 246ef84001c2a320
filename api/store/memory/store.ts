import type { Person } from '#sync/server/ports.ts';
import type { UserId } from '#shared/ids.ts';
import type { Store } from '../ports.ts';
import { createMemoryAccounts } from './accounts.ts';
import { createLogs } from './logs.ts';
import { createMemorySync } from './sync.ts';

export interface MemoryStoreOptions {
  /** Names this history; see SyncStore. */
  readonly epoch: string;
  /** A random 32-bit number for each log entry. */
  readonly tag: () => number;
}

/** A store that forgets everything with the process: for trying out, tests and simulation. */
export function createMemoryStore({ epoch, tag }: MemoryStoreOptions): Store {
  const person = (user: UserId): Person | undefined => accounts.person(user);
  const revision = (user: UserId): number => accounts.revision(user);
  const logs = createLogs(tag);
  const sync = createMemorySync({ epoch, logs, person, revision });
  const accounts = createMemoryAccounts({ ...sync.relations, logs });
  return {
    ...accounts.store,
    ...sync.store,
    person: async (user) => (accounts.exists(user) ? person(user) : undefined),
    async close() {},
  };
}
