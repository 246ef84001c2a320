import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ephemeralSecrets } from '#api/auth/secrets.ts';
import { createMemoryStore } from '#api/store/memory/store.ts';
import type { Store } from '#api/store/ports.ts';
import { createTags } from '#api/store/tags.ts';
import { type ApiServer, type Registered, createAgent, signUp, startApi } from '../support/api-server.ts';
import { type PushService, startPushService } from '../support/push-service.ts';
import { type Proxy, createProxy } from '../support/proxy.ts';
import { type RedisServer, noRedis, startRedis } from '../support/redis.ts';
import { type SyncPerson, startPerson } from '../support/sync-person.ts';
import { until } from '../support/wait.ts';

const BEAT = 150;
/** Below this nothing can have waited for a heartbeat of a client, which comes every 25 seconds. */
const SOON = { within: 8_000 };

/** Two servers on one store, as two processes on one database would be. */
describe.skipIf(noRedis)(`two nodes${noRedis ? ` (skipped: ${noRedis})` : ''}`, () => {
  let redis: RedisServer;
  let store: Store;
  let nodes: ApiServer[];
  /** Between each node and Redis. */
  let links: Proxy[];
  const secrets = ephemeralSecrets();
  const people: SyncPerson[] = [];
  let pushService: PushService;

  beforeAll(async () => {
    [redis, pushService] = await Promise.all([startRedis(), startPushService()]);
  });
  afterAll(() => Promise.all([redis.close(), pushService.close()]));
  beforeEach(async () => {
    store = createMemoryStore({ epoch: 'one history', tag: createTags() });
    links = [await createProxy(redis.port), await createProxy(redis.port)];
    nodes = [await startNode(0), await startNode(1)];
  });
  afterEach(async () => {
    await Promise.all(people.splice(0).map((person) => person.stop()));
    await Promise.all(nodes.map((node) => node.dispose()));
    await Promise.all(links.map((link) => link.close()));
    await store.close();
  });

  const node = (at: number): ApiServer => nodes[at % nodes.length] as ApiServer;
  const startNode = (at: number): Promise<ApiServer> =>
    startApi({
      store,
      secrets,
      node: `node-${at}`,
      busBeat: BEAT,
      push: { contact: null, hosts: [pushService.host] },
      redisUrl: `redis://127.0.0.1:${links[at]?.port}`,
    });
  /** The node's connections to Redis break, and no new ones are made. */
  async function isolate(at: number): Promise<void> {
    await links[at]?.refuse();
    links[at]?.cut();
    await until(async () => (await ready(at)).bus === 'disconnected', SOON);
  }
  async function rejoin(at: number): Promise<void> {
    await links[at]?.accept();
    await until(async () => (await ready(at)).bus === 'connected', SOON);
  }
  async function ready(at: number): Promise<{ bus: string }> {
    return (await createAgent(node(at)).get<{ bus: string }>('/readyz')).body;
  }

  async function befriend(a: Registered, b: Registered): Promise<void> {
    const [at, to] = [node(0).url, node(1).url];
    await fetch(`${at}/api/friends/request`, jsonOf(a, { receiver: b.registration.username }));
    const { status } = await fetch(
      `${to}/api/friends/accept`,
      jsonOf(b, { sender: a.registration.username }),
    );
    expect(status).toBe(204);
  }
  function jsonOf({ bearer }: Registered, body: unknown): RequestInit {
    const headers = { ...bearer, 'content-type': 'application/json' };
    return { method: 'POST', headers, body: JSON.stringify(body) };
  }
  async function come(who: Registered, at: number | (() => number)): Promise<SyncPerson> {
    const person = await startPerson(who, () => node(typeof at === 'number' ? at : at()).url);
    people.push(person);
    await until(() => person.live(), SOON);
    return person;
  }
  async function friends(): Promise<[Registered, Registered]> {
    const pair: [Registered, Registered] = [await signUp(node(0), 'ann'), await signUp(node(1), 'ben')];
    await befriend(...pair);
    return pair;
  }

  test('a message reaches the other node at once, and typing does', async () => {
    const [a, b] = await friends();
    const [ann, ben] = [await come(a, 0), await come(b, 1)];
    const ids = Array.from({ length: 20 }, () => ann.write(ben));
    await until(() => ben.conversation(ann).length === ids.length, { within: 3_000 });
    expect(ben.conversation(ann)).toEqual(ids);
    expect([...ann.acked.keys()]).toEqual(ids);
    ann.typesTo(ben);
    await until(() => ben.typists.includes(ann.user), { within: 3_000 });
  });

  test('people see each other wherever they are, also in the directory', async () => {
    const [a, b] = await friends();
    const ann = await come(a, 0);
    const ben = await come(b, 1);
    await until(() => ann.sees(ben) && ben.sees(ann), SOON);
    const listed = await createAgent(node(0)).get('/api/directory', a.bearer);
    expect(listed.body).toMatchObject({ people: [{ username: 'ben', online: true }] });
    await ben.stop();
    await until(() => !ann.sees(ben), SOON);
  });

  test('who is on two nodes stays online when one connection ends, and nobody sees a flicker', async () => {
    const [a, b] = await friends();
    const ann = await come(a, 0);
    const here = await come(b, 0);
    const there = await come(b, 1);
    await until(() => ann.sees(here), SOON);
    let flickered = false;
    const watching = until(
      () => {
        flickered ||= !ann.sees(here);
        return false;
      },
      { within: 6 * BEAT, every: 5 },
    ).catch(() => undefined);
    await here.stop();
    await watching;
    expect(flickered).toBe(false);
    await there.stop();
    await until(() => !ann.sees(here), SOON);
  });

  test('a node that dies takes its people offline, and they are back with it', async () => {
    const [a, b] = await friends();
    const [ann, ben] = [await come(a, 0), await come(b, 1)];
    await until(() => ann.sees(ben), SOON);
    await isolate(1);
    await until(() => !ann.sees(ben), SOON);
    await rejoin(1);
    await until(() => ann.sees(ben) && ben.sees(ann), SOON);
  });

  test('what was said while a node could not hear is found when it can', async () => {
    const [a, b] = await friends();
    const [ann, ben] = [await come(a, 0), await come(b, 1)];
    await isolate(1);
    const id = ann.write(ben);
    await until(() => ann.acked.has(id), SOON);
    await sleep(2 * BEAT);
    expect(ben.conversation(ann)).toEqual([]);
    await rejoin(1);
    await until(() => ben.conversation(ann).length === 1, SOON);
  });

  test('a sign-in that ends on one node loses its sockets on the other', async () => {
    const [, b] = await friends();
    const ben = await come(b, 0);
    const elsewhere = createAgent(node(1));
    elsewhere.cookie = b.agent.cookie;
    expect((await elsewhere.post('/api/auth/logout', {})).status).toBe(204);
    await until(() => !ben.live(), SOON);
  });

  test('a device without a connection is woken once, by the node that carried it out, with the key of both', async () => {
    const [a, b] = await friends();
    const phone = pushService.newDevice();
    const [here, there] = await Promise.all(nodes.map((one) => createAgent(one).get('/api/push', b.bearer)));
    expect(here?.body).toEqual(there?.body);
    expect((await b.agent.ask('PUT', '/api/push', phone.place, b.bearer)).status).toBe(204);
    const ann = await come(a, 0);
    const ben = await come(b, 1);
    await ben.stop();
    await until(() => !ann.sees(ben), SOON);
    ann.write(ben);
    await until(() => phone.woken.length === 1, SOON);
    await Promise.all(nodes.map((one) => one.close()));
    expect(phone.woken).toHaveLength(1);
  });

  test('wrong passwords are counted together', async () => {
    await Promise.all(nodes.map((one) => one.dispose()));
    const options = { store, secrets, limitScale: 1 };
    nodes = await Promise.all(links.map(() => startApi({ ...options, redisUrl: redis.url })));
    const { login } = await signUp(node(0), `guessed-${randomInt(1e9)}`);
    const wrong = { ...login, authKey: 'A'.repeat(43) };
    const answers: number[] = [];
    for (let i = 0; i < 11; i++)
      answers.push((await createAgent(node(i)).post('/api/auth/login', wrong)).status);
    expect(answers).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
  });

  test('without Redis each node serves its people, says so, and recovers by itself', async () => {
    await redis.kill();
    await until(async () => (await ready(0)).bus === 'disconnected', SOON);
    const late = await startNode(0);
    try {
      const [a, b] = await friends();
      const [ann, ben] = [await come(a, 0), await come(b, 0)];
      const id = ann.write(ben);
      await until(() => ben.conversation(ann).includes(id), { within: 3_000 });
      expect((await createAgent(late).get('/readyz')).body).toEqual({
        ok: true,
        store: 'answers',
        bus: 'disconnected',
      });
      expect(late.logged()).toContain('Redis does not answer');
      await redis.start();
      await until(() => late.logged().includes('connected to the other nodes'), SOON);
      await until(async () => (await ready(0)).bus === 'connected', SOON);
    } finally {
      await redis.start().catch(() => undefined);
      await late.dispose();
    }
  });

  test('nothing acknowledged is lost, doubled or out of order while people move, nodes stop and Redis dies', async () => {
    const registered = await Promise.all(Array.from({ length: 6 }, (_, i) => signUp(node(i), `person-${i}`)));
    const couples = [0, 2, 4].map((i) => [i, i + 1] as const);
    for (const [i, j] of couples) {
      await befriend(registered[i] as Registered, registered[j] as Registered);
    }
    const everybody = await Promise.all(registered.map((who) => come(who, () => randomInt(2))));
    const pairs = couples.map(([i, j]) => [everybody[i] as SyncPerson, everybody[j] as SyncPerson] as const);
    const sent = new Map(everybody.map((person) => [person, [] as string[]]));

    const over = new AbortController();
    const writers = pairs
      .flatMap(([a, b]) => [[a, b] as const, [b, a] as const])
      .map(async ([from, to]) => {
        while (!over.signal.aborted) {
          sent.get(from)?.push(from.write(to));
          await sleep(randomInt(5, 30));
        }
      });
    const movers = everybody.map(async (person) => {
      while (!over.signal.aborted) {
        await sleep(randomInt(100, 600));
        person.cut();
      }
    });
    await sleep(500);
    await redis.kill();
    await sleep(500);
    await redis.start();
    await sleep(500);
    const [stopping] = nodes.splice(0, 1);
    await stopping?.dispose();
    await sleep(300);
    nodes.unshift(await startNode(0));
    await sleep(500);
    await redis.kill();
    await redis.start();
    await sleep(300);
    over.abort();
    await Promise.all([...writers, ...movers]);

    for (const [a, b] of pairs) {
      const complete = (): boolean => {
        const all = (sent.get(a)?.length ?? 0) + (sent.get(b)?.length ?? 0);
        return (
          [a, b].every((one) => one.waiting() === 0 && one.live()) &&
          a.conversation(b).length === all &&
          b.conversation(a).length === all
        );
      };
      await until(complete, { within: 15_000, for: 'everything to be everywhere' });
      expect(a.conversation(b)).toEqual(b.conversation(a));
      for (const [from, to] of [
        [a, b],
        [b, a],
      ] as const) {
        const own = new Set<string>(sent.get(from));
        expect(to.conversation(from).filter((id) => own.has(id))).toEqual(sent.get(from));
        expect(from.refused).toEqual([]);
      }
      await until(() => a.sees(b) && b.sees(a), { within: 8_000, for: 'right presence' });
    }
    expect(everybody.reduce((sum, person) => sum + person.acked.size, 0)).toBeGreaterThan(100);
    const [[quitter, left] = []] = pairs;
    await quitter?.stop();
    await until(() => quitter && left && !left.sees(quitter), SOON);
  }, 60_000);
});
