import type { DeviceId } from '#shared/ids.ts';
import type { StoredStanding } from '#sync/client/ports.ts';
import type { Context } from './context.ts';
import type { Database } from './database.ts';
import { readMeta } from './meta.ts';

/**
 * Who this installation is to the sync server. Kept beside the conversations, so that a copied database changes its
 * name and the chains that it begins in one transaction. It begins as the device that somebody signed in on, and only a
 * copy has another name than its sign-in.
 */
export function nameInstallation(db: Database, device: DeviceId): Promise<void> {
  return db.transaction('rw', db.meta, async () => {
    if ((await readMeta(db, 'device')) === undefined) await db.meta.add({ key: 'device', device, gen: 0 });
  });
}

/** Throws when it has no name, which it is given before anything else. */
export async function readInstallation(db: Database): Promise<{ device: DeviceId; gen: number }> {
  const row = await readMeta(db, 'device');
  if (row === undefined) throw new Error('The installation has no name');
  return { device: row.device, gen: row.gen };
}

export function readStanding(db: Database): Promise<StoredStanding> {
  return db.transaction('r', db.meta, async () => {
    const stored = await readMeta(db, 'cursor');
    return { cursor: stored?.cursor ?? null, ...(await readInstallation(db)) };
  });
}

export async function keepGeneration({ db, fence }: Context, gen: number): Promise<void> {
  await db.transaction('rw', db.meta, async () => {
    await fence();
    const { device } = await readInstallation(db);
    await db.meta.put({ key: 'device', device, gen });
  });
}
