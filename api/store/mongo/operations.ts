import { ObjectId } from 'mongodb';
import { type OpId, type UserId, pairOf } from '#shared/ids.ts';
import type { Write } from '#sync/server/ports.ts';
import { type Job, createBatches } from './batches.ts';
import type { Collections, Intent, OperationDoc, ResultDoc } from './collections.ts';
import { isDuplicate, untilDone } from './errors.ts';
import { binary, keyOf, keysOf, resultDoc } from './values.ts';

const MAX_BATCH = 500;

export interface Operations {
  find(user: UserId, op: OpId): Promise<OperationDoc | undefined>;
  /** Begins an operation. Gives its document, and whether it was there before. */
  claim(write: Write): Promise<Claim>;
  /** Begins it anew, when what was begun can never become true. False when somebody else was faster. */
  replace(before: OperationDoc, write: Write): Promise<boolean>;
  /** Writes down the result of an operation that has none yet. */
  settle(id: string, result: ResultDoc): Promise<void>;
  /** Removes all of a user who is no more. */
  drop(user: UserId): Promise<void>;
}
export interface Claim {
  readonly doc: OperationDoc;
  readonly fresh: boolean;
}

/** What was begun under each id, and what became of it. The id is claimed before anything else is written. */
export function createOperations({ operations }: Pick<Collections, 'operations'>): Operations {
  const queue = createBatches<null, OperationDoc, Claim>(async (_, jobs) => {
    let missing = [...jobs];
    await untilDone(async () => {
      // Of several under one id the first goes along, and the others find it there.
      const first = Array.from(
        new Map(missing.toReversed().map((job) => [job.item._id, job])).values(),
      ).toReversed();
      try {
        // Independent of each other, so that one that is there does not stop the rest.
        await operations.insertMany(
          first.map(({ item }) => item),
          { ordered: false },
        );
        for (const { item, resolve } of first) resolve({ doc: item, fresh: true });
        const told = new Set(first);
        missing = missing.filter((job) => !told.has(job));
      } catch (error) {
        if (!isDuplicate(error)) throw error;
      }
      if (missing.length > 0) missing = await tellKnown(missing);
      return missing.length === 0 ? true : undefined;
    });
  }, MAX_BATCH);

  /** Tells those whose id is taken, by themselves or by another; returns the rest. */
  async function tellKnown(jobs: Job<OperationDoc, Claim>[]): Promise<Job<OperationDoc, Claim>[]> {
    const there = await operations.find({ _id: { $in: jobs.map(({ item }) => item._id) } }).toArray();
    const docById = new Map(there.map((doc) => [doc._id, doc]));
    return jobs.filter(({ item, resolve }) => {
      const doc = docById.get(item._id);
      if (doc) resolve({ doc, fresh: doc.token.equals(item.token) });
      return !doc;
    });
  }

  return {
    async find(user, op) {
      return (await operations.findOne({ _id: { $eq: keyOf(user, op) } })) ?? undefined;
    },
    claim: (write) => queue.add(null, docOf(write)),
    async replace(before, write) {
      const { token, intent, result } = docOf(write);
      const { matchedCount } = await operations.updateOne(
        { _id: { $eq: before._id }, token: { $eq: before.token }, result: { $eq: null } },
        { $set: { token, intent, result } },
      );
      return matchedCount > 0;
    },
    async settle(id, result) {
      await operations.updateOne(
        { _id: { $eq: id }, result: { $eq: null } },
        { $set: { result, intent: null } },
      );
    },
    async drop(user) {
      await operations.deleteMany({ _id: keysOf(user) });
    },
  };
}

function docOf(write: Write): OperationDoc {
  const { actor, op, digest, effect } = write;
  const result = resultDoc(write.result);
  return {
    _id: keyOf(actor, op),
    digest: binary(digest),
    token: new ObjectId(),
    intent: effect && intentOf(effect, write.time, result),
    // Without an effect it is settled by being written down.
    result: effect ? null : result,
  };
}

function intentOf(effect: NonNullable<Write['effect']>, time: number, result: ResultDoc): Intent {
  switch (effect.kind) {
    case 'message':
      return { kind: 'message', pair: pairOf(effect.from, effect.to) };
    case 'relation':
      return {
        kind: 'relation',
        pair: effect.pair,
        expect: effect.expect,
        next: effect.next,
        time,
        result,
      };
    case 'watermark':
      return { kind: 'watermark', pair: effect.pair, user: effect.user, mark: effect.mark, time, result };
    case 'call':
      return { ...effect, time, result };
  }
}
