import { afterEach, beforeEach, expect, test } from 'vitest';
import { startMaintenance } from '#api/maintenance.ts';
import { createMemoryStore } from '#api/store/memory/store.ts';
import type { Store } from '#api/store/ports.ts';
import { accountOf, someTag, writeOf } from '../support/api-people.ts';
import { message } from '../contracts/effects.ts';
import { createWorld } from '../sync/sim/world.ts';

const [ann, bob, cas] = [accountOf('ann'), accountOf('bob'), accountOf('cas')];
const ROUND = 300_000;
let world: ReturnType<typeof createWorld>;
let store: Store;
let stop = () => {};
let rounds: number[];
let errors: unknown[];

beforeEach(async () => {
  world = createWorld();
  store = createMemoryStore({ epoch: 'e', tag: someTag });
  for (const account of [ann, bob, cas]) await store.createAccount(account);
  [rounds, errors] = [[], []];
});
afterEach(() => stop());

const send = async (times: number, to = bob): Promise<void> => {
  for (let at = 0; at < times; at++) await store.commit(writeOf(ann.user, message(ann, to)));
};
function start(of: Pick<Store, 'longLogs' | 'truncate'> = store): void {
  stop = startMaintenance({
    store: of,
    timers: world,
    keep: 10,
    onRound: (forgotten) => rounds.push(forgotten),
    onError: (error) => errors.push(error),
  });
}
const kept = async (user: typeof ann): Promise<number> => {
  const page = await store.read(user.user, null, { entries: 1_000, bytes: 1_000_000 });
  return page === 'resync' ? -1 : page.entries.length;
};

test('S22: logs that grew too long are cut to their newest half, every few minutes', async () => {
  start();
  await send(10);
  await world.run(world.now() + ROUND);
  expect([await kept(ann), await kept(bob)]).toEqual([10, 10]);
  await send(1, cas);
  await send(3);
  await world.run(world.now() + ROUND);
  expect([await kept(ann), await kept(bob), await kept(cas)]).toEqual([5, 5, 1]);
  expect(await store.head(ann.user)).toBe(14);
  await world.run(world.now() + ROUND);
  expect(rounds).toEqual([0, 17, 0]);
});

test('a round that fails is told, and the next one goes on', async () => {
  let broken = true;
  start({
    longLogs: (...args) => (broken ? Promise.reject(new Error('full')) : store.longLogs(...args)),
    truncate: store.truncate,
  });
  await send(11);
  await world.run(world.now() + ROUND);
  broken = false;
  await world.run(world.now() + ROUND);
  expect(errors).toHaveLength(1);
  expect(await kept(ann)).toBe(5);
});

test('stopping ends it, in the middle of a round as well', async () => {
  let answer: (() => void) | undefined;
  start({
    async longLogs(...args) {
      await new Promise<void>((resolve) => (answer = resolve));
      return store.longLogs(...args);
    },
    truncate: store.truncate,
  });
  await send(11);
  await world.run(world.now() + ROUND);
  stop();
  answer?.();
  await world.run(world.now() + 3 * ROUND);
  expect(await kept(ann)).toBe(11);
  expect(rounds).toEqual([]);
});
