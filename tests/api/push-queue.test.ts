import { beforeEach, expect, test } from 'vitest';
import type { Delivered } from '#api/push/deliver.ts';
import { type Job, type Outcome, type PushQueue, createPushQueue } from '#api/push/queue.ts';
import { type World, createWorld } from '../sync/sim/world.ts';

const SENT: Delivered = { outcome: 'sent' };
const putOff = (after: number | null = null): Delivered => ({ outcome: 'put off', why: '503', after });

let world: World;
let queue: PushQueue;
/** When each was tried, in ms from the beginning, and for how long it is worth it. */
let tried: { at: number; session: string; ttl: number }[];
let done: { session: string; outcome: Outcome; why: string }[];
let answer: (session: string) => Delivered | Promise<Delivered>;
let wanted: boolean;
let began: number;

beforeEach(() => {
  world = createWorld();
  began = world.now();
  [tried, done, wanted] = [[], [], true];
  answer = () => SENT;
  queue = createPushQueue({
    clock: world,
    timers: world,
    async deliver({ session, ttl }) {
      tried.push({ at: world.now() - began, session, ttl });
      return answer(session);
    },
    isWanted: async () => wanted,
    onDone: ({ session }, outcome, why) => void done.push({ session, outcome, why }),
  });
});

const job = (session: string, change: Partial<Job> = {}, host = 'push.example.org'): Job => ({
  session,
  to: { endpoint: `https://${host}/${session}`, p256dh: '', auth: '' },
  message: { kind: 'message' },
  until: began + 3_600_000,
  ...change,
});
const pass = (ms: number) => world.run(world.now() + ms);
const times = () => tried.map(({ at }) => at);

test('what is put off is tried again three times, each after a longer pause', async () => {
  answer = () => putOff();
  queue.add(job('a'));
  await pass(3_600_000);
  expect(times()).toEqual([0, 2_000, 17_000, 77_000]);
  expect(done).toEqual([{ session: 'a', outcome: 'failed', why: '503' }]);
});

test('it waits for as long as the push service asks, but not for hours', async () => {
  answer = () => (tried.length === 1 ? putOff(30_000) : putOff(3_000_000));
  queue.add(job('a'));
  await pass(3_600_000);
  expect(times()).toEqual([0, 30_000]);
  expect(done).toHaveLength(1);
});

test('what rings is not tried when it rings no more, and says how long it still does', async () => {
  answer = () => putOff();
  queue.add(job('a', { message: { kind: 'call', rings: true }, until: began + 45_000 }));
  await pass(3_600_000);
  expect(tried.map(({ ttl }) => ttl)).toEqual([45, 43, 28]);
  queue.add(job('b', { until: began }));
  await pass(1);
  expect(tried).toHaveLength(3);
  expect(done.at(-1)).toEqual({ session: 'b', outcome: 'failed', why: 'too late' });
});

test('nobody is tried again who has signed out meanwhile', async () => {
  answer = () => putOff();
  queue.add(job('a'));
  await pass(1_000);
  wanted = false;
  await pass(3_600_000);
  expect(times()).toEqual([0]);
  expect(done).toEqual([]);
  // And it is through with it.
  await queue.drain();
});

test('news of the same kind take the place of those that wait, also while the push service wants to be left alone', async () => {
  answer = () => (tried.length === 1 ? putOff(30_000) : SENT);
  queue.add(job('a'));
  await pass(1_000);
  queue.add(job('a', { until: began + 100_000 }));
  queue.add(job('a', { until: began + 60_000 }));
  queue.add(job('a', { message: { kind: 'request' } }));
  await pass(3_600_000);
  expect(times()).toEqual([0, 1_000, 30_000]);
  expect(tried.at(-1)?.ttl).toBe(30);
});

test('a call does not wait behind one that is tried again, and is not tried in its place', async () => {
  const call = (until: number) => job('a', { message: { kind: 'call', rings: true }, until: began + until });
  answer = () => (tried.length === 1 ? putOff(30_000) : tried.length === 2 ? putOff() : SENT);
  queue.add(call(45_000));
  await pass(29_000);
  queue.add(call(74_000));
  await pass(3_600_000);
  // The second one's own pause counts, and not what was left of the first one's.
  expect(tried.map(({ at, ttl }) => [at, ttl])).toEqual([
    [0, 45],
    [29_000, 45],
    [31_000, 43],
  ]);
});

test('so many are asked at a time of one push service, and one that hangs holds up no other', async () => {
  const ends: (() => void)[] = [];
  answer = (session) =>
    session.startsWith('slow') ? new Promise((resolve) => ends.push(() => resolve(SENT))) : SENT;
  for (let n = 0; n < 40; n++) queue.add(job(`slow-${n}`));
  queue.add(job('quick', {}, 'other.example.org'));
  await pass(1);
  expect(tried).toHaveLength(33);
  expect(done).toEqual([{ session: 'quick', outcome: 'sent', why: '' }]);
  while (ends.length > 0) {
    ends.shift()?.();
    await pass(1);
  }
  expect(done).toHaveLength(41);
});

test('above 5,000 that wait the oldest are dropped', async () => {
  answer = () => new Promise(() => {});
  for (let n = 0; n < 5_034; n++) queue.add(job(`s-${n}`));
  await pass(1);
  // Those before are under way.
  expect(done.map(({ session }) => session)).toEqual(['s-32', 's-33']);
  expect(done[0]).toMatchObject({ outcome: 'failed', why: 'too many wait' });
});

test('a queue that is drained sends what waits, and tries nothing again', async () => {
  let ended = false;
  answer = (session) => (session === 'resting' ? putOff() : SENT);
  queue.add(job('resting'));
  await pass(1_000);
  for (let n = 0; n < 20; n++) queue.add(job(`s-${n}`));
  void queue.drain().then(() => (ended = true));
  await pass(1);
  expect(ended).toBe(true);
  expect(done.filter(({ outcome }) => outcome === 'sent')).toHaveLength(20);
  expect(done).toContainEqual({ session: 'resting', outcome: 'failed', why: 'the server stops' });
  await pass(3_600_000);
  expect(tried).toHaveLength(21);
});

test('an empty queue is drained at once', async () => {
  await queue.drain();
  expect(done).toEqual([]);
});
