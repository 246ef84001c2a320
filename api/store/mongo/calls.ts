import { type Call, isLive } from '#shared/call.ts';
import { type OpId, type PairId, type UserId, membersOf, peerIn } from '#shared/ids.ts';
import { type Effect, type StoredCall, type SyncStore, callFor } from '#sync/server/ports.ts';
import { type CallRange, CALLS_SHOWN, byStart, callAfter, callWithout, withLive } from '../calls.ts';
import type { CallDoc, Collections } from './collections.ts';
import { isDuplicate, untilDone } from './errors.ts';
import type { Friendships, Settles } from './friendships.ts';
import type { Logs } from './logs.ts';
import type { Messages } from './messages.ts';
import type { Operations } from './operations.ts';
import { createStrikes } from './owed.ts';

type CallChange = Omit<Extract<Effect, { kind: 'call' }>, 'kind'>;

export interface Calls extends Pick<SyncStore, 'call' | 'liveCalls' | 'keepCall' | 'overdueCalls'> {
  /** What stands under an id, a refusal too, after what it owed to logs was paid. */
  settled(pair: PairId, id: OpId): Promise<CallDoc | undefined>;
  /** Adds or replaces a call, if all is as expected. Returns whose logs grew. */
  change(wanted: CallChange, settles: Settles): Promise<readonly UserId[] | 'conflict'>;
  /** Makes sure that an operation never starts this call. False when it has been started. */
  refuse(pair: PairId, call: Call): Promise<boolean>;
  /** Adds what a call owes to logs, and settles the operation that it came from. */
  pay(doc: CallDoc): Promise<void>;
  /** By `_id`. */
  at(ids: readonly string[]): Promise<Map<string, StoredCall>>;
  /** The newest of a range, oldest first, as `reader` sees them. */
  newest(pair: PairId, range: CallRange, reader: UserId): Promise<Call[]>;
  /** The same, with the one that rings or goes on, wherever it stands. */
  newestAndLive(pair: PairId, range: CallRange, reader: UserId): Promise<Call[]>;
  /** Ends the live calls of somebody who is no more. Returns the others, who are told. */
  endAll(user: UserId, time: number): Promise<readonly UserId[]>;
  idle(): Promise<void>;
}

export interface CallsDeps {
  readonly collections: Pick<Collections, 'calls'>;
  readonly friendships: Friendships;
  readonly messages: Messages;
  readonly logs: Logs;
  readonly operations: Operations;
  /** Told of what failed after it was answered: the sweeper does it again. */
  readonly onError: (error: unknown) => void;
}

/** A call has its name within its pair. */
export const callKey = (pair: PairId, id: OpId): string => `${pair} ${id}`;

/** Of a call that was refused before it began. */
const NEVER = { version: 0, after: -1, status: 'failed', keptAt: 0 } as const;

export function storedOf(call: StoredCall): StoredCall {
  const { id, caller, callee, media, status, after, startedAt, answeredAt, endedAt } = call;
  const { callerDevice, calleeDevice, seen, version, keptAt } = call;
  return {
    id,
    caller,
    callee,
    media,
    status,
    after,
    startedAt,
    answeredAt,
    endedAt,
    callerDevice,
    calleeDevice,
    seen,
    version,
    keptAt,
  };
}

export function callDoc(pair: PairId, call: StoredCall): CallDoc {
  const doc = { ...storedOf(call), _id: callKey(pair, call.id), pair, members: membersOf(pair) };
  return isLive(call) ? { ...doc, live: true } : doc;
}

/**
 * A call is one document, and so is each change of it, made only from the version that was read: with it goes what it owes
 * to the logs, as with a friendship (see createFriendships). That a pair has one live call is a unique index over those
 * that are `live`: of two starts at once the second meets the first.
 */
