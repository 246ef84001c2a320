import { type PairId, type UserId, membersOf, peerIn } from '#shared/ids.ts';
import { type Relation, type Watermark, membersWhoSee } from '#sync/server/ports.ts';
import type { Collections, OwedEntry, PairDoc, ResultDoc } from './collections.ts';
import { isDuplicate, untilDone } from './errors.ts';
import type { Logs } from './logs.ts';
import type { Operations } from './operations.ts';
import { createStrikes } from './owed.ts';
import { NOTHING_READ } from './values.ts';

/** Settled by a change, when it was an operation. */
export interface Settles {
  readonly operation: string | null;
  readonly result: ResultDoc | null;
  readonly time: number;
}

export interface Friendships {
  /** As it stands, after what it owed to logs was paid; undefined for two who never met. */
  settled(pair: PairId): Promise<PairDoc | undefined>;
  /** Replaces the relation if it still has version `expect`. Returns whose logs grew. */
  relate(
    pair: PairId,
    expect: number,
    next: Relation,
    settles: Settles,
  ): Promise<readonly UserId[] | 'conflict'>;
  /** Raises a member's watermarks. Returns whose logs grew. */
  raise(pair: PairId, user: UserId, mark: Watermark, settles: Settles): Promise<readonly UserId[]>;
  /** Says that there may be messages or calls. */
  talk(pair: PairId): Promise<void>;
  /** Adds what a pair owes to logs, and settles the operation that it came from. */
  pay(doc: PairDoc): Promise<void>;
  /** Resolves when nothing is written any more behind what was answered. */
  idle(): Promise<void>;
}

export interface FriendshipsDeps {
  readonly collections: Pick<Collections, 'friendships'>;
  readonly logs: Logs;
  readonly operations: Operations;
  /** Told of what failed after it was answered: the sweeper does it again. */
  readonly onError: (error: unknown) => void;
}

/** Which of the two watermarks is this member's. */
export const sideOf = (pair: PairId, user: UserId): 'low' | 'high' =>
  membersOf(pair)[0] === user ? 'low' : 'high';

export function marksFor(doc: PairDoc, self: UserId): { mine: Watermark; theirs: Watermark } {
  const side = sideOf(doc._id, self);
  return { mine: doc[side], theirs: doc[side === 'low' ? 'high' : 'low'] };
}

export function relationOf(doc: PairDoc | undefined): Relation {
  const { state, by, blockedBy, version, time } = doc ?? STRANGERS;
  return { state, by, blockedBy, version, time };
}

const STRANGERS: Relation = { state: 'none', by: null, blockedBy: [], version: 0, time: 0 };

/**
 * A pair is one document, so a change of it is atomic by itself: the change, `rev` and what the change owes to the logs
 * are one update, made only when `rev` is still the one that was read. The outbox has one place: whoever finds it taken
 * pays first, whoever reads for a decision too. So no decision rests on a change that its members can't read of yet, and
 * a crash between the change and the logs leaves nothing that the next reader, the retry or the sweeper would not finish.
 */
export function createFriendships({
  collections: { friendships },
  logs,
  operations,
  onError,
}: FriendshipsDeps): Friendships {
  const strikes = createStrikes(
    (pair, at) =>
      friendships.updateOne(
        { _id: { $eq: pair as PairId }, 'owes.at': { $eq: at } },
        { $unset: { owes: 1 } },
      ),
    onError,
  );

  async function find(pair: PairId): Promise<PairDoc | undefined> {
    return (await friendships.findOne({ _id: { $eq: pair } })) ?? undefined;
  }

  async function settled(pair: PairId): Promise<PairDoc | undefined> {
    const doc = await find(pair);
    if (doc?.owes && !strikes.isPaid(pair, doc.owes.at)) await pay(doc);
    return doc;
  }

  async function met(pair: PairId): Promise<PairDoc> {
    return untilDone(async () => {
      const doc = await settled(pair);
      if (doc) return doc;
      const fresh: PairDoc = {
        ...STRANGERS,
        _id: pair,
        members: membersOf(pair),
        rev: 0,
        low: NOTHING_READ,
        high: NOTHING_READ,
        talked: false,
      };
      try {
        await friendships.insertOne(fresh);
        return fresh;
      } catch (error) {
        if (isDuplicate(error)) return undefined;
        throw error;
      }
    });
  }

  async function pay({ _id: pair, owes }: PairDoc): Promise<void> {
    if (!owes) return;
    const { kind, at, time, users, operation, result } = owes;
    await Promise.all(
      users.map((user) => logs.append(user, { kind, peer: peerIn(pair, user), at, time, bytes: 0 })),
    );
    if (operation !== null && result !== null) await operations.settle(operation, result);
    strikes.strike(pair, at);
  }

  type Change = Partial<Pick<PairDoc, keyof Relation | 'low' | 'high'>>;
  /** Undefined when somebody changed the pair meanwhile. */
  async function change(
    doc: PairDoc,
    set: Change,
    entry: Pick<OwedEntry, 'kind' | 'users'>,
    settles: Settles,
  ): Promise<readonly UserId[] | undefined> {
    const rev = doc.rev + 1;
    const owes: OwedEntry = { ...entry, at: rev, ...settles };
    const { matchedCount } = await friendships.updateOne(
      { _id: { $eq: doc._id }, rev: { $eq: doc.rev } },
      { $set: { ...set, rev, owes } },
    );
    if (matchedCount === 0) return undefined;
    await pay({ ...doc, owes });
    return entry.users;
  }

  return {
    settled,
    pay,
    async relate(pair, expect, next, settles) {
      return untilDone<readonly UserId[] | 'conflict'>(async () => {
        const doc = await met(pair);
        if (doc.version !== expect) return 'conflict';
        const users = membersWhoSee(pair, relationOf(doc), next);
        return change(doc, { ...next }, { kind: 'friend', users }, settles);
      });
    },
    async raise(pair, user, mark, settles) {
      const side = sideOf(pair, user);
      return untilDone<readonly UserId[]>(async () => {
        const doc = await met(pair);
        const { delivered, seen } = doc[side];
        if (mark.delivered <= delivered && mark.seen <= seen) {
          if (settles.operation !== null && settles.result !== null) {
            await operations.settle(settles.operation, settles.result);
          }
          return [];
        }
        const raised = { delivered: Math.max(delivered, mark.delivered), seen: Math.max(seen, mark.seen) };
        return change(doc, { [side]: raised }, { kind: 'receipt', users: membersOf(pair) }, settles);
      });
    },
    async talk(pair) {
      const doc = await met(pair);
      if (!doc.talked) await friendships.updateOne({ _id: { $eq: pair } }, { $set: { talked: true } });
    },
    idle: strikes.idle,
  };
}
