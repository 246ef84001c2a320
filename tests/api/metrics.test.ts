import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createMetrics } from '#api/metrics.ts';
import { type ApiServer, type Registered, createAgent, signUp, startApi } from '../support/api-server.ts';
import { type SyncPerson, startPerson } from '../support/sync-person.ts';
import { settled, until } from '../support/wait.ts';

const SOON = { within: 5_000 };
const TOKEN = 'a-token-for-the-collector-of-figures';

describe('metrics', () => {
  let server: ApiServer;
  let ann: Registered;
  let ben: Registered;
  const people: SyncPerson[] = [];
  beforeEach(async () => {
    server = await startApi({ store: 'sqlite', metricsToken: TOKEN });
    [ann, ben] = [await signUp(server, 'ann-with-a-name'), await signUp(server, 'ben-with-a-name')];
    await ann.agent.post('/api/friends/request', { receiver: 'ben-with-a-name' }, ann.bearer);
    await ben.agent.post('/api/friends/accept', { sender: 'ann-with-a-name' }, ben.bearer);
  });
  afterEach(async () => {
    await Promise.all(people.splice(0).map((person) => person.stop()));
    await server.dispose();
  });

  const scrape = async (headers = {}): Promise<string> => {
    const { status, body } = await createAgent(server).get<string>('/metrics', headers);
    expect(status).toBe(200);
    return body;
  };
  /** The value of one line; 0 when there is none yet. */
  const valueOf = (text: string, name: string): number =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.slice(name.length) ?? 0,
    );

  async function come(who: Registered): Promise<SyncPerson> {
    const person = await startPerson(who, () => server.url);
    people.push(person);
    await until(() => person.live(), SOON);
    return person;
  }

  test('say what happened, and to nobody whom', async () => {
    const [one, other] = [await come(ann), await come(ben)];
    for (let i = 0; i < 5; i++) one.write(other);
    await until(() => other.conversation(one).length === 5 && one.waiting() === 0, SOON);
    await server.store.outcome(ann.session.userId, 'x' as never);
    await createAgent(server).get('/no/such/page-of-ann-with-a-name');
    const text = await scrape();
    expect(valueOf(text, 'nexchat_connections')).toBe(2);
    expect(valueOf(text, 'nexchat_people_online')).toBe(2);
    expect(valueOf(text, 'nexchat_commits_waiting')).toBe(0);
    expect(valueOf(text, 'nexchat_commit_batch_size_sum')).toBeGreaterThanOrEqual(9);
    expect(valueOf(text, 'nexchat_operations_total{kind="message.send",outcome="ok"}')).toBe(5);
    expect(valueOf(text, 'nexchat_operation_seconds_count{kind="message.send"}')).toBe(5);
    expect(valueOf(text, 'nexchat_frames_total{way="in"}')).toBeGreaterThan(3);
    expect(valueOf(text, 'nexchat_frame_bytes_total{way="out"}')).toBeGreaterThan(5 * 300);
    expect(valueOf(text, 'nexchat_http_requests_total{route="/api/auth/register",status="201"}')).toBe(2);
    expect(valueOf(text, 'nexchat_http_requests_total{route="other",status="404"}')).toBe(1);
    expect(valueOf(text, 'nexchat_errors_total{where="http",code="NOT_FOUND"}')).toBe(1);
    expect(valueOf(text, 'nexchat_http_request_seconds_count{route="/api/friends/request"}')).toBe(1);
    expect(text).toMatch(/^nexchat_process_|^process_cpu_seconds_total /m);
    expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
    for (const told of [ann, ben]) {
      expect(text).not.toContain(told.session.userId);
      expect(text).not.toContain(told.registration.username);
      expect(text).not.toContain(told.login.device.id);
    }
  });

  test('count what is refused by its code', async () => {
    const stranger = await signUp(server, 'stranger');
    const [one, other] = [await come(ann), await come(stranger)];
    one.write(other);
    await until(() => one.refused.length === 1, SOON);
    await ann.agent.post('/api/auth/logout', {});
    await until(async () => (await scrape()).includes('SESSION_ENDED'), SOON);
    const text = await scrape();
    expect(valueOf(text, 'nexchat_operations_total{kind="message.send",outcome="NOT_FRIENDS"}')).toBe(1);
    expect(valueOf(text, 'nexchat_errors_total{where="operation",code="NOT_FRIENDS"}')).toBe(1);
    expect(valueOf(text, 'nexchat_errors_total{where="connection",code="SESSION_ENDED"}')).toBe(1);
  });

  test.each([
    ['a proxy on this machine asks for somebody', { 'x-forwarded-for': '192.0.2.1' }, 404],
    ['a proxy says so in the standard way', { forwarded: 'for=192.0.2.1' }, 404],
    ['the token is wrong', { via: '1.1 proxy', authorization: `Bearer ${TOKEN}x` }, 404],
    ['the token is right', { via: '1.1 proxy', authorization: `Bearer ${TOKEN}` }, 200],
  ])('when %s: %o is answered %d', async (_what, headers, status) => {
    expect((await createAgent(server).get('/metrics', headers)).status).toBe(status);
  });

  test('the dashboard asks for nothing that there is not', async () => {
    const one = await come(ann);
    one.write(one);
    await until(() => one.waiting() === 0, SOON);
    const text = await scrape();
    // What only exists beside other nodes.
    const known = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name)).add(
      'nexchat_bus_connected',
    );
    const dashboard = await readFile(new URL('../../deploy/grafana/nexchat.json', import.meta.url), 'utf8');
    const asked = [...dashboard.matchAll(/\b((?:nexchat|nodejs|process)_[a-z0-9_]+)/g)].map(([, name = '']) =>
      known.has(name) ? name : name.replace(/_(bucket|sum|count)$/, ''),
    );
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  });
});

