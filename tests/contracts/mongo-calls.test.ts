import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { MongoStore } from '#api/store/mongo/store.ts';
import type { Account, Store } from '#api/store/ports.ts';
import { type Call, type CallStep, advanceCall, isLive } from '#shared/call.ts';
import { Failure } from '#shared/errors.ts';
import { type PairId, membersOf, pairOf } from '#shared/ids.ts';
import type { Committed, Write } from '#sync/server/ports.ts';
import type { OpResult } from '#sync/wire/down.ts';
import { accountOf, someDeviceId, someOpId, someUserId, writeOf } from '../support/api-people.ts';
import { FAULTS, type Fault, dyingAt, holdFirst, withFaults } from '../support/mongo-faults.ts';
import { type MongoNodes, openNodes } from '../support/mongo-nodes.ts';
import { type MongoServer, findMongo, startMongo } from '../support/mongo-server.ts';
import { createRandom } from '../sync/sim/random.ts';
import { calling, message, ringing } from './effects.ts';

const found = findMongo();
const LATER = (): number => Date.now() + 60_000;
const NOW = 1_700_000_001_000;

describe.skipIf('none' in found)('calls in mongodb in bad times', () => {
  vi.setConfig({ testTimeout: 120_000 });
  let server: MongoServer;
  let nodes: MongoNodes;
  let [ann, bob] = [accountOf('ann'), accountOf('bob')];
  let pair: PairId;

  beforeAll(async () => {
    if (!('none' in found)) server = await startMongo(found.kind);
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    nodes = await openNodes(server);
    await meetPeople();
  });
  afterEach(() => nodes.dispose());

  /** Two whom nobody knows yet. */
  async function meetPeople(): Promise<void> {
    const someone = (name: string): Account => accountOf(`${name}-${someUserId().toLowerCase()}`);
    [ann, bob] = [someone('ann'), someone('bob')];
    pair = pairOf(ann.user, bob.user);
    for (const account of [ann, bob]) await nodes.node().createAccount(account);
  }

  const dying = (at: number, happens: boolean): MongoStore =>
    nodes.node(withFaults(nodes.collections, dyingAt(at, happens)).collections);
  const resultOf = (committed: Committed): OpResult | undefined =>
    'result' in committed ? committed.result : undefined;
  const hangUp = ({ user }: Account): CallStep => ({ kind: 'end', by: user, reason: 'hung-up' });

  /** A write that takes a step in the call as it stands. */
  async function stepping(
    store: Store,
    { id }: Pick<Call, 'id'>,
    actor: Account,
    step: CallStep,
  ): Promise<Write> {
    const call = await store.call(pair, id);
    const next = call && advanceCall(call, step, NOW);
    if (!next) throw new Error('this step can’t be taken');
    return writeOf(actor.user, calling(next, call.version), { time: NOW });
  }
  const answering = (store: Store, call: Pick<Call, 'id'>): Promise<Write> =>
    stepping(store, call, bob, { kind: 'answer', by: bob.user, device: someDeviceId() });
  const ending = (store: Store, call: Pick<Call, 'id'>): Promise<Write> =>
    stepping(store, call, ann, hangUp(ann));

  /** What a log says of calls, after a look at its positions. */
  async function rawLog({ user }: Account): Promise<string[]> {
    const docs = await nodes.collections.log
      .find({ user: { $eq: user } })
      .sort({ seq: 1 })
      .toArray();
    expect(docs.map(({ seq }) => seq)).toEqual(docs.map((_, at) => at + 1));
    return docs.flatMap(({ kind, call, at }) => (kind === 'call' ? [`${call} ${at}`] : []));
  }

  test('S3 S27: a step that a server died over is taken once, by the repeat', async () => {
    for (let at = 0; at < 12; at++) {
      const point = `at write ${at >> 1}, which ${at % 2 === 1 ? 'happened' : 'did not happen'}`;
      const call = ringing(ann, bob);
      await nodes.node().commit(writeOf(ann.user, calling(call)));
      const write = await answering(nodes.node(), call);
      const first = await dying(at >> 1, at % 2 === 1)
        .commit(write)
        .catch((error: unknown) => error);
      if (first instanceof Error) expect(first, point).toMatchObject({ code: 'UNAVAILABLE' });

      const other = nodes.node();
      expect(resultOf(await other.commit(write)), point).toEqual(write.result);
      expect(await other.commit(write), point).toEqual({ kind: 'repeat', result: write.result });
      expect(await other.call(pair, call.id)).toMatchObject({ status: 'in_progress', version: 2 });
      for (const account of [ann, bob]) {
        expect(await rawLog(account), point).toEqual([`${call.id} 1`, `${call.id} 2`]);
      }
      await meetPeople();
    }
  });

  test('S27: a step that a server died over is told to both or not taken, by the sweeper of another', async () => {
    for (let at = 0; at < 12; at++) {
      const point = `at write ${at >> 1}, which ${at % 2 === 1 ? 'happened' : 'did not happen'}`;
      const call = ringing(ann, bob);
      await nodes.node().commit(writeOf(ann.user, calling(call)));
      const write = await ending(nodes.node(), call);
      await dying(at >> 1, at % 2 === 1)
        .commit({ ...write, record: at < 6 })
        .catch(() => undefined);

      const other = nodes.node();
      await other.repair(LATER());
      const { version = 0 } = (await nodes.collections.calls.findOne({ id: { $eq: call.id } })) ?? {};
      const told = [`${call.id} 1`, `${call.id} 2`].slice(0, version);
      for (const account of [ann, bob]) expect(await rawLog(account), point).toEqual(told);
      await other.close();
      expect(await nodes.collections.calls.countDocuments({ owes: { $exists: true } }), point).toBe(0);
      await meetPeople();
    }
  });

  test('S27: whoever reads of a call finds it in both logs, however the server ended that wrote it', async () => {
    const held = holdFirst(nodes.collections, 'log', 'insertMany');
    const call = ringing(ann, bob);
    const slow = nodes.node(held.collections).commit(writeOf(ann.user, calling(call)));
    await held.reached;
    expect(await nodes.node().liveCalls(bob.user)).toMatchObject([{ id: call.id }]);
    for (const account of [ann, bob]) expect(await rawLog(account)).toEqual([`${call.id} 1`]);
    held.release();
    expect(await slow).toMatchObject({ kind: 'done' });
    for (const account of [ann, bob]) expect(await rawLog(account)).toEqual([`${call.id} 1`]);
  });

  test('S28: of two starts at two servers at once one rings, and the other is decided again', async () => {
    const cluster = [nodes.node(), nodes.node()] as const;
    for (let round = 0; round < 12; round++) {
      const starts = [ringing(ann, bob), ringing(bob, ann)];
      const writes = starts.map((call) => writeOf(call.caller, calling(call)));
      const kinds = await Promise.all(writes.map((write, at) => (cluster[at] as Store).commit(write)));
      expect(kinds.map(({ kind }) => kind).toSorted()).toEqual(['conflict', 'done']);
      const live = await cluster[0].liveCalls(ann.user);
      expect(live.map(({ id }) => id)).toEqual([starts[kinds[0]?.kind === 'done' ? 0 : 1]?.id]);
      await cluster[1].commit(await ending(cluster[1], live[0] as Call));
    }
  });

  test('S29: of two answers at two servers at once one is given', async () => {
    const cluster = [nodes.node(), nodes.node()] as const;
    for (let round = 0; round < 12; round++) {
      const call = ringing(ann, bob);
      await cluster[0].commit(writeOf(ann.user, calling(call)));
      const writes = await Promise.all(cluster.map((node) => answering(node, call)));
      const kinds = await Promise.all(writes.map((write, at) => (cluster[at] as Store).commit(write)));
      expect(kinds.map(({ kind }) => kind).toSorted()).toEqual(['conflict', 'done']);
      const winner = writes[kinds[0]?.kind === 'done' ? 0 : 1]?.effect;
      const stored = await cluster[1].call(pair, call.id);
      expect(stored?.calleeDevice).toBe(winner?.kind === 'call' && winner.next.calleeDevice);
      await cluster[1].commit(await ending(cluster[1], call));
    }
  });

  test('S3: a start that another call kept out does not ring later, when the server that was slow goes on', async () => {
    const held = holdFirst(nodes.collections, 'calls', 'insertOne');
    const write = writeOf(ann.user, calling(ringing(ann, bob)));
    const slow = nodes.node(held.collections).commit(write);
    await held.reached;
    const other = nodes.node();
    const theirs = ringing(bob, ann);
    await other.commit(writeOf(bob.user, calling(theirs)));
    const refusal = { id: write.op, ok: false, code: 'IN_CALL' } as const;
    const refused = await other.commit({ ...write, effect: null, result: refusal });
    expect(refused).toMatchObject({ kind: 'done', result: refusal });
    await other.commit(await ending(other, theirs));
    held.release();

    // Decided again, it meets its answer.
    expect(await slow).toEqual({ kind: 'conflict' });
    expect(await nodes.node().commit(write)).toEqual({ kind: 'repeat', result: refusal });
    expect((await other.outcome(ann.user, write.op))?.result).toEqual(refusal);
    expect(await other.liveCalls(ann.user)).toEqual([]);
    const { calls } = await other.history(ann.user, bob.user, 1, { entries: 9, bytes: 9_999 });
    expect(calls.map(({ id }) => id)).toEqual([theirs.id]);
    expect(await rawLog(bob)).toEqual([`${theirs.id} 1`, `${theirs.id} 2`]);
  });

  test('S3: a start that is the same once more, and was kept out, is refused', async () => {
    const held = holdFirst(nodes.collections, 'calls', 'insertOne');
    const write = writeOf(ann.user, calling(ringing(ann, bob)));
    const slow = nodes.node(held.collections).commit(write);
    await held.reached;
    const other = nodes.node();
    await other.commit(writeOf(bob.user, calling(ringing(bob, ann))));
    const result = { id: write.op, ok: false, code: 'IN_CALL' };
    expect(await other.commit(write)).toMatchObject({ result });
    held.release();
    expect(await slow).toEqual({ kind: 'conflict' });
    expect(await other.commit(write)).toEqual({ kind: 'repeat', result });
  });

  test('S3: a start that is still possible is made as it was decided first, whatever is decided later', async () => {
    const held = holdFirst(nodes.collections, 'calls', 'insertOne');
    const call = ringing(ann, bob);
    const write = writeOf(ann.user, calling(call));
    const slow = nodes.node(held.collections).commit(write);
    await held.reached;
    const other = nodes.node();
    const refusal = { id: write.op, ok: false, code: 'IN_CALL' } as const;
    expect(await other.commit({ ...write, effect: null, result: refusal })).toMatchObject({
      result: write.result,
    });
    held.release();
    expect(await slow).toEqual({ kind: 'conflict' });
    expect(await other.commit(write)).toEqual({ kind: 'repeat', result: write.result });
    for (const account of [ann, bob]) expect(await rawLog(account)).toEqual([`${call.id} 1`]);
  });

  test('S3: an answer that was given elsewhere meanwhile is not given again by the server that was slow', async () => {
    const call = ringing(ann, bob);
    await nodes.node().commit(writeOf(ann.user, calling(call)));
    const held = holdFirst(nodes.collections, 'calls', 'updateOne');
    const write = await answering(nodes.node(), call);
    const slow = nodes.node(held.collections).commit(write);
    await held.reached;
    const other = nodes.node();
    await other.commit(await ending(other, call));
    const refusal = { id: write.op, ok: false, code: 'CALL_OVER' } as const;
    expect(await other.commit({ ...write, effect: null, result: refusal })).toMatchObject({
      result: refusal,
    });
    held.release();
    expect(await slow).toEqual({ kind: 'conflict' });
    expect(await other.commit(write)).toEqual({ kind: 'repeat', result: refusal });
    expect(await other.call(pair, call.id)).toMatchObject({ status: 'missed', version: 2 });
  });

  test('S3 S27 S28: two servers and a bad network: each step is taken once, told to both, and answered as it came to be', async () => {
    for (const seed of [1, 2, 3]) {
      const random = createRandom(seed);
      const kinds = Object.values(FAULTS);
      const plan = (): Fault | undefined => (random.chance(0.12) ? random.pick(kinds)() : undefined);
      const cluster = [0, 1].map(() => nodes.node(withFaults(nodes.collections, plan).collections));
      const started = new Map<string, boolean>();

      /** As the server does: each operation until it is answered, decided anew at each try. */
      async function carryOut(
        actor: Account,
        decide: (live: Call | undefined) => [Write['effect'], OpResult | null],
      ) {
        const op = someOpId();
        for (let tries = 0; tries < 200; tries++) {
          try {
            const node = random.pick(cluster);
            const before = await node.outcome(actor.user, op);
            if (before) return before.result;
            const [live] = await node.liveCalls(actor.user);
            const [effect, refused] = decide(live);
            const result = refused ?? ({ id: op, ok: true, time: NOW } as const);
            const committed = await node.commit(
              writeOf(actor.user, effect, { op, result: { ...result, id: op } }),
            );
            if (committed.kind === 'done' || committed.kind === 'repeat') return committed.result;
          } catch (error) {
            if (!(error instanceof Failure) || error.code !== 'UNAVAILABLE') throw error;
          }
        }
        throw new Error('an operation was never answered');
      }

      async function callAgain(actor: Account, peer: Account, times: number): Promise<void> {
        for (let at = 0; at < times; at++) {
          const call = ringing(actor, peer);
          const begun = await carryOut(actor, (other) =>
            other ? [null, { id: other.id, ok: false, code: 'IN_CALL' }] : [calling(call), null],
          );
          started.set(call.id, begun.ok);
          await carryOut(actor, (other) => {
            const step: CallStep = random.chance(0.5)
              ? { kind: 'answer', by: actor.user, device: someDeviceId() }
              : hangUp(actor);
            const next = other && advanceCall(other, step, NOW);
            if (!next) return [null, { id: call.id, ok: false, code: 'CALL_OVER' }];
            return [calling(next, (other as Call & { version: number }).version), null];
          });
          if (random.chance(0.3)) await carryOut(actor, () => [message(actor, peer), null]);
        }
      }
      await Promise.all([callAgain(ann, bob, 12), callAgain(bob, ann, 12)]);

      const calm = nodes.node();
      await calm.repair(LATER());
      const docs = await nodes.collections.calls.find({ pair: { $eq: pair }, version: { $gt: 0 } }).toArray();
      const ids = new Set<string>(docs.map(({ id }) => id));
      for (const [id, ok] of started) expect(ids.has(id), `seed ${seed}`).toBe(ok);
      expect(docs.filter(isLive).length, `seed ${seed}`).toBeLessThanOrEqual(1);
      const told = docs.flatMap(({ id, version }) =>
        Array.from({ length: version }, (_, at) => `${id} ${at + 1}`),
      );
      for (const user of membersOf(pair)) {
        const log = await rawLog(user === ann.user ? ann : bob);
        expect(log.toSorted(), `seed ${seed}`).toEqual(told.toSorted());
        const page = await calm.read(user, null, { entries: 999, bytes: 1e6 });
        if (page === 'resync') throw new Error('a log can be read from its start');
        expect(page.entries.filter(({ kind }) => kind === 'call')).toHaveLength(docs.length);
      }
      await meetPeople();
    }
  });
});
