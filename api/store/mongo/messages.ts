import { type OpId, type PairId, type UserId, membersOf, peerIn } from '#shared/ids.ts';
import type { PageLimits } from '#sync/server/ports.ts';
import type { Message } from '#sync/wire/down.ts';
import { randomInt } from 'node:crypto';
import { newestThatFit } from '../snapshot.ts';
import { createBatches } from './batches.ts';
import type { Collections, LogLine, MessageDoc, ResultDoc } from './collections.ts';
import { isDuplicate, untilDone } from './errors.ts';
import type { Friendships } from './friendships.ts';
import type { Logs } from './logs.ts';
import { keyOf, plain } from './values.ts';

/** Heads are kept for this many conversations; the rest are looked up again. */
const MAX_KEPT = 100_000;
const MAX_CLOSED = 500;
/** Messages of one answer of the database, when nobody knows how many will fit. */
const READ_STEP = 16;

/** A message that has no number yet. */
export type NewMessage = Omit<MessageDoc, 'n' | 'open' | 'refusal'>;

export interface Messages {
  /** In the order given, each under the next number. Those that were there before keep theirs. */
  number(pair: PairId, messages: readonly NewMessage[]): Promise<MessageDoc[]>;
  /** Hands messages to both logs, behind the ones before them. Each of the promises given ends when one is in both. */
  deliver(pair: PairId, docs: readonly MessageDoc[]): Promise<Promise<void>[]>;
  find(pair: PairId, from: UserId, op: OpId): Promise<MessageDoc | undefined>;
  /** Makes sure that an operation never becomes a message. Gives what stands under its id: the refusal, or the message. */
  refuse(message: NewMessage, refusal: ResultDoc): Promise<MessageDoc>;
  head(pair: PairId): Promise<number>;
  /** Numbered below `before`, the newest that fit, oldest first; none when `before - 1` is not there. */
  below(pair: PairId, before: number, limits: PageLimits): Promise<Message[]>;
  /** By conversation and number. */
  at(places: ReadonlyMap<PairId, readonly number[]>): Promise<MessageDoc[]>;
  idle(): Promise<void>;
}

export interface MessagesDeps {
  readonly collections: Pick<Collections, 'messages'>;
  readonly friendships: Friendships;
  readonly logs: Logs;
  /** Told of what failed after it was answered: the sweeper does it again. */
  readonly onError: (error: unknown) => void;
}

export function messageOf({ pair, n, from, op, time, envelope }: MessageDoc): Message {
  return { op, from, to: peerIn(pair, from), n, time, envelope: plain(envelope) };
}

/**
 * Messages and their numbers, by the same rule as positions in logs (see createLogs): an insert under the unique index
 * (pair, n) is the allocation. A message is the intent of its own entries: while it may not be in both logs it is `open`.
 */