test('what devices in calls say is counted, passed on or not, and by nobody’s name', async () => {
  const { meter, scrape } = createMetrics();
  for (const outcome of ['relayed', 'relayed', 'dropped'] as const) meter.signal(outcome);
  const text = await scrape();
  expect(text).toContain('nexchat_signals_total{outcome="relayed"} 2');
  expect(text).toContain('nexchat_signals_total{outcome="dropped"} 1');
});

test('an outcome that is no code of ours gets no label of its own', async () => {
  const metrics = createMetrics();
  metrics.meter.operation('receipt')('whatever somebody made up');
  const text = await metrics.scrape();
  expect(text).toContain('outcome="other"');
  expect(text).not.toContain('made up');
});

describe('health', () => {
  test('a server that will stop says so first, serves on for the time that it was given, and then ends', async () => {
    const server = await startApi({ drain: 1 });
    const agent = createAgent(server);
    expect((await agent.get('/readyz')).body).toEqual({ ok: true, store: 'answers', bus: 'alone' });
    const began = performance.now();
    const closed = server.close();
    expect(await agent.get('/readyz')).toMatchObject({ status: 503, body: { code: 'UNAVAILABLE' } });
    expect((await agent.get('/healthz')).body).toEqual({ ok: true });
    expect((await agent.get('/api/directory')).status).toBe(401);
    await settled(closed, { within: 5_000, for: 'the server to stop' });
    expect(performance.now() - began).toBeGreaterThan(950);
    await expect(agent.get('/healthz')).rejects.toThrow();
    await server.dispose();
  });

  test('a request that never ends does not keep a server from stopping', async () => {
    const server = await startApi();
    const endless = request(`${server.url}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': 1_000, origin: server.url },
    });
    const broken = new Promise((resolve) => endless.on('error', resolve));
    endless.write('{');
    await until(() => endless.socket?.connecting === false, SOON);
    await settled(server.close(), { within: 6_000, for: 'the server to stop' });
    await broken;
    await server.dispose();
  });

  test('a store that does not answer makes a node unready, not dead', async () => {
    const server = await startApi();
    try {
      server.store.listPeople = () => Promise.reject(new Error('the database is gone'));
      const agent = createAgent(server);
      expect((await agent.get('/readyz')).status).toBe(503);
      expect((await agent.get('/healthz')).status).toBe(200);
    } finally {
      await server.dispose();
    }
  });
});