export function createCalls({
  collections: { calls },
  friendships,
  messages,
  logs,
  operations,
  onError,
}: CallsDeps): Calls {
  const strikes = createStrikes(
    (id, at) => calls.updateOne({ _id: { $eq: id }, 'owes.at': { $eq: at } }, { $unset: { owes: 1 } }),
    onError,
  );

  async function payOnce(doc: CallDoc): Promise<CallDoc> {
    if (doc.owes && !strikes.isPaid(doc._id, doc.owes.at)) await pay(doc);
    return doc;
  }

  async function settled(pair: PairId, id: OpId): Promise<CallDoc | undefined> {
    const doc = await calls.findOne({ _id: { $eq: callKey(pair, id) } });
    return doc ? payOnce(doc) : undefined;
  }

  async function pay({ _id, pair, id, owes }: CallDoc): Promise<void> {
    if (!owes) return;
    const { at, time, users, operation, result } = owes;
    await Promise.all(
      users.map((user) =>
        logs.append(user, { kind: 'call', peer: peerIn(pair, user), call: id, at, time, bytes: 0 }),
      ),
    );
    if (operation !== null && result !== null) await operations.settle(operation, result);
    strikes.strike(_id, at);
  }

  /** False when one that is live, or another of this name, is in the way. */
  async function add(doc: CallDoc): Promise<boolean> {
    const { pair } = doc;
    // Whoever reads the pair's conversation must find it by the pair.
    await friendships.talk(pair);
    if ((await calls.countDocuments({ pair: { $eq: pair }, live: { $eq: true } }, { limit: 1 })) > 0)
      return false;
    return insert(doc);
  }

  async function insert(doc: CallDoc): Promise<boolean> {
    try {
      await calls.insertOne(doc);
      return true;
    } catch (error) {
      if (isDuplicate(error)) return false;
      throw error;
    }
  }

  async function replace(pair: PairId, expect: number, doc: CallDoc): Promise<boolean> {
    const before = await settled(pair, doc.id);
    if (before?.version !== expect) return false;
    const { status, answeredAt, endedAt, calleeDevice, seen, version, keptAt, owes } = doc;
    const { matchedCount } = await calls.updateOne(
      { _id: { $eq: doc._id }, version: { $eq: expect } },
      {
        $set: { status, answeredAt, endedAt, calleeDevice, seen, version, keptAt, ...(owes && { owes }) },
        ...(!doc.live && { $unset: { live: 1 } }),
      },
    );
    return matchedCount > 0;
  }

  async function change({ pair, expect, next, tell }: CallChange, settles: Settles) {
    const owes = { ...settles, at: expect + 1, users: tell };
    const doc: CallDoc = { ...callDoc(pair, callAfter({ next, expect }, settles.time)), owes };
    const made =
      expect === 0
        ? await add({ ...doc, after: await messages.head(pair) })
        : await replace(pair, expect, doc);
    if (!made) return 'conflict';
    await pay(doc);
    return tell;
  }

  async function newest(pair: PairId, { from, before }: CallRange, reader: UserId): Promise<Call[]> {
    const found = await calls
      .find({ pair: { $eq: pair }, after: { $gte: from, $lt: before } })
      .sort({ after: -1, startedAt: -1, id: -1 })
      .limit(CALLS_SHOWN)
      .toArray();
    return found.map((doc) => callFor(storedOf(doc), reader)).toReversed();
  }

  const liveOf = (user: UserId): Promise<CallDoc[]> =>
    calls.find({ members: { $eq: user }, live: { $eq: true } }).toArray();

  return {
    settled,
    change,
    pay,
    async refuse(pair, call) {
      return untilDone(async () => {
        const never = callDoc(pair, { ...call, ...NEVER });
        if (await insert(never)) return true;
        const found = await calls.findOne({ _id: { $eq: never._id } });
        return found ? found.version === NEVER.version : undefined;
      });
    },
    async at(ids) {
      const found = ids.length === 0 ? [] : await calls.find({ _id: { $in: [...ids] } }).toArray();
      return new Map(found.map((doc) => [doc._id, storedOf(doc)]));
    },
    newest,
    async newestAndLive(pair, range, reader) {
      const current = await calls.findOne({ pair: { $eq: pair }, live: { $eq: true } });
      const shown = await newest(pair, range, reader);
      return withLive(shown, current ? callFor(storedOf(current), reader) : undefined);
    },
    async endAll(user, time) {
      const told: UserId[] = [];
      for (const { pair, id } of await liveOf(user)) {
        const other = peerIn(pair, user);
        const settles = { operation: null, result: null, time };
        await untilDone(async () => {
          const doc = await settled(pair, id);
          if (!doc?.live) return true;
          const call = storedOf(doc);
          const wanted = { pair, expect: call.version, next: callWithout(user, call, time), tell: [other] };
          if ((await change(wanted, settles)) === 'conflict') return undefined;
          told.push(other);
          return true;
        });
      }
      return told;
    },
    async call(pair, id) {
      const doc = await settled(pair, id);
      return doc && doc.version > NEVER.version ? storedOf(doc) : undefined;
    },
    async liveCalls(user) {
      const found = await Promise.all((await liveOf(user)).map(payOnce));
      return found.map(storedOf).toSorted(byStart);
    },
    async keepCall(pair, id, now) {
      await calls.updateOne(
        { _id: { $eq: callKey(pair, id) }, status: { $eq: 'in_progress' }, keptAt: { $lt: now } },
        { $set: { keptAt: now } },
      );
    },
    /** Two ranges, each of a small index of its own. */
    async overdueCalls({ ringing, kept }, limit) {
      const found = await Promise.all([
        calls
          .find({ status: { $eq: 'ringing' }, startedAt: { $lt: ringing } })
          .limit(limit)
          .toArray(),
        calls
          .find({ status: { $eq: 'in_progress' }, keptAt: { $lt: kept } })
          .limit(limit)
          .toArray(),
      ]);
      return found.flat().slice(0, limit).map(storedOf);
    },
    idle: strikes.idle,
  };
}
