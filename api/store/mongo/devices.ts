import type { DeviceId, UserId } from '#shared/ids.ts';
import type { SyncStore } from '#sync/server/ports.ts';
import { rotate } from '../generation.ts';
import type { Collections } from './collections.ts';
import { isDuplicate, untilDone } from './errors.ts';
import { keyOf, keysOf } from './values.ts';

export interface Devices extends Pick<SyncStore, 'useDevice'> {
  /** Removes all of a user who is no more. */
  drop(user: UserId): Promise<void>;
}

export interface DevicesDeps {
  readonly collections: Pick<Collections, 'installations'>;
  /** Throws UNKNOWN_USER unless all of them are, or were, users. */
  readonly known: (users: readonly UserId[]) => Promise<void>;
}

/** Generations of installations, each replaced only if it is still as it was read. */
export function createDevices({ collections: { installations }, known }: DevicesDeps): Devices {
  async function use(user: UserId, device: DeviceId, gen: number): Promise<number | 'cloned' | undefined> {
    const _id = keyOf(user, device);
    const before = (await installations.findOne({ _id: { $eq: _id } })) ?? undefined;
    const rotated = rotate(before, gen);
    if (rotated === 'cloned') return 'cloned';
    const { current, previous } = rotated;
    if (!before) {
      try {
        await installations.insertOne({ _id, current, previous });
        return current;
      } catch (error) {
        if (isDuplicate(error)) return undefined;
        throw error;
      }
    }
    // Written also when nothing changes: what is answered must be what a majority holds.
    const { matchedCount } = await installations.updateOne(
      { _id: { $eq: _id }, current: { $eq: before.current }, previous: { $eq: before.previous } },
      { $set: { current, previous } },
    );
    return matchedCount > 0 ? current : undefined;
  }

  return {
    async useDevice(user, device, gen) {
      await known([user]);
      return untilDone(() => use(user, device, gen));
    },
    async drop(user) {
      await installations.deleteMany({ _id: keysOf(user) });
    },
  };
}
