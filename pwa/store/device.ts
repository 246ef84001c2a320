import Dexie, { type Table } from 'dexie';
import { toBase64url } from '#shared/bytes.ts';
import { randomBytes } from '#shared/crypto/primitives.ts';
import type { DeviceId, UserId } from '#shared/ids.ts';
import { DEVICE_DATABASE, guardVersion } from './database.ts';
import { guarded } from './failures.ts';

/** This installation of the app. */
export interface Device {
  readonly id: DeviceId;
  /** Who is signed in here; null for nobody. */
  readonly user: UserId | null;
}

interface DeviceRow extends Device {
  readonly key: 'device';
}

/** The device as it is stored; a new one is made up when there is none. */
export function loadDevice(): Promise<Device> {
  return changeDevice((device) => device);
}

/** Says who is signed in on this device. */
export function signInDevice(user: UserId): Promise<Device> {
  return changeDevice((device) => ({ ...device, user }));
}

function changeDevice(change: (device: Device) => Device): Promise<Device> {
  return guarded(async () => {
    const db = new Dexie(DEVICE_DATABASE, {
      chromeTransactionDurability: 'strict',
      cache: 'disabled',
    }) as Dexie & {
      readonly device: Table<DeviceRow, string>;
    };
    // Append only, as in database.ts.
    db.version(1).stores({ device: 'key' });
    // It is opened only for a moment, so whoever erases it waits for nobody.
    guardVersion(db, () => {});
    const fresh: Device = { id: toBase64url(randomBytes(16)) as DeviceId, user: null };
    try {
      // At almost every start there is one, and nothing to be written.
      const known = await db.device.get('device');
      if (known !== undefined && change(known) === known) return { id: known.id, user: known.user };
      return await db.transaction('rw', db.device, async () => {
        const stored = await db.device.get('device');
        const next = change(stored ?? fresh);
        if (next !== stored) await db.device.put({ ...next, key: 'device' });
        return { id: next.id, user: next.user };
      });
    } finally {
      db.close({ disableAutoOpen: true });
    }
  });
}
