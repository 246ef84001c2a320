import { Failure } from '#shared/errors.ts';
import type { UserId } from '#shared/ids.ts';
import type { Store } from '../ports.ts';
import type { MongoAddress } from './address.ts';
import { createAccounts } from './accounts.ts';
import { createCalls } from './calls.ts';
import { type Collections, collectionsOf } from './collections.ts';
import { createCommits } from './commit.ts';
import { connectMongo, refusing } from './connect.ts';
import { createDevices } from './devices.ts';
import { asFailure } from './errors.ts';
import { createFriendships, relationOf } from './friendships.ts';
import { createLogs } from './logs.ts';
import { createMessages } from './messages.ts';
import { epochOf, migrate } from './migrations.ts';
import { createOperations } from './operations.ts';
import { createReads } from './reads.ts';
import { type Repair, createRepair } from './repair.ts';
import { createReports } from './reports.ts';
import { createSessions } from './sessions.ts';
import { createTurns } from './turns.ts';
import { NOTHING_READ } from './values.ts';
import { membersOf } from '#shared/ids.ts';

/** How often the sweeper looks, and how old is what it takes for unfinished, in milliseconds. */
const SWEEP_EVERY = 60_000;
const UNFINISHED_AFTER = 10_000;
/** Users are remembered to be there, so many of them. */
const MAX_KNOWN = 100_000;

export interface MongoStoreHooks {
  /** A random 32-bit number for each log entry. */
  readonly tag: () => number;
  /** Told what failed after everybody was answered, or in the sweeper: it is tried again in the next round. */
  readonly onError: (error: unknown) => void;
  /** Told whose logs the sweeper may have added to. */
  readonly onRepaired: (users: ReadonlySet<UserId>) => void;
}
export type MongoStoreOptions = MongoAddress & MongoStoreHooks;

export interface MongoStore extends Store {
  readonly repair: Repair;
}

/** Everything in a MongoDB, for several servers at once. Acknowledged means in the journals of a majority. */
export async function openMongoStore({
  tag,
  onError,
  onRepaired,
  ...address
}: MongoStoreOptions): Promise<Store> {
  const { client, db, replicated } = await connectMongo(address);
  try {
    const collections = collectionsOf(db);
    await refusing(() => migrate(collections));
    const epoch = await refusing(() => epochOf(collections));
    const store = createMongoStore({ collections, epoch, replicated, tag, onError, onRepaired });
    return {
      ...store,
      async close() {
        await store.close();
        await client.close();
      },
    };
  } catch (error) {
    await client.close();
    throw error;
  }
}

export interface MongoStoreDeps extends MongoStoreHooks {
  readonly collections: Collections;
  readonly epoch: string;
  /** Whether another server takes over when one fails. */
  readonly replicated: boolean;
}

