import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type RedisBus, createRedisBus } from '#api/bus/redis.ts';
import { createLimits } from '#api/limits.ts';
import { type UserId, pairOf } from '#shared/ids.ts';
import type { BusEvent } from '#sync/server/ports.ts';
import { someUserId } from '../support/api-people.ts';
import { freePort } from '../support/free-port.ts';
import { type Proxy, createProxy } from '../support/proxy.ts';
import { type RedisServer, noRedis, startRedis } from '../support/redis.ts';
import { until } from '../support/wait.ts';
import { describeBus, signalOf } from './bus.ts';

/** Milliseconds; a node that dies is missed after three. */
const BEAT = 100;
const SOON = { within: 5_000 };
const timers = {
  after(ms: number, callback: () => void) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

interface Node {
  readonly bus: RedisBus;
  readonly heard: BusEvent[];
  /** As onChange told it. */
  readonly changes: boolean[];
  heardOf(kind: BusEvent['kind']): BusEvent[];
}

describe.skipIf(noRedis)(`over Redis${noRedis ? ` (skipped: ${noRedis})` : ''}`, () => {
  let redis: RedisServer;
  const nodes: Node[] = [];
  const proxies: Proxy[] = [];
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(({ bus }) => bus.close()));
    await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
  });
  afterAll(() => redis.close());

  function join(name: string, url = redis.url): Node {
    const heard: BusEvent[] = [];
    const changes: boolean[] = [];
    const onChange = (connected: boolean) => void changes.push(connected);
    const bus = createRedisBus({ url, node: name, timers, beat: BEAT, onChange });
    bus.subscribe((event) => heard.push(event));
    const node = { bus, heard, changes, heardOf: (kind: string) => heard.filter((e) => e.kind === kind) };
    nodes.push(node);
    return node;
  }
  async function joined(name: string, url?: string): Promise<Node> {
    const node = join(name, url);
    await node.bus.ready(SOON.within);
    expect(node.bus.connected()).toBe(true);
    return node;
  }
  async function proxied(): Promise<{ proxy: Proxy; url: string }> {
    const proxy = await createProxy(redis.port);
    proxies.push(proxy);
    return { proxy, url: `redis://127.0.0.1:${proxy.port}` };
  }
  const come = ({ bus }: Node, node: string, user: UserId, online = true) =>
    bus.publish({ kind: 'presence', node, user, online });

  describeBus('Redis', async () => {
    const { bus } = await joined('alone');
    return { bus, close: async () => {} };
  });
  describeBus('a Redis that is not there', async () => {
    const { bus } = join('alone', `redis://127.0.0.1:${await freePort()}`);
    return { bus, close: async () => {} };
  });

  test('what one node says every other hears, in order, and itself only once', async () => {
    const [a, b, c] = [await joined('a'), await joined('b'), await joined('c')];
    const [user, other] = [someUserId(), someUserId()];
    const said: BusEvent[] = [
      { kind: 'revoked', user, session: null },
      { kind: 'typing', from: user, to: other, on: true },
      { kind: 'related', pair: pairOf(user, other), friends: false },
      ...Array.from({ length: 2_500 }, (): BusEvent => ({ kind: 'grew', user: someUserId() })),
    ];
    for (const event of said) a.bus.publish(event);
    await until(() => b.heard.length >= said.length && c.heard.length >= said.length, SOON);
    await sleep(2 * BEAT);
    expect(b.heard).toEqual(said);
    expect(c.heard).toEqual(said);
    expect(a.heard).toEqual(said);
  });

  test('S32: what devices in calls say crosses as it was said, a lot of it too', async () => {
    const [a, b] = [await joined('a'), await joined('b')];
    const [user, other] = [someUserId(), someUserId()];
    const said = [0, 1, 257, ...Array.from({ length: 40 }, () => 70_000)].map((bytes) =>
      signalOf(user, other, bytes),
    );
    for (const event of said) a.bus.publish(event);
    await until(() => b.heard.length >= said.length, SOON);
    const asText = (event: BusEvent) =>
      event.kind === 'signal'
        ? { ...event, envelope: Buffer.from(event.envelope).toString('base64') }
        : event;
    expect(b.heard.map(asText)).toEqual(said.map(asText));
    expect(b.heardOf('lost')).toEqual([]);
  });

  test('a log that grows again and again in one turn is told to the others once', async () => {
    const [a, b] = [await joined('a'), await joined('b')];
    const user = someUserId();
    for (let i = 0; i < 100; i++) a.bus.publish({ kind: 'grew', user });
    a.bus.publish({ kind: 'revoked', user, session: null });
    await until(() => b.heardOf('revoked').length === 1, SOON);
    expect(b.heardOf('grew')).toEqual([{ kind: 'grew', user }]);
  });

  test('a node that comes learns who is connected to the others, and may have missed what they said', async () => {
    const [user, other] = [someUserId(), someUserId()];
    const a = await joined('a');
    come(a, 'a', user);
    come(a, 'a', other);
    come(a, 'a', other, false);
    await sleep(BEAT);
    const b = await joined('b');
    await until(() => b.heardOf('roster').length > 0, SOON);
    expect(b.heard).toContainEqual({ kind: 'roster', node: 'a', users: [user] });
    expect(b.heard).toContainEqual({ kind: 'lost' });
    expect(a.heardOf('lost')).toEqual([]);
  });

  test('a node that dies takes its people along, soon and not before', async () => {
    const { proxy, url } = await proxied();
    const [a, b] = [await joined('a'), await joined('b', url)];
    come(b, 'b', someUserId());
    await until(() => a.heardOf('presence').length > 0, SOON);
    await sleep(5 * BEAT);
    expect(a.heardOf('roster')).toEqual([]);
    await proxy.refuse();
    proxy.cut();
    const died = performance.now();
    await until(() => a.heardOf('roster').length > 0, SOON);
    expect(performance.now() - died).toBeGreaterThan(BEAT);
    expect(a.heardOf('roster')).toEqual([{ kind: 'roster', node: 'b', users: [] }]);
  });

  test('after a cut both sides hear that something was lost, and who is where', async () => {
    const { proxy, url } = await proxied();
    const [a, b] = [await joined('a'), await joined('b', url)];
    const [ann, ben] = [someUserId(), someUserId()];
    await proxy.refuse();
    proxy.cut();
    await until(() => !b.bus.connected(), SOON);
    come(a, 'a', ann);
    come(b, 'b', ben);
    a.bus.publish({ kind: 'grew', user: ben });
    b.bus.publish({ kind: 'grew', user: ann });
    await sleep(2 * BEAT);
    expect(b.heardOf('lost')).toEqual([]);
    await proxy.accept();
    await until(() => a.heardOf('lost').length > 0 && b.heardOf('lost').length > 0, SOON);
    const last = (node: Node) => JSON.stringify(node.heardOf('roster').at(-1) ?? null);
    await until(() => last(a) === JSON.stringify({ kind: 'roster', node: 'b', users: [ben] }), SOON);
    await until(() => last(b) === JSON.stringify({ kind: 'roster', node: 'a', users: [ann] }), SOON);
    expect(b.changes).toEqual([true, false, true]);
  });

  test('a connection that swallows everything is noticed and replaced', async () => {
    const { proxy, url } = await proxied();
    const [a, b] = [await joined('a'), await joined('b', url)];
    proxy.stall('up', 'down');
    await until(() => !b.bus.connected() && proxy.open() > 2, SOON);
    a.bus.publish({ kind: 'grew', user: someUserId() });
    proxy.cut();
    proxy.flow();
    await until(() => b.bus.connected(), SOON);
    await until(() => b.heardOf('lost').length > 0, SOON);
    a.bus.publish({ kind: 'revoked', user: someUserId(), session: null });
    await until(() => b.heardOf('revoked').length === 1, SOON);
  });

  test('Redis may come late, and go and come', async () => {
    await redis.kill();
    const [a, b] = [join('a'), join('b')];
    await Promise.all([a.bus.ready(200), b.bus.ready(200)]);
    expect(a.changes).toEqual([false]);
    const user = someUserId();
    a.bus.publish({ kind: 'grew', user });
    come(a, 'a', user);
    await redis.start();
    await until(() => a.bus.connected() && b.bus.connected(), SOON);
    await until(() => b.heardOf('roster').length > 0, SOON);
    expect(b.heardOf('lost')).toHaveLength(1);
    expect(b.heardOf('roster')).toEqual([{ kind: 'roster', node: 'a', users: [user] }]);
    await redis.kill();
    await until(() => !a.bus.connected(), SOON);
    await redis.start();
    await until(() => a.bus.connected() && b.bus.connected(), SOON);
    a.bus.publish({ kind: 'revoked', user, session: null });
    await until(() => b.heardOf('revoked').length === 1, SOON);
    expect(a.changes).toEqual([false, true, false, true]);
  });

  test('what is no frame, or no event that is known here, changes nothing', async () => {
    const [a, b] = [await joined('a'), await joined('b')];
    const frame = { node: 'x', after: 0, n: 1, greets: false, asks: '' };
    const user = someUserId();
    const texts = [
      'no JSON',
      '[]',
      JSON.stringify({ ...frame, n: 'one', events: [] }),
      JSON.stringify({ ...frame, events: [{ kind: 'new one' }, { kind: 'grew', user: 'short' }, null] }),
      JSON.stringify({ ...frame, after: 1, n: 2, events: [{ ...signalOf(user, user, 1), envelope: 'no!' }] }),
      JSON.stringify({ ...frame, after: 2, n: 3, events: [{ kind: 'grew', user }] }),
    ];
    for (const text of texts) {
      await a.bus.client.eval("return redis.call('publish', 'nexchat:0', ARGV[1])", { arguments: [text] });
    }
    await until(() => b.heardOf('grew').length > 0, SOON);
    expect(b.heard).toEqual([{ kind: 'grew', user }]);
  });

  test('databases of one Redis are channels of their own', async () => {
    const [a, b] = [await joined('a'), await joined('b', `${redis.url}/1`)];
    a.bus.publish({ kind: 'grew', user: someUserId() });
    await sleep(2 * BEAT);
    expect(b.heard).toEqual([]);
  });

  describe('limits', () => {
    test('are counted by all nodes together', async () => {
      const [a, b] = [await joined('a'), await joined('b')];
      const [here, there] = [createLimits(1, a.bus.client), createLimits(1, b.bus.client)];
      const key = someUserId();
      for (let i = 0; i < 5; i++) {
        await here.guessesHere.consume(key);
        await there.guessesHere.consume(key);
      }
      await expect(here.guessesHere.consume(key)).rejects.toMatchObject({ remainingPoints: 0 });
      expect((await there.guessesHere.get(key))?.consumedPoints).toBeGreaterThanOrEqual(10);
      expect(there.guessesHere.points).toBe(10);
      await there.guessesHere.delete(key);
      await here.guessesHere.penalty(key);
      expect(await there.guessesHere.get(key)).toMatchObject({ consumedPoints: 1 });
    });

    test('are counted by each node alone while Redis is away, or says nothing', async () => {
      const { proxy, url } = await proxied();
      const { bus } = await joined('a', url);
      const limits = createLimits(1, bus.client);
      const exhaust = async () => {
        const key = someUserId();
        for (let i = 0; i < 10; i++) await limits.guessesHere.consume(key);
        await expect(limits.guessesHere.consume(key)).rejects.toMatchObject({ remainingPoints: 0 });
        expect(await limits.guessesHere.get(key)).toMatchObject({ consumedPoints: 11 });
      };
      proxy.stall('down');
      const key = someUserId();
      const began = performance.now();
      await limits.guessesHere.consume(key);
      expect(performance.now() - began).toBeLessThan(2_000);
      await proxy.refuse();
      proxy.cut();
      await until(() => !bus.client.isReady, SOON);
      await exhaust();
    });
  });
});
