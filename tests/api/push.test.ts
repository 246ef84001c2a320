import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ephemeralSecrets } from '#api/auth/secrets.ts';
import { createOpId } from '#api/op-id.ts';
import { vapidKeysOf, vapidSubject } from '#api/push/vapid.ts';
import { toBase64url } from '#shared/bytes.ts';
import type { Operation } from '#sync/wire/up.ts';
import { dial, helloOf } from '../support/api-socket.ts';
import { type ApiServer, type Registered, createAgent, signUp, startApi } from '../support/api-server.ts';
import { someDeviceId } from '../support/api-people.ts';
import { makeEnvelope } from '../support/envelope.ts';
import { type PushDevice, type PushService, startPushService } from '../support/push-service.ts';
import { settled, until } from '../support/wait.ts';
import { keyIdOf } from '#shared/crypto/verify.ts';

const SOON = { within: 5_000 };
const WEEK = 7 * 86_400;
const DAY = 86_400_000;

let service: PushService;
beforeAll(async () => {
  service = await startPushService();
});
afterEach(() => {
  service.answer(null);
  expect(service.mistakes.splice(0)).toEqual([]);
});
afterAll(() => service.close());

const pushed = () => ({ push: { contact: null, hosts: [service.host] } });
const subscribe = async ({ agent, bearer }: Registered, { place }: PushDevice): Promise<void> => {
  expect((await agent.ask('PUT', '/api/push', place, bearer)).status).toBe(204);
};

