import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { randomSecret } from '#api/auth/keys.ts';
import { type Registered, createAgent, signUp } from '../support/api-server.ts';
import { type MongoServer, findMongo, startMongo } from '../support/mongo-server.ts';
import { type RedisServer, noRedis, startRedis } from '../support/redis.ts';
import { type TestServer, startServer } from '../support/server.ts';
import { type SyncPerson, startPerson } from '../support/sync-person.ts';
import { until } from '../support/wait.ts';

const found = findMongo();
const missing = noRedis ?? ('none' in found ? found.none : undefined);
/** A node that dies is missed after 10 to 15 seconds. */
const MISSED = { within: 25_000 };

/** Two processes of the built server on one database, as an operator runs them. */
describe.skipIf(missing)(`two processes${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let mongo: MongoServer;
  let redis: RedisServer;
  let database: string;
  const nodes: TestServer[] = [];
  const people: SyncPerson[] = [];
  /** Which nodes clients are sent to now. */
  let open: TestServer[] = [];
  let awake: NodeJS.Timeout | undefined;

  beforeAll(async () => {
    if ('none' in found) throw new Error(found.none);
    [mongo, redis] = await Promise.all([startMongo(found.kind), startRedis()]);
    database = mongo.freshDatabase();
    const env = {
      NEXCHAT_STORE: 'mongodb',
      NEXCHAT_MONGODB_URI: mongo.uri,
      NEXCHAT_MONGODB_DB: database,
      NEXCHAT_MONGODB_ALLOW_STANDALONE: '1',
      NEXCHAT_REDIS_URL: redis.url,
      NEXCHAT_JWT_KEYS: `k1:${randomSecret()}`,
      NEXCHAT_PEPPERS: `p1:${randomSecret()}`,
      NEXCHAT_PRELOGIN_KEY: randomSecret(),
    };
    // One after the other: the first one makes the collections.
    for (const name of ['one', 'two']) nodes.push(await startServer({ env: { ...env, NEXCHAT_NODE: name } }));
    open = [...nodes];
  });
  afterEach(async () => {
    clearInterval(awake);
    await Promise.all(people.splice(0).map((person) => person.stop()));
  });
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.close()));
    await mongo?.dropDatabase(database);
    await Promise.all([redis?.close(), mongo?.stop()]);
  });

  const nodeAt = (at: number): TestServer => nodes[at] as TestServer;
  async function couple(name: string): Promise<[Registered, Registered]> {
    const [a, b] = [await signUp(nodeAt(0), `${name}-a`), await signUp(nodeAt(1), `${name}-b`)];
    await a.agent.post('/api/friends/request', { receiver: `${name}-b` }, a.bearer);
    expect((await b.agent.post('/api/friends/accept', { sender: `${name}-a` }, b.bearer)).status).toBe(204);
    return [a, b];
  }
  async function come(who: Registered, url: () => string): Promise<SyncPerson> {
    const person = await startPerson(who, url);
    people.push(person);
    await until(() => person.live(), { within: 15_000 });
    return person;
  }

  test('a message crosses at once, both are ready, and a node that is killed takes its people offline', async () => {
    const [a, b] = await couple('cross');
    const [ann, ben] = [await come(a, () => nodeAt(0).url), await come(b, () => nodeAt(1).url)];
    await until(() => ann.sees(ben) && ben.sees(ann), { within: 10_000 });
    const id = ann.write(ben);
    await until(() => ben.conversation(ann).includes(id), { within: 5_000 });
    for (const node of nodes) {
      expect((await createAgent(node).get('/readyz')).body).toMatchObject({ ok: true, bus: 'connected' });
    }
    await nodeAt(1).sigkill();
    await until(() => !ann.sees(ben), MISSED);
    await ben.stop();
    const back = await come(b, () => nodeAt(0).url);
    await until(() => ann.sees(back) && back.sees(ann), { within: 10_000 });
    await nodeAt(1).start();
  });

  test('nothing acknowledged is lost, doubled or out of order while a node is killed and Redis dies', async () => {
    const couples = [await couple('x'), await couple('y')];
    const anywhere = (): string => (open[randomInt(open.length)] ?? nodeAt(0)).url;
    const pairs: [SyncPerson, SyncPerson][] = [];
    for (const [a, b] of couples) pairs.push([await come(a, anywhere), await come(b, anywhere)]);
    const everybody = pairs.flat();
    const sent = new Map(everybody.map((person) => [person, [] as string[]]));
    const over = new AbortController();
    const writers = pairs
      .flatMap(([a, b]) => [[a, b] as const, [b, a] as const])
      .map(async ([from, to]) => {
        while (!over.signal.aborted) {
          sent.get(from)?.push(from.write(to));
          await sleep(randomInt(150, 350));
        }
      });
    const movers = everybody.map(async (person) => {
      while (!over.signal.aborted) {
        await sleep(randomInt(500, 2_000));
        person.cut();
      }
    });
    await sleep(1_500);
    await nodeAt(1).sigkill();
    open = [nodeAt(0)];
    await sleep(1_000);
    await redis.kill();
    await nodeAt(1).start();
    open = [...nodes];
    await sleep(1_500);
    await redis.start();
    await sleep(1_500);
    expect(await nodeAt(0).stop()).toBe(0);
    open = [nodeAt(1)];
    await sleep(1_000);
    await nodeAt(0).start();
    open = [...nodes];
    over.abort();
    await Promise.all([...writers, ...movers]);

    // Whoever was refused often would otherwise wait for up to a minute.
    awake = setInterval(() => everybody.forEach((person) => person.wake()), 2_000);
    for (const [a, b] of pairs) {
      const all = (sent.get(a)?.length ?? 0) + (sent.get(b)?.length ?? 0);
      const complete = (): boolean =>
        [a, b].every((one) => one.waiting() === 0 && one.live()) &&
        a.conversation(b).length === all &&
        b.conversation(a).length === all;
      await until(complete, { within: 60_000, for: 'everything to be everywhere' });
      expect(a.conversation(b)).toEqual(b.conversation(a));
      for (const [from, to] of [
        [a, b],
        [b, a],
      ] as const) {
        const own = new Set<string>(sent.get(from));
        expect(to.conversation(from).filter((id) => own.has(id))).toEqual(sent.get(from));
        expect(from.refused).toEqual([]);
      }
      await until(() => a.sees(b) && b.sees(a), MISSED);
    }
    expect(everybody.reduce((sum, person) => sum + person.acked.size, 0)).toBeGreaterThan(40);
    for (const node of nodes) {
      await until(
        async () => (await createAgent(node).get<{ bus: string }>('/readyz')).body.bus === 'connected',
        { within: 10_000 },
      );
    }
  }, 180_000);
});