export function createMessages({
  collections: { messages },
  friendships,
  logs,
  onError,
}: MessagesDeps): Messages {
  const heads = new Map<PairId, number>();
  /** Up to which number this process has handed a conversation to the logs, without leaving any out. */
  const handedOver = new Map<PairId, number>();

  async function head(pair: PairId): Promise<number> {
    const found = await messages
      .find({ pair: { $eq: pair } }, { projection: { _id: 0, n: 1 } })
      .sort({ n: -1 })
      .limit(1)
      .next();
    return Math.max(0, found?.n ?? 0);
  }

  async function findAll(pair: PairId, ids: readonly string[]): Promise<MessageDoc[]> {
    return messages.find({ pair: { $eq: pair }, _id: { $in: [...ids] } }).toArray();
  }

  function keep(cache: Map<PairId, number>, pair: PairId, n: number): void {
    if (cache.size >= MAX_KEPT) cache.clear();
    cache.set(pair, n);
  }

  /** Takes the mark off, many at a time: nobody waits for it. */
  const closing = createBatches<null, MessageDoc, void>(async (_, jobs) => {
    const numbersByPair = new Map<PairId, number[]>();
    for (const { item } of jobs) {
      numbersByPair.set(item.pair, [...(numbersByPair.get(item.pair) ?? []), item.n]);
    }
    await messages.bulkWrite(
      Array.from(numbersByPair, ([pair, numbers]) => {
        const filter = { pair: { $eq: pair }, n: { $in: numbers } };
        return { updateMany: { filter, update: { $unset: { open: 1 } } } };
      }),
      { ordered: false },
    );
    for (const job of jobs) job.resolve();
  }, MAX_CLOSED);

  /**
   * With what is open before them, in the order of their numbers: other processes are about to deliver that, or have died
   * over it. So a log has a conversation in its order.
   */
  async function withOpenBefore(pair: PairId, docs: readonly MessageDoc[]): Promise<readonly MessageDoc[]> {
    const begin = handedOver.get(pair);
    if (begin !== undefined && docs.every(({ n }, at) => n === begin + 1 + at)) return docs;
    const end = docs.reduce((highest, { n }) => Math.max(highest, n), 0);
    const open = await messages
      .find({ pair: { $eq: pair }, open: { $eq: pair }, n: { $gt: 0, $lte: end } })
      .hint('open')
      .toArray();
    const docById = new Map([...open, ...docs].map((doc) => [doc._id, doc]));
    return Array.from(docById.values()).toSorted((a, b) => a.n - b.n);
  }

  async function handOver(doc: MessageDoc): Promise<void> {
    const { pair, from, n, time, envelope } = doc;
    const both = membersOf(pair);
    if (!both.includes(from)) throw new Error('a message is from neither member of its conversation');
    const line = (user: UserId): LogLine => {
      return { kind: 'message', peer: peerIn(pair, user), at: n, time, bytes: envelope.length() };
    };
    try {
      await Promise.all(both.map((user) => logs.append(user, line(user))));
    } catch (error) {
      handedOver.delete(pair);
      throw error;
    }
    closing.add(null, doc).catch(onError);
  }

  return {
    head,
    async number(pair, given) {
      let missing = Array.from(new Map(given.map((message) => [message._id, message])).values());
      const docs = new Map<string, MessageDoc>();
      await untilDone(async () => {
        const before = heads.get(pair) ?? (await head(pair));
        // Whoever reads the pair's conversation must find it by the pair.
        if (before === 0) await friendships.talk(pair);
        const numbered = missing.map((message, at): MessageDoc => {
          return { ...message, n: before + 1 + at, open: pair };
        });
        heads.delete(pair);
        try {
          await messages.insertMany(numbered, { ordered: true });
          keep(heads, pair, before + numbered.length);
          for (const doc of numbered) docs.set(doc._id, doc);
          return true;
        } catch (error) {
          if (!isDuplicate(error)) throw error;
        }
        const ids = missing.map(({ _id }) => _id);
        for (const doc of await findAll(pair, ids)) docs.set(doc._id, doc);
        missing = missing.filter(({ _id }) => !docs.has(_id));
        return missing.length === 0 ? true : undefined;
      });
      return given.map(({ _id }) => docs.get(_id) as MessageDoc);
    },
    async deliver(pair, docs) {
      const undelivered = docs.filter(({ open }) => open !== undefined);
      const ends = new Map<string, Promise<void>>();
      if (undelivered.length > 0) {
        const ordered = await withOpenBefore(pair, undelivered);
        keep(handedOver, pair, Math.max(ordered.at(-1)?.n ?? 0, handedOver.get(pair) ?? 0));
        for (const doc of ordered) ends.set(doc._id, handOver(doc));
        // Nobody here waits for those of others.
        for (const end of ends.values()) end.catch(() => {});
      }
      return docs.map(({ _id }) => ends.get(_id) ?? Promise.resolve());
    },
    async find(pair, from, op) {
      return (await findAll(pair, [keyOf(from, op)]))[0];
    },
    async refuse(message, refusal) {
      return untilDone(async () => {
        const doc: MessageDoc = { ...message, n: -randomInt(1, 2 ** 47), refusal };
        try {
          await messages.insertOne(doc);
          return doc;
        } catch (error) {
          if (!isDuplicate(error)) throw error;
        }
        return (await findAll(message.pair, [message._id]))[0];
      });
    },
    async below(pair, before, limits) {
      const fitting: Message[] = [];
      let bytes = 0;
      const newest = messages
        .find({ pair: { $eq: pair }, n: { $gt: 0, $lt: before } })
        .sort({ n: -1 })
        .limit(limits.entries)
        .batchSize(READ_STEP);
      for await (const doc of newest) {
        if (fitting.length === 0 && doc.n !== before - 1) return [];
        const message = messageOf(doc);
        fitting.push(message);
        bytes += message.envelope.byteLength;
        if (bytes > limits.bytes) break;
      }
      return newestThatFit(fitting, limits);
    },
    async at(places) {
      const wanted = Array.from(places, ([pair, numbers]) => ({
        pair: { $eq: pair },
        n: { $in: [...numbers] },
      }));
      return wanted.length === 0 ? [] : messages.find({ $or: wanted }).toArray();
    },
    idle: closing.idle,
  };
}