export function createMongoStore(deps: MongoStoreDeps): MongoStore {
  const { collections, epoch, replicated, tag, onError, onRepaired } = deps;
  const known = createKnown(collections);
  const logs = createLogs({ collections, tag, replicated });
  const operations = createOperations(collections);
  const friendships = createFriendships({ collections, logs, operations, onError });
  const messages = createMessages({ collections, friendships, logs, onError });
  const calls = createCalls({ collections, friendships, messages, logs, operations, onError });
  const commits = createCommits({ operations, messages, friendships, calls, known });
  const sessions = createSessions(collections);
  const devices = createDevices({ collections, known });
  const accounts = createAccounts({
    collections,
    friendships,
    calls,
    logs,
    sessions,
    belongings: [operations, devices],
  });
  const repair = createRepair({ collections, messages, friendships, calls, accounts, sessions, onError });
  const sweeping = startSweeping(repair, onError, onRepaired);
  const requests = createRequests();

  const inTurn = createTurns();
  const { pay: _pay, remove: _remove, ...accountMethods } = accounts;
  const { drop: _dropSessions, finishEnding: _finishEnding, ...sessionMethods } = sessions;
  const methods: Omit<Store, 'close'> = {
    ...accountMethods,
    ...sessionMethods,
    createAccount: (account) => inTurn(account.username, () => accounts.createAccount(account)),
    replaceKeyring: (user, change) => inTurn(user, () => accounts.replaceKeyring(user, change)),
    replaceCredentials: (user, expect, change) =>
      inTurn(user, () => accounts.replaceCredentials(user, expect, change)),
    startSession: (session) => inTurn(session.user, () => sessions.startSession(session)),
    rotateSession: (id, expect, next) => inTurn(id, () => sessions.rotateSession(id, expect, next)),
    useDevice: (user, device, gen) => inTurn(device, () => devices.useDevice(user, device, gen)),
    ...createReports(collections),
    ...createReads({ collections, logs, messages, calls, epoch }),
    async epoch() {
      return epoch;
    },
    head: logs.head,
    truncate: logs.truncate,
    longLogs: logs.longLogs,
    call: calls.call,
    liveCalls: calls.liveCalls,
    keepCall: calls.keepCall,
    overdueCalls: calls.overdueCalls,
    commit: commits.commit,
    outcome: commits.outcome,
    async relation(pair) {
      return relationOf(await friendships.settled(pair));
    },
    async conversation(pair) {
      const [doc, head] = await Promise.all([friendships.settled(pair), messages.head(pair)]);
      const [low, high] = membersOf(pair);
      return {
        head,
        marks: new Map([
          [low, doc?.low ?? NOTHING_READ],
          [high, doc?.high ?? NOTHING_READ],
        ]),
      };
    },
  };

  return {
    ...requests.guard(methods),
    repair,
    async close() {
      requests.close();
      await sweeping.stop();
      await requests.ended();
      for (const part of [messages, friendships, calls]) await part.idle();
    },
  };
}

/** Users are never removed, so whoever was found once is found. */
function createKnown({ users }: Pick<Collections, 'users'>): (ids: readonly UserId[]) => Promise<void> {
  const found = new Set<UserId>();
  return async (ids) => {
    const unsure = ids.filter((id) => !found.has(id));
    if (unsure.length === 0) return;
    const there = await users.find({ _id: { $in: unsure } }, { projection: { _id: 1 } }).toArray();
    if (found.size >= MAX_KNOWN) found.clear();
    for (const { _id } of there) found.add(_id);
    if (unsure.some((id) => !found.has(id))) throw new Failure('UNKNOWN_USER');
  };
}

/** The sweeper: at once, and then every minute. */
function startSweeping(
  repair: Repair,
  onError: MongoStoreHooks['onError'],
  onRepaired: MongoStoreHooks['onRepaired'],
): { stop(): Promise<void> } {
  let round: Promise<void> = Promise.resolve();
  const sweep = (): void => {
    round = round
      .then(async () => {
        const grown = await repair(Date.now() - UNFINISHED_AFTER);
        if (grown.size > 0) onRepaired(grown);
      })
      .catch(onError);
  };
  sweep();
  const timer = setInterval(sweep, SWEEP_EVERY).unref();
  return {
    stop() {
      clearInterval(timer);
      return round;
    },
  };
}

/** What is asked for and under way: they fail only as the port says, and none begins after the end. */
function createRequests() {
  const running = new Set<Promise<unknown>>();
  let closed = false;

  async function call(method: () => Promise<unknown>): Promise<unknown> {
    if (closed) throw new Failure('UNAVAILABLE', 'the store is closed');
    try {
      return await method();
    } catch (error) {
      throw asFailure(error);
    }
  }

  return {
    guard<T extends object>(methods: T): T {
      const guarded = Object.entries(methods).map(([name, method]) => [
        name,
        (...given: unknown[]) => {
          const made = call(() => method(...given));
          running.add(made);
          const end = (): void => void running.delete(made);
          made.then(end, end);
          return made;
        },
      ]);
      return Object.fromEntries(guarded) as T;
    },
    close(): void {
      closed = true;
    },
    async ended(): Promise<void> {
      await Promise.allSettled(running);
    },
  };
}