describe('devices without a connection', () => {
  let server: ApiServer;
  let ann: Registered;
  let ben: Registered;
  /** Ben's. */
  let phone: PushDevice;

  beforeEach(async () => {
    server = await startApi(pushed());
    [ann, ben] = [await signUp(server, 'ann'), await signUp(server, 'ben')];
    await ann.agent.post('/api/friends/request', { receiver: 'ben' }, ann.bearer);
    await ben.agent.post('/api/friends/accept', { sender: 'ann' }, ben.bearer);
    phone = service.newDevice();
    await subscribe(ben, phone);
  });
  afterEach(() => server.dispose());

  /** Ann writes to Ben, and it is durable. */
  async function write(): Promise<void> {
    const id = createOpId(Date.now());
    const toKeyId = await keyIdOf(ben.identity.agreementPublic);
    const [from, to] = [ann.session.userId, ben.session.userId];
    const op: Operation = { id, kind: 'message.send', to, envelope: makeEnvelope({ id, from, to, toKeyId }) };
    const line = await dial(server, ann);
    line.say(helloOf(ann));
    await line.hear('welcome');
    expect(await line.carryOut(op)).toMatchObject({ ok: true });
    line.ws.terminate();
  }
  const kinds = ({ woken }: PushDevice): string[] => woken.map(({ message }) => message.kind);
  const metric = async (outcome: string): Promise<number> => {
    const text = (await createAgent(server).get<string>('/metrics')).body;
    return Number(new RegExp(`nexchat_pushes_total\\{outcome="${outcome}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
  };
  /** Everything that was to be sent was sent. */
  async function quiet(): Promise<void> {
    await settled(server.close(), { within: 7_000, for: 'the server to stop' });
  }

  test('are woken by a message: sealed for them, signed by the server, and with nothing else in it', async () => {
    const mine = service.newDevice();
    await subscribe(ann, mine);
    await write();
    const woken = await until(() => phone.woken[0], SOON);
    const { body } = await ben.agent.get<{ key: string }>('/api/push', ben.bearer);
    expect(woken).toMatchObject({
      message: { kind: 'message' },
      ttl: WEEK,
      urgency: 'high',
      subject: 'mailto:nobody@nexchat.invalid',
      key: body.key,
    });
    expect(await metric('sent')).toBe(1);
    await quiet();
    expect(phone.woken).toHaveLength(1);
    expect(mine.woken).toEqual([]);
    for (const secret of [phone.place.endpoint, phone.place.auth, phone.place.endpoint.split('/').at(-1)]) {
      expect(server.logged()).not.toContain(secret);
    }
  });

  test('are woken by a friend request and by a call, and a push service can’t tell which by length or topic', async () => {
    const cas = await signUp(server, 'cas');
    await cas.agent.post('/api/friends/request', { receiver: 'ben' }, cas.bearer);
    await write();
    const id = createOpId(Date.now());
    const [to, device] = [ben.session.userId, ann.login.device.id];
    const line = await dial(server, ann);
    line.say(helloOf(ann));
    await line.hear('welcome');
    await line.carryOut({ id, kind: 'call.start', to, device, media: 'video' });
    await until(() => phone.woken.length === 3, SOON);
    line.ws.terminate();
    expect(new Set(kinds(phone))).toEqual(new Set(['request', 'message', 'call']));
    const call = phone.woken.find(({ message }) => message.kind === 'call');
    expect(call).toMatchObject({ message: { kind: 'call', rings: true }, ttl: 45 });
    expect(new Set(phone.woken.map(({ length }) => length)).size).toBe(1);
    expect(new Set(phone.woken.map(({ topic }) => topic)).size).toBe(3);
    for (const { topic } of phone.woken) expect(topic).toMatch(/^[\w-]{32}$/);
  });

  test('are woken beside one that is connected, which is not', async () => {
    const tablet = service.newDevice();
    const login = { ...ben.login, device: { id: someDeviceId(), name: 'Tablet' } };
    const agent = createAgent(server);
    const { body } = await agent.post<Registered['session']>('/api/auth/login', login);
    const onTablet = { ...ben, agent, bearer: { authorization: `Bearer ${body.accessToken}` } };
    await subscribe(onTablet, tablet);
    const line = await dial(server, ben);
    line.say(helloOf(ben));
    await line.hear('welcome');
    await write();
    await until(() => tablet.woken.length === 1, SOON);
    await until(() => line.frames.some((frame) => frame.t === 'entries'), SOON);
    for (const frame of line.frames) {
      if (frame.t === 'entries') line.say({ t: 'took', seq: frame.page.to });
      if (frame.t === 'snapshot') line.say({ t: 'took', seq: frame.part.seq });
    }
    line.say({ t: 'ping', id: 1 });
    await line.hear('pong');
    await quiet();
    expect([kinds(tablet), kinds(phone)]).toEqual([['message'], []]);
  });

  test('are woken once in three seconds for one kind, and at last for the newest', async () => {
    for (let n = 0; n < 4; n++) await write();
    await until(() => phone.woken.length === 2, SOON);
    const [first, second] = phone.woken;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(2_500);
    expect(first?.topic).toBe(second?.topic);
    await quiet();
    expect(phone.woken).toHaveLength(2);
  });

  test('are woken at the place that they named last', async () => {
    const moved = service.newDevice();
    await subscribe(ben, moved);
    await write();
    await until(() => moved.woken.length === 1, SOON);
    await quiet();
    expect(phone.woken).toEqual([]);
  });

  test.each<[string, () => Promise<unknown>]>([
    ['they said so', () => ben.agent.ask('DELETE', '/api/push', undefined, ben.bearer)],
    ['they logged out', () => ben.agent.post('/api/auth/logout', {})],
    [
      'another device logged them out',
      async () => {
        const { body } = await ben.agent.get<{ devices: { id: string }[] }>('/api/devices', ben.bearer);
        return ben.agent.ask('DELETE', `/api/devices/${body.devices[0]?.id}`, undefined, ben.bearer);
      },
    ],
    ['the operator locked the account', () => server.suspend(ben.session.userId, true)],
    ['the sign-in was not used for too long', async () => server.advance(91 * DAY)],
    ['another sign-in of the device began', () => ben.agent.post('/api/auth/login', ben.login)],
  ])('are left alone when %s', async (_why, end) => {
    // Another device shows that somebody would have been woken.
    await end();
    const cas = await signUp(server, 'cas');
    await cas.agent.post('/api/friends/request', { receiver: 'ben' }, cas.bearer);
    const witness = service.newDevice();
    await subscribe(cas, witness);
    const dan = await signUp(server, 'dan');
    await dan.agent.post('/api/friends/request', { receiver: 'cas' }, dan.bearer);
    await until(() => witness.woken.length === 1, SOON);
    await quiet();
    expect(phone.woken).toEqual([]);
  });

  test.each([404, 410])('that are gone (%d) are forgotten', async (status) => {
    service.answer(() => ({ status }));
    await write();
    await until(async () => (await server.store.sessions(ben.session.userId))[0]?.push === null, SOON);
    expect(await metric('gone')).toBe(1);
  });

  test('are tried again when the push service was busy, not before it wants to be asked', async () => {
    const began = performance.now();
    let asked = 0;
    service.answer(() =>
      (asked += 1) === 1 ? { status: 429, headers: { 'retry-after': '3' } } : { status: 201 },
    );
    await write();
    const woken = await until(() => phone.woken[0], { within: 8_000 });
    expect(woken.at - began).toBeGreaterThan(2_900);
    expect(woken.ttl).toBeLessThan(WEEK);
    expect(asked).toBe(2);
  });

  test.each([400, 403, 413, 302])('are not tried again when the push service refuses: %d', async (status) => {
    const before = service.requests();
    service.answer(() => ({ status, headers: { location: `${service.host}/elsewhere` } }));
    await write();
    await until(async () => (await metric('failed')) === 1, SOON);
    await quiet();
    expect(service.requests() - before).toBe(1);
    expect(server.logged()).toContain('a device could not be woken');
    expect(server.logged()).toContain(`"why":"${status}"`);
    expect(server.logged()).not.toContain('/push/');
  });

  test('don’t keep a server from stopping when their push service never answers', async () => {
    service.answer(() => new Promise(() => {}));
    await write();
    const began = performance.now();
    await quiet();
    expect(performance.now() - began).toBeGreaterThan(1_500);
    expect(await server.store.sessions(ben.session.userId)).toHaveLength(1);
  });
});

describe('/api/push', () => {
  let server: ApiServer;
  let ann: Registered;
  beforeAll(async () => {
    server = await startApi({
      push: { contact: null, hosts: [service.host, 'push.example.org', '*.example.com', 'example.net:8443'] },
    });
    ann = await signUp(server, 'ann');
  });
  afterAll(() => server.dispose());
  const put = (change: object) =>
    ann.agent.ask<{ code: string; detail: string }>(
      'PUT',
      '/api/push',
      { ...service.newDevice().place, ...change },
      ann.bearer,
    );

  test.each(['GET', 'PUT', 'DELETE'])('%s is for those who are signed in', async (method) => {
    const body = method === 'PUT' ? service.newDevice().place : undefined;
    expect(await createAgent(server).ask(method, '/api/push', body)).toMatchObject({
      status: 401,
      body: { code: 'UNAUTHENTICATED' },
    });
  });

  test.each([
    'https://push.example.org/a/b?c=d',
    'https://PUSH.example.org:443/a',
    'https://a.example.com/',
    'https://a.b.example.com/',
    'https://example.net:8443/a',
  ])('takes a place at a push service of the list: %s', async (endpoint) => {
    expect((await put({ endpoint })).status).toBe(204);
    expect((await server.store.sessions(ann.session.userId))[0]?.push?.endpoint).toBe(endpoint);
  });

  test.each([
    'http://push.example.org/a',
    'https://push.example.org:8443/a',
    'https://push.example.org.evil.example/a',
    'https://evil-push.example.org/a',
    'https://user:word@push.example.org/a',
    'https://push.example.org@127.0.0.1/a',
    'https://example.com/a',
    'https://badexample.com/a',
    'http://a.example.com/a',
    'https://a.example.com:444/a',
    'https://example.net/a',
    'https://127.0.0.1/a',
    'http://127.0.0.1:1/a',
    'http://169.254.169.254/latest/meta-data',
    'https://[::1]/a',
    'file:///etc/passwd',
    'data:text/plain,a',
    'javascript:alert(1)',
    'https://fcm.googleapis.com/fcm/send/a',
    `https://push.example.org/${'a'.repeat(1_024)}`,
    'nothing',
  ])('refuses any other place: %s', async (endpoint) => {
    const before = (await server.store.sessions(ann.session.userId))[0]?.push ?? null;
    expect(await put({ endpoint })).toMatchObject({
      status: 400,
      body: { code: 'BAD_FIELD', detail: 'endpoint' },
    });
    expect((await server.store.sessions(ann.session.userId))[0]?.push ?? null).toEqual(before);
  });

  test.each([
    ['p256dh', toBase64url(randomBytes(65))],
    ['p256dh', toBase64url(Buffer.concat([Buffer.of(4), Buffer.alloc(64)]))],
    ['p256dh', 'AAAA'],
    ['auth', toBase64url(randomBytes(15))],
    ['auth', `${'A'.repeat(21)}B`],
    ['more', 'than that'],
  ])('refuses keys that nothing can be sealed with: %s %s', async (detail, value) => {
    expect(await put({ [detail]: value })).toMatchObject({
      status: 400,
      body: { code: 'BAD_FIELD', detail },
    });
  });

  test('is limited as other addresses are', async () => {
    const strict = await startApi({ ...pushed(), limitScale: 1 });
    try {
      const ben = await signUp(strict, 'ben');
      const ask = () => ben.agent.ask('DELETE', '/api/push', undefined, ben.bearer);
      const answers = await Promise.all(Array.from({ length: 301 }, ask));
      expect(answers.filter(({ status }) => status === 429)).toHaveLength(1);
    } finally {
      await strict.dispose();
    }
  });
});

test('a server that sends nothing says so, and takes no place', async () => {
  const server = await startApi({ push: null });
  try {
    const ann = await signUp(server, 'ann');
    expect(await ann.agent.get('/api/push', ann.bearer)).toMatchObject({ status: 200, body: { key: null } });
    expect(await ann.agent.ask('PUT', '/api/push', service.newDevice().place, ann.bearer)).toMatchObject({
      status: 404,
      body: { code: 'NOT_FOUND' },
    });
    expect((await ann.agent.ask('DELETE', '/api/push', undefined, ann.bearer)).status).toBe(204);
  } finally {
    await server.dispose();
  }
});

describe('the keys of the server', () => {
  test('belong to a secret: the same on every node and after each start, others for others', () => {
    const { prelogin } = ephemeralSecrets();
    expect(vapidKeysOf(prelogin)).toEqual(vapidKeysOf(prelogin));
    expect(vapidKeysOf(prelogin)).not.toEqual(vapidKeysOf(ephemeralSecrets().prelogin));
    expect(Buffer.from(vapidKeysOf(prelogin).publicKey, 'base64url')).toHaveLength(65);
    expect(Buffer.from(vapidKeysOf(prelogin).privateKey, 'base64url')).toHaveLength(32);
  });

  test('a server that starts again on its data wakes with the key that devices know', async () => {
    const first = await startApi({ ...pushed(), store: 'sqlite' });
    const ann = await signUp(first, 'ann');
    const { body } = await ann.agent.get('/api/push', ann.bearer);
    const phone = service.newDevice();
    await subscribe(ann, phone);
    await first.close();
    const again = await startApi({
      ...pushed(),
      store: 'sqlite',
      dataDir: first.dataDir,
      secrets: first.secrets,
    });
    try {
      expect((await createAgent(again).get('/api/push', ann.bearer)).body).toEqual(body);
      const ben = await signUp(again, 'ben');
      await ben.agent.post('/api/friends/request', { receiver: 'ann' }, ben.bearer);
      const woken = await until(() => phone.woken[0], SOON);
      expect(woken).toMatchObject({ message: { kind: 'request' }, key: (body as { key: string }).key });
    } finally {
      await again.dispose();
      await first.dispose();
    }
  });

  test.each([
    ['mailto:me@example.org', ['https://chat.example.org'], 'mailto:me@example.org'],
    [
      null,
      ['http://localhost:1', 'https://chat.example.org', 'https://b.example.org'],
      'https://chat.example.org',
    ],
    [null, ['http://localhost:1'], 'mailto:nobody@nexchat.invalid'],
    [null, null, 'mailto:nobody@nexchat.invalid'],
  ])('who may be asked, by contact %s and origins %j: %s', (contact, origins, expected) => {
    expect(vapidSubject(contact, origins)).toBe(expected);
  });
});
