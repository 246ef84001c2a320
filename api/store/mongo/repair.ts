import type { UserId } from '#shared/ids.ts';
import type { Accounts } from './accounts.ts';
import type { Calls } from './calls.ts';
import type { Collections } from './collections.ts';
import type { Friendships } from './friendships.ts';
import type { Messages } from './messages.ts';
import type { Sessions } from './sessions.ts';
import { membersOf } from '#shared/ids.ts';

/** Of one sort in one round: more than these wait for the next. */
const MAX_ROUND = 1_000;

export interface RepairDeps {
  readonly collections: Pick<Collections, 'messages' | 'friendships' | 'calls' | 'users'>;
  readonly messages: Messages;
  readonly friendships: Friendships;
  readonly calls: Calls;
  readonly accounts: Accounts;
  readonly sessions: Pick<Sessions, 'finishEnding'>;
  readonly onError: (error: unknown) => void;
}

/**
 * Finishes what was begun before `before` (milliseconds since 1970) and not finished: a process died, or was cut off,
 * between an effect and the logs. Harmless when the process lives and is only slow. Returns whose logs may have grown.
 */
export type Repair = (before: number) => Promise<ReadonlySet<UserId>>;

export function createRepair({
  collections: { messages: messageRows, friendships: pairs, calls: callRows, users },
  messages,
  friendships,
  calls,
  accounts,
  sessions,
  onError,
}: RepairDeps): Repair {
  return async function repair(before) {
    const grown = new Set<UserId>();
    /** One that can't be finished does not keep the others. */
    async function each<T>(
      found: Promise<T[]>,
      finish: (one: T) => Promise<readonly UserId[]>,
    ): Promise<void> {
      for (const one of await found) {
        try {
          for (const user of await finish(one)) grown.add(user);
        } catch (error) {
          onError(error);
        }
      }
    }
    const late = { $lt: before };

    const open = messageRows.find({ open: { $exists: true }, time: late }).limit(MAX_ROUND);
    await each(open.toArray(), async (doc) => {
      await Promise.all(await messages.deliver(doc.pair, [doc]));
      return membersOf(doc.pair);
    });
    await each(pairs.find({ 'owes.time': late }).limit(MAX_ROUND).toArray(), async (doc) => {
      await friendships.pay(doc);
      return doc.owes?.users ?? [];
    });
    await each(callRows.find({ 'owes.time': late }).limit(MAX_ROUND).toArray(), async (doc) => {
      await calls.pay(doc);
      return doc.owes?.users ?? [];
    });
    await each(users.find({ 'owes.time': late }).limit(MAX_ROUND).toArray(), accounts.pay);
    await each(users.find({ 'ending.time': late }).limit(MAX_ROUND).toArray(), async (doc) => {
      await sessions.finishEnding(doc);
      return [];
    });
    await each(users.find({ deleting: late }).limit(MAX_ROUND).toArray(), async ({ _id, deleted }) => {
      const touched = await accounts.remove(_id, deleted ?? before);
      await users.updateOne({ _id: { $eq: _id } }, { $unset: { deleting: 1 } });
      return touched;
    });
    return grown;
  };
}
