import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { MongoStore } from '#api/store/mongo/store.ts';
import type { Account, Store } from '#api/store/ports.ts';
import { Failure } from '#shared/errors.ts';
import { type PairId, pairOf } from '#shared/ids.ts';
import type { Committed, Write } from '#sync/server/ports.ts';
import type { Entry, OpResult } from '#sync/wire/down.ts';
import { accountOf, signInOf, someBytes, someDeviceId, someUserId, writeOf } from '../support/api-people.ts';
import { FAULTS, type Fault, dyingAt, holdFirst, serverError, withFaults } from '../support/mongo-faults.ts';
import { type MongoNodes, openNodes } from '../support/mongo-nodes.ts';
import { type MongoServer, findMongo, startMongo } from '../support/mongo-server.ts';
import { createRandom } from '../sync/sim/random.ts';
import { calling, mark, message, related, ringing } from './effects.ts';

const found = findMongo();
const PLENTY = { entries: 10_000, bytes: 100_000_000 };
const LATER = (): number => Date.now() + 60_000;

describe.skipIf('none' in found)('mongodb in bad times', () => {
  vi.setConfig({ testTimeout: 120_000 });
  let server: MongoServer;
  let nodes: MongoNodes;
  let [ann, bob, cas] = [accountOf('ann'), accountOf('bob'), accountOf('cas')];

  beforeAll(async () => {
    if ('none' in found) return;
    server = await startMongo(found.kind);
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    nodes = await openNodes(server);
    await meetPeople();
  });
  afterEach(() => nodes.dispose());

  /** Three whom nobody knows yet. */
  async function meetPeople(): Promise<void> {
    const node = nodes.node();
    const someone = (name: string): Account => accountOf(`${name}-${someUserId().toLowerCase()}`);
    [ann, bob, cas] = [someone('ann'), someone('bob'), someone('cas')];
    for (const account of [ann, bob, cas]) await node.createAccount(account);
  }

  /** A server that dies at its `at`-th write, which is the last to happen or the first that does not. */
  const dying = (at: number, happens: boolean): MongoStore =>
    nodes.node(withFaults(nodes.collections, dyingAt(at, happens)).collections);

  async function logOf(store: Store, { user }: Account): Promise<Entry[]> {
    const page = await store.read(user, null, PLENTY);
    if (page === 'resync') throw new Error('a log can be read from its start');
    // Nothing is folded away but states, which come once or more.
    expect(page.to).toBe(page.head);
    return page.entries as Entry[];
  }
  async function rawLog({ user }: Account) {
    const docs = await nodes.collections.log
      .find({ user: { $eq: user } })
      .sort({ seq: 1 })
      .toArray();
    expect(docs.map(({ seq }) => seq)).toEqual(docs.map((_, at) => at + 1));
    return docs.map(({ kind, peer, at }) => `${kind} ${peer} ${at}`);
  }
  const numbersOf = async (store: Store, a: Account, b: Account): Promise<number[]> => {
    const { head } = await store.conversation(pairOf(a.user, b.user));
    const { messages } = await store.history(a.user, b.user, head + 1, PLENTY);
    return messages.map(({ n }) => n);
  };
  const owedAnything = async (): Promise<number> => {
    const { messages, friendships, calls, users } = nodes.collections;
    const counts = await Promise.all([
      calls.countDocuments({ owes: { $exists: true } }),
      messages.countDocuments({ open: { $exists: true } }),
      friendships.countDocuments({ owes: { $exists: true } }),
      users.countDocuments({ owes: { $exists: true } }),
    ]);
    return counts.reduce((sum, count) => sum + count, 0);
  };
  const resultOf = (committed: Committed): OpResult | undefined =>
    'result' in committed ? committed.result : undefined;

  const WRITES: readonly (readonly [string, () => Write, (entries: Entry[]) => Entry[]])[] = [
    ['message', () => writeOf(ann.user, message(ann, bob)), byKind('message')],
    ['change of a friendship', () => writeOf(ann.user, related(ann, bob, 0, 'requested')), byKind('friend')],
    ['watermark', () => writeOf(bob.user, mark(bob, ann, 3, 1), { record: false }), byKind('receipt')],
    ['start of a call', () => writeOf(ann.user, calling(ringing(ann, bob))), byKind('call')],
    ['recorded watermark', () => writeOf(bob.user, mark(bob, ann, 3, 1)), byKind('receipt')],
  ];

  describe.each(WRITES)('S2 S3: a server that dies during a %s', (_, make, mine) => {
    const POINTS = Array.from({ length: 18 }, (__, at) => [at >> 1, at % 2 === 1] as const);

    test('leaves nothing that a repeat at another server would not finish, once', async () => {
      for (const [at, happens] of POINTS) {
        const point = `at write ${at}, which ${happens ? 'happened' : 'did not happen'}`;
        const write = make();
        const first = await dying(at, happens)
          .commit(write)
          .catch((error: unknown) => error);
        if (first instanceof Error) expect(first, point).toMatchObject({ code: 'UNAVAILABLE' });

        const other = nodes.node();
        const before = await other.outcome(write.actor, write.op);
        const second = await other.commit(write);
        const result = resultOf(second);
        expect(result, point).toMatchObject({ ok: true, id: write.op });
        if (!(first instanceof Error) && write.record)
          expect(resultOf(first as Committed), point).toEqual(result);
        if (before) expect(before.result, point).toEqual(result);
        if (write.record) expect((await other.outcome(write.actor, write.op))?.result).toEqual(result);
        expect(await other.commit(write)).toMatchObject(write.record ? { kind: 'repeat', result } : {});
        for (const account of [ann, bob]) {
          expect(mine(await logOf(other, account)).length, point).toBeGreaterThan(0);
          expect(new Set(await rawLog(account)).size).toBe((await rawLog(account)).length);
        }
        await other.repair(LATER());
        await meetPeople();
      }
    });

    test('leaves nothing that the sweeper of another would not finish, if it began', async () => {
      for (const [at, happens] of POINTS) {
        const point = `at write ${at}, which ${happens ? 'happened' : 'did not happen'}`;
        const write = make();
        const first = await dying(at, happens)
          .commit(write)
          .catch(() => undefined);

        const other = nodes.node();
        await other.repair(LATER());
        await other.close();
        expect(await owedAnything(), point).toBe(0);
        const logs = await Promise.all(
          [ann, bob].map(async (account) => mine(await logOf(nodes.node(), account))),
        );
        // Both or none; and both, if it was answered.
        expect(logs[0]?.length, point).toBe(logs[1]?.length);
        if (first) expect(logs[0]?.length, point).toBe(1);
        await meetPeople();
      }
    });
  });

  test('a new keyring is told of to everybody, whenever the server dies', async () => {
    const node = nodes.node();
    await node.commit(writeOf(ann.user, related(ann, bob, 0, 'friends')));
    await node.commit(writeOf(ann.user, related(ann, cas, 0, 'requested')));
    const grown = new Map<Account, number>([
      [ann, 2],
      [bob, 1],
      [cas, 1],
    ]);
    let known = 1;
    for (let at = 0; at < 6; at++) {
      const rotated = { bundle: someBytes(231), keyId: someBytes(16) };
      const change = { expect: known, keyring: someBytes(90), rotated, time: 9 };
      await dying(at, at % 2 === 0)
        .replaceKeyring(ann.user, change)
        .catch(() => {});
      const other = nodes.node();
      await other.repair(LATER());
      const { revision } = (await other.accountOf(ann.user)) as Account;
      const changed = revision > known;
      known = revision;
      for (const account of [ann, bob, cas]) {
        const head = (grown.get(account) ?? 0) + (changed ? 1 : 0);
        expect(await other.head(account.user), `at write ${at}`).toBe(head);
        grown.set(account, head);
      }
      expect(await owedAnything()).toBe(0);
    }
    expect(known).toBeGreaterThan(3);
  });

  test('new credentials end the sign-ins of before, whenever the server dies', async () => {
    const credentials = { ...ann.credentials, verifier: 'another' };
    let changes = 0;
    for (let at = 0; at < 10; at++) {
      const point = `at write ${at >> 1}, which ${at % 2 === 1 ? 'happened' : 'did not happen'}`;
      const node = nodes.node();
      const before = (await node.accountOf(ann.user)) as Account;
      const [mine, thief, other] = [signInOf(ann), signInOf(ann), signInOf(ann)];
      for (const signIn of [mine, thief, other]) await node.startSession(signIn);
      const change = { credentials, endSessions: { except: mine.id, time: 9 } };
      await dying(at >> 1, at % 2 === 1)
        .replaceCredentials(ann.user, before.credentialsVersion, change)
        .catch(() => {});
      const next = nodes.node();
      const changed =
        ((await next.accountOf(ann.user)) as Account).credentialsVersion > before.credentialsVersion;
      if (changed) changes++;
      // Whichever is first: the person signs in again, or the sweeper comes by. Neither ends what is new.
      const again = signInOf(ann, { rotated: mine.rotated + 1 });
      if (at < 6) await next.startSession(again);
      await next.repair(LATER());
      if (at >= 6) await next.startSession(again);
      await next.repair(LATER());
      const open = (await next.sessions(ann.user)).map(({ id }) => id);
      if (changed) expect(open, point).toEqual([again.id, mine.id]);
      else expect(open, point).toHaveLength(4);
      const { users } = nodes.collections;
      expect(await users.countDocuments({ ending: { $exists: true } }), point).toBe(0);
      await next.endSessions(ann.user, null, 10);
    }
    expect(changes).toBe(9);
  });

  test('a deletion that was begun is finished, whenever the server dies', async () => {
    for (let at = 0; at < 16; at++) {
      const [dan, eve] = [accountOf(`dan${at}`), accountOf(`eve${at}`)];
      const node = nodes.node();
      for (const account of [dan, eve]) await node.createAccount(account);
      await node.commit(writeOf(dan.user, related(dan, eve, 0, 'friends')));
      await node.commit(writeOf(dan.user, message(dan, eve)));
      await node.commit(writeOf(dan.user, calling(ringing(dan, eve))));
      await node.startSession(signInOf(dan));
      await node.useDevice(dan.user, someDeviceId(), 0);
      await dying(at, at % 2 === 0)
        .deleteAccount(dan.user, 9)
        .catch(() => {});
      const other = nodes.node();
      await other.repair(LATER());
      if (await other.accountOf(dan.user)) {
        expect(at).toBeLessThan(2);
        continue;
      }
      expect(await other.acquaintances(eve.user)).toEqual([]);
      expect(await other.liveCalls(eve.user)).toEqual([]);
      expect(byKind('call')(await logOf(other, eve))).toMatchObject([{ status: 'missed' }]);
      expect(await other.head(dan.user)).toBe(0);
      expect(await other.sessions(dan.user)).toEqual([]);
      expect(await other.deleteAccount(dan.user, 10)).toEqual([]);
      const { operations, installations, users } = nodes.collections;
      const keys = { _id: { $gte: `${dan.user} `, $lt: `${dan.user}!` } };
      expect(await operations.countDocuments(keys)).toBe(0);
      expect(await installations.countDocuments(keys)).toBe(0);
      expect(await users.countDocuments({ deleting: { $exists: true } })).toBe(0);
      expect(byKind('friend')(await logOf(other, eve))).toMatchObject([{ standing: 'none' }]);
    }
  });

  test.each(Object.entries(FAULTS))(
    'S2: when %s, nothing is reported as done, and a repeat is',
    async (_, fault) => {
      for (const collection of ['operations', 'messages', 'log'] as const) {
        let failing = true;
        const faulty = withFaults(nodes.collections, (call) =>
          failing && call.collection === collection ? fault() : undefined,
        );
        const node = nodes.node(faulty.collections);
        const write = writeOf(ann.user, message(ann, bob));
        await expect(node.commit(write), collection).rejects.toMatchObject({ code: 'UNAVAILABLE' });
        failing = false;
        const result = resultOf(await node.commit(write));
        expect(result, collection).toMatchObject({ ok: true });
        expect(await node.commit(write)).toEqual({ kind: 'repeat', result });
        for (const account of [ann, bob]) {
          const entries = (await logOf(node, account)).filter(
            (entry) => entry.kind === 'message' && entry.op === write.op,
          );
          expect(entries, collection).toHaveLength(1);
        }
      }
    },
  );

  test('S1 S8: a batch that breaks off in the middle leaves no gap behind it', async () => {
    for (const collection of ['operations', 'messages', 'log'] as const) {
      let broken = false;
      const faulty = withFaults(nodes.collections, (call) => {
        if (broken || call.collection !== collection || call.method !== 'insertMany') return undefined;
        broken = true;
        return FAULTS['the connection broke in the middle of a batch']?.();
      });
      const node = nodes.node(faulty.collections);
      const writes = Array.from({ length: 10 }, () => writeOf(ann.user, message(ann, bob)));
      await Promise.allSettled(writes.map((write) => node.commit(write)));
      expect(broken).toBe(true);
      // Others go on at once; then what was not answered is said again.
      await node.commit(writeOf(bob.user, message(bob, ann)));
      await Promise.all(writes.map((write) => node.commit(write)));
      expect(await numbersOf(node, ann, bob)).toEqual(Array.from({ length: 11 }, (_, at) => at + 1));
      for (const account of [ann, bob]) expect(await rawLog(account), collection).toHaveLength(11);
      await meetPeople();
    }
  });

  test('S1 S3 S8: two servers and a bad network: each message once, in both logs, under one number', async () => {
    for (const seed of [1, 2, 3]) {
      const random = createRandom(seed);
      const kinds = Object.values(FAULTS);
      const plan = (): Fault | undefined => (random.chance(0.15) ? random.pick(kinds)() : undefined);
      const cluster = [0, 1].map(() => nodes.node(withFaults(nodes.collections, plan).collections));
      const results = new Map<string, OpResult>();

      /** As a client does: one after the other, each until it is answered, at whichever server. */
      async function talk(from: Account, to: Account, times: number): Promise<void> {
        for (let at = 0; at < times; at++) {
          const write = writeOf(from.user, message(from, to));
          for (let tries = 0; !results.has(write.op); tries++) {
            expect(tries).toBeLessThan(100);
            const node = random.pick(cluster);
            const committed = await node.commit(write).catch((error: unknown) => {
              if (error instanceof Failure && error.code === 'UNAVAILABLE') return undefined;
              throw error;
            });
            const result = committed && resultOf(committed);
            if (result) results.set(write.op, result);
          }
        }
      }
      await Promise.all([talk(ann, bob, 20), talk(bob, ann, 20), talk(cas, ann, 15), talk(ann, cas, 10)]);

      const calm = nodes.node();
      await calm.repair(LATER());
      expect(await numbersOf(calm, ann, bob)).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
      expect(await numbersOf(calm, ann, cas)).toEqual(Array.from({ length: 25 }, (_, at) => at + 1));
      for (const [account, count] of [
        [ann, 65],
        [bob, 40],
        [cas, 25],
      ] as const) {
        expect(await rawLog(account)).toHaveLength(count);
        for (const entry of await logOf(calm, account)) {
          if (entry.kind !== 'message') throw new Error('nothing but messages was sent');
          expect(results.get(entry.op), `seed ${seed}`).toMatchObject({
            ok: true,
            n: entry.n,
            time: entry.time,
          });
        }
      }
      await meetPeople();
    }
  });

  test('S1 S8: two servers append to the same logs at once, without a gap, each conversation in its order', async () => {
    const cluster = [nodes.node(), nodes.node()];
    const writes = Array.from({ length: 160 }, (_, at) => {
      const [from, to] = (
        [
          [ann, bob],
          [bob, ann],
          [ann, cas],
          [cas, ann],
        ] as const
      )[at % 4] ?? [ann, bob];
      return { node: cluster[at % 3 === 0 ? 1 : 0] as Store, write: writeOf(from.user, message(from, to)) };
    });
    await Promise.all(writes.map(({ node, write }) => node.commit(write)));
    expect(await rawLog(ann)).toHaveLength(160);
    for (const account of [ann, bob, cas]) {
      const numbersByPair = new Map<PairId, number[]>();
      for (const entry of await logOf(nodes.node(), account)) {
        if (entry.kind !== 'message') continue;
        const pair = pairOf(entry.from, entry.to);
        numbersByPair.set(pair, [...(numbersByPair.get(pair) ?? []), entry.n]);
      }
      for (const numbers of numbersByPair.values()) {
        expect(numbers).toEqual(Array.from({ length: 80 }, (_, at) => at + 1));
      }
    }
  });

  test('S3: a message that was refused meanwhile is not sent by the server that was slow', async () => {
    const held = holdFirst(nodes.collections, 'messages', 'insertMany');
    const write = writeOf(ann.user, message(ann, bob));
    const slow = nodes.node(held.collections).commit(write);
    await held.reached;
    const refusal = { id: write.op, ok: false, code: 'NOT_FRIENDS' } as const;
    const refused = await nodes.node().commit({ ...write, effect: null, result: refusal });
    expect(refused).toMatchObject({ result: refusal });
    held.release();

    expect(await slow).toEqual({ kind: 'repeat', result: refusal });
    const node = nodes.node();
    expect(await node.commit(write)).toEqual({ kind: 'repeat', result: refusal });
    expect((await node.outcome(ann.user, write.op))?.result).toEqual(refusal);
    expect(await node.head(bob.user)).toBe(0);
    expect((await node.conversation(pairOf(ann.user, bob.user))).head).toBe(0);
    await node.commit(writeOf(ann.user, message(ann, bob)));
    expect(await numbersOf(node, ann, bob)).toEqual([1]);
  });

  test('S3: a message that was repeated elsewhere is sent once, and both servers say the same', async () => {
    for (const held of [
      holdFirst(nodes.collections, 'messages', 'insertMany'),
      holdFirst(nodes.collections, 'log', 'insertMany'),
    ]) {
      const write = writeOf(ann.user, message(ann, bob));
      const slow = nodes.node(held.collections).commit(write);
      await held.reached;
      const other = nodes.node();
      const result = resultOf(await other.commit(write));
      held.release();
      expect(resultOf(await slow)).toEqual(result);
      const ops = (await logOf(other, bob)).filter(
        (entry) => entry.kind === 'message' && entry.op === write.op,
      );
      expect(ops).toHaveLength(1);
    }
  });

  test('S3 S18: a friendship that was decided elsewhere is not decided again by the server that was slow', async () => {
    const held = holdFirst(nodes.collections, 'friendships', 'updateOne');
    const write = writeOf(ann.user, related(ann, bob, 0, 'requested'));
    const slow = nodes.node(held.collections).commit(write);
    await held.reached;
    const other = nodes.node();
    // The client repeats it, and what is decided now rests on a request of the other that came between.
    await other.commit(writeOf(bob.user, related(bob, ann, 0, 'requested')));
    const again = await other.commit({ ...write, effect: related(ann, bob, 1, 'friends') });
    held.release();

    expect(again).toMatchObject({ kind: 'done' });
    expect(await slow).toEqual({ kind: 'conflict' });
    expect(await other.relation(pairOf(ann.user, bob.user))).toMatchObject({ state: 'friends', version: 2 });
    expect((await other.outcome(ann.user, write.op))?.result).toEqual(resultOf(again));
    expect(await other.head(bob.user)).toBe(2);
  });

  test('S3: a change that is still possible is made as it was decided first, whatever is decided later', async () => {
    const held = holdFirst(nodes.collections, 'friendships', 'updateOne');
    const write = writeOf(ann.user, related(ann, bob, 0, 'requested'));
    const slow = nodes.node(held.collections).commit(write);
    await held.reached;
    const other = nodes.node();
    const refusal = { id: write.op, ok: false, code: 'REQUEST_LIMIT' } as const;
    const again = await other.commit({ ...write, effect: null, result: refusal });
    held.release();

    expect(again).toMatchObject({ kind: 'done', result: write.result });
    // Decided again, as a conflict is.
    expect(await slow).toEqual({ kind: 'conflict' });
    expect(await other.commit(write)).toEqual({ kind: 'repeat', result: write.result });
    expect(await other.relation(pairOf(ann.user, bob.user))).toMatchObject({
      state: 'requested',
      version: 1,
    });
    expect(await other.head(bob.user)).toBe(1);
  });

  test('S8: a message goes into the logs behind the ones before it, also those of a server that is slow', async () => {
    const held = holdFirst(nodes.collections, 'log', 'insertMany');
    // Too young for a sweeper.
    const time = Date.now();
    const slow = nodes.node(held.collections).commit(writeOf(ann.user, message(ann, bob), { time }));
    await held.reached;
    await nodes.node().commit(writeOf(bob.user, message(bob, ann), { time }));
    held.release();
    await slow;
    for (const account of [ann, bob]) {
      const entries = await logOf(nodes.node(), account);
      expect(entries).toMatchObject([{ n: 1 }, { n: 2 }]);
    }
  });

  test('S11: a cursor that a replaced database does not know is no reason to start again', async () => {
    await nodes.node().commit(writeOf(ann.user, message(ann, bob)));
    let stale = true;
    const nothing = { sort: () => ({ limit: () => ({ toArray: async () => [] }) }) };
    const log = new Proxy(nodes.collections.log, {
      get(target, name) {
        if (name === 'find' && stale) return () => nothing;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const node = nodes.node({ ...nodes.collections, log }, true);
    const { tag = 0 } = (await nodes.collections.log.findOne({ user: { $eq: bob.user } })) ?? {};
    const cursor = { epoch: await node.epoch(), seq: 1, tag };
    await expect(node.read(bob.user, cursor, PLENTY)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await node.read(bob.user, { ...cursor, seq: 2 }, PLENTY)).toBe('resync');
    stale = false;
    expect(await node.read(bob.user, cursor, PLENTY)).toMatchObject({ from: 1, to: 1, entries: [] });
    expect(await node.read(bob.user, { ...cursor, tag: tag ^ 1 }, PLENTY)).toBe('resync');
  });

  test('S5: of two contents under one id at two servers at once one is done and the other reused', async () => {
    const cluster = [nodes.node(), nodes.node()] as const;
    for (let round = 0; round < 8; round++) {
      const one = writeOf(ann.user, message(ann, bob));
      const two = { ...one, digest: someBytes(32), effect: message(ann, cas) };
      const kinds = await Promise.all([cluster[0].commit(one), cluster[1].commit(two)]);
      expect(kinds.map(({ kind }) => kind).toSorted()).toEqual(['done', 'reused']);
    }
    const heads = await Promise.all([bob, cas].map(({ user }) => cluster[0].head(user)));
    expect(heads.reduce((sum, head) => sum + head, 0)).toBe(8);
  });

  test('S22: positions are not given again after a truncation by another server', async () => {
    const [one, two] = [nodes.node(), nodes.node()];
    for (let at = 0; at < 6; at++) await one.commit(writeOf(ann.user, message(ann, bob)));
    await two.truncate(bob.user, 100);
    await one.commit(writeOf(ann.user, message(ann, bob)));
    await two.commit(writeOf(ann.user, message(ann, bob)));
    const page = await two.read(bob.user, null, PLENTY);
    expect(page).toMatchObject({
      to: 8,
      entries: [
        { seq: 6, n: 6 },
        { seq: 7, n: 7 },
        { seq: 8, n: 8 },
      ],
    });
  });

  test('a full database is STORAGE_FULL, a request that it does not understand INTERNAL', async () => {
    for (const [code, failure] of [
      [14_031, 'STORAGE_FULL'],
      [9, 'INTERNAL'],
    ] as const) {
      const faulty = withFaults(nodes.collections, () => ({
        error: serverError(code, 'no'),
        happens: false,
      }));
      await expect(
        nodes.node(faulty.collections).commit(writeOf(ann.user, message(ann, bob))),
      ).rejects.toMatchObject({ code: failure });
    }
  });

  test('what a closed store is asked for is UNAVAILABLE, and what it was asked for before is done', async () => {
    const node = nodes.node();
    const handedOver = node.commit(writeOf(ann.user, message(ann, bob)));
    await node.close();
    expect(await handedOver).toMatchObject({ kind: 'done' });
    await expect(node.head(ann.user)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await owedAnything()).toBe(0);
  });
});

function byKind(kind: Entry['kind']): (entries: Entry[]) => Entry[] {
  return (entries) => entries.filter((entry) => entry.kind === kind);
}
