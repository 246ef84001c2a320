import type { UserId } from '#shared/ids.ts';
import type { SyncStore } from '#sync/server/ports.ts';
import { createBatches } from './batches.ts';
import type { Collections, LogDoc, LogLine } from './collections.ts';
import { isDuplicate, untilDone } from './errors.ts';
import { keyOf } from './values.ts';

/** Entries of one command. */
const MAX_BATCH = 500;
/** Heads are kept for this many users; the rest are looked up again. */
const MAX_KEPT = 100_000;
/** Logs that are looked at in one query of `longLogs`. */
const LONG_STEP = 100;
/** Milliseconds; a database that was cut off never answers. */
const SURE_WITHIN = 5_000;

export interface Logs extends Pick<SyncStore, 'head' | 'truncate' | 'longLogs'> {
  /** Adds an entry, once, however often and by however many processes it is asked for. Resolves when it is durable. */
  append(user: UserId, line: LogLine): Promise<void>;
  last(user: UserId): Promise<{ seq: number; tag: number } | undefined>;
  floor(user: UserId): Promise<number>;
  /** The kept entries from position `seq` on. */
  from(user: UserId, seq: number, limit: number): Promise<LogDoc[]>;
  /** Asks in a way that a database which was replaced without knowing can't answer. */
  surelyHas(user: UserId, seq: number): Promise<boolean>;
  /** Removes the log of a user who is no more. */
  drop(user: UserId): Promise<void>;
}

/** Names what an entry refers to, once for each change of it. */
export function entryName({ kind, peer, call, at }: Pick<LogLine, 'kind' | 'peer' | 'call' | 'at'>): string {
  return call === undefined ? `${kind} ${peer} ${at}` : `${kind} ${peer} ${call} ${at}`;
}

export interface LogsDeps {
  readonly collections: Pick<Collections, 'log' | 'users'>;
  /** A random 32-bit number for each entry. */
  readonly tag: () => number;
  /** Whether the database can be replaced by an election. */
  readonly replicated: boolean;
}

/**
 * Every user's log. An append IS the allocation of its position:
 *
 * - One process writes a user's entries in batches, one batch at a time, each ONE ordered insert under the positions
 *   behind the last one. All of a log lies on one shard, so the batch becomes visible from its beginning, and when it
 *   stops, it stops there.
 * - Two processes that choose the same position meet in the unique index (user, seq). The slower one writes nothing behind
 *   the entry that failed, reads the head anew and goes on behind it. So there is no gap, and nobody sees n + 1 before n.
 * - A position is only chosen behind an entry that a majority holds (majority read, or our own acknowledged write): an
 *   election can't take the entry in front away. After any error the head is forgotten and read again.
 * - `_id` names user and what is referred to. Whoever repeats an append (an operation's retry, the sweeper, another
 *   process) meets its own entry, and takes that as done.
 */
export function createLogs({ collections: { log, users }, tag, replicated }: LogsDeps): Logs {
  const heads = new Map<UserId, number>();
  /** By `_id`: who asks for what is on its way waits for the same. */
  const onTheWay = new Map<string, Promise<void>>();

  const idOf = (user: UserId, line: LogLine): string => keyOf(user, entryName(line));

  const queue = createBatches<UserId, LogLine, void>(async (user, jobs) => {
    let missing = new Map(jobs.map(({ item }) => [idOf(user, item), item]));
    await untilDone(async () => {
      const head = heads.get(user) ?? (await lookUpHead(user));
      if (head === 'deleted') return true;
      const docs = Array.from(missing, ([_id, line], at): LogDoc => {
        return { _id, user, seq: head + 1 + at, tag: tag(), ...line };
      });
      // Until it is acknowledged nothing is known.
      heads.delete(user);
      try {
        await log.insertMany(docs, { ordered: true });
        keep(user, head + docs.length);
        return true;
      } catch (error) {
        if (!isDuplicate(error)) throw error;
      }
      const there = await log
        .find({ user: { $eq: user }, _id: { $in: [...missing.keys()] } }, { projection: { _id: 1 } })
        .toArray();
      const found = new Set(there.map(({ _id }) => _id));
      missing = new Map([...missing].filter(([id]) => !found.has(id)));
      return missing.size === 0 ? true : undefined;
    });
    for (const job of jobs) job.resolve();
  }, MAX_BATCH);

  function keep(user: UserId, head: number): void {
    if (heads.size >= MAX_KEPT) heads.clear();
    heads.set(user, head);
  }

  async function lookUpHead(user: UserId): Promise<number | 'deleted'> {
    const found = await users.findOne({ _id: { $eq: user } }, { projection: { deleted: 1 } });
    return (found?.deleted ?? null) === null ? head(user) : 'deleted';
  }

  // Truncation leaves at least the last entry.
  const head = async (user: UserId): Promise<number> => (await last(user))?.seq ?? 0;

  async function last(user: UserId): Promise<{ seq: number; tag: number } | undefined> {
    const found = await log
      .find({ user: { $eq: user } }, { projection: { _id: 0, seq: 1, tag: 1 } })
      .sort({ seq: -1 })
      .limit(1)
      .next();
    return found ?? undefined;
  }

  async function floor(user: UserId): Promise<number> {
    const found = await users.findOne({ _id: { $eq: user } }, { projection: { floor: 1 } });
    return found?.floor ?? 0;
  }

  return {
    append(user, line) {
      const id = idOf(user, line);
      const before = onTheWay.get(id);
      if (before) return before;
      const added = queue.add(user, line).finally(() => onTheWay.delete(id));
      onTheWay.set(id, added);
      return added;
    },
    head,
    last,
    floor,
    from(user, seq, limit) {
      return log
        .find({ user: { $eq: user }, seq: { $gte: seq } })
        .sort({ seq: 1 })
        .limit(limit)
        .toArray();
    },
    async surelyHas(user, seq) {
      if (!replicated) return false;
      const surely = { readConcern: { level: 'linearizable' }, maxTimeMS: SURE_WITHIN } as const;
      return (await log.findOne({ user: { $eq: user }, seq: { $eq: seq } }, surely)) !== null;
    },
    /** The floor is raised first, so that positions stay used; what a crash leaves below goes with the next truncation. */
    async truncate(user, keepFrom) {
      const raised = Math.min(keepFrom, await head(user)) - 1;
      await users.updateOne({ _id: { $eq: user }, floor: { $lt: raised } }, { $set: { floor: raised } });
      const { deletedCount } = await log.deleteMany({
        user: { $eq: user },
        seq: { $lte: await floor(user) },
      });
      return deletedCount;
    },
    /** Positions have no gap: a log is longer than `entries` when the one after so many is there. */
    async longLogs(entries, limit) {
      const long: UserId[] = [];
      let after = '' as UserId;
      while (long.length < limit) {
        const step = await users
          .find({ _id: { $gt: after } }, { projection: { floor: 1 } })
          .sort({ _id: 1 })
          .limit(LONG_STEP)
          .toArray();
        if (step.length === 0) break;
        after = step.at(-1)?._id ?? after;
        const places = step.map(({ _id, floor: gone }) => ({
          user: { $eq: _id },
          seq: { $eq: gone + 1 + entries },
        }));
        const there = await log.find({ $or: places }, { projection: { _id: 0, user: 1 } }).toArray();
        long.push(...there.map(({ user }) => user));
      }
      return Promise.all(long.slice(0, limit).map(async (user) => ({ user, head: await head(user) })));
    },
    async drop(user) {
      heads.delete(user);
      await log.deleteMany({ user: { $eq: user } });
    },
  };
}
