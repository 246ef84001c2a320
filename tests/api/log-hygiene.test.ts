import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { createLog } from '#api/log.ts';
import { toBase64url } from '#shared/bytes.ts';
import { type ApiServer, signUp, startApi } from '../support/api-server.ts';
import { type PushService, startPushService } from '../support/push-service.ts';
import { startPerson } from '../support/sync-person.ts';
import { settled, until } from '../support/wait.ts';

const SOON = { within: 5_000 };

/** Everything is logged that can be: level trace. */
describe('the log of a server', () => {
  let server: ApiServer;
  let pushService: PushService;
  beforeEach(async () => {
    pushService = await startPushService();
    server = await startApi({
      store: 'sqlite',
      redisUrl: 'redis://somebody:the-redis-password@127.0.0.1:9/0',
      push: { contact: 'mailto:the-operator@example.org', hosts: [pushService.host] },
    });
  });
  afterEach(async () => {
    await server.dispose();
    await pushService.close();
  });

  test('holds no name, id, token, key, body, address or password', async () => {
    const name = 'somebody-very-secret';
    const somebody = await signUp(server, name);
    const { agent, registration, session, bearer, login } = somebody;
    const friend = await signUp(server, 'friend-very-secret');
    await agent.get(`/api/directory?q=somebody-very`, bearer);
    await agent.get(`/${name}/${session.accessToken}`);
    await agent.get(`/api/people/${session.userId}?token=${session.accessToken}`);
    await agent.post('/api/auth/login', { ...login, authKey: toBase64url(randomBytes(32)) });
    await agent.post('/api/auth/login', `{"username":"${name}","authKey":"${registration.authKey}"`);
    await agent.post('/api/auth/login', { username: name, authKey: 7, note: 'a note in a body' });
    await agent.post('/api/auth/refresh', { device: login.device.id });
    await agent.post(
      '/api/auth/refresh',
      { device: login.device.id },
      { cookie: 'nexchat_refresh=forged-cookie' },
    );
    const { place } = pushService.newDevice();
    await agent.ask(
      'PUT',
      '/api/push',
      { ...place, endpoint: 'https://elsewhere.example/forged-place' },
      bearer,
    );
    expect((await friend.agent.ask('PUT', '/api/push', place, friend.bearer)).status).toBe(204);
    pushService.answer(() => ({ status: 403 }));
    await agent.post('/api/friends/request', { receiver: 'friend-very-secret' }, bearer);
    await until(() => server.logged().includes('a device could not be woken'), SOON);
    await friend.agent.post('/api/friends/accept', { sender: name }, friend.bearer);
    await agent.get('/api/directory', { authorization: 'Bearer forged-token' });
    await fetch(`${server.url}/api/sync`, {
      method: 'POST',
      headers: { ...bearer, 'content-type': 'application/msgpack' },
      body: Buffer.from('bytes that are no frames'),
    });
    const [one, other] = await Promise.all(
      [somebody, friend].map((who) => startPerson(who, () => server.url)),
    );
    if (!one || !other) throw new Error('nobody came');
    await until(() => one.live() && other.live(), SOON);
    one.write(other);
    other.write(one);
    await until(() => one.waiting() + other.waiting() === 0, SOON);
    await Promise.all([one.stop(), other.stop()]);
    await refusedSocket(session.accessToken.slice(0, -4));
    // A bug that carries what it was working on.
    server.store.account = () =>
      Promise.reject(
        Object.assign(new Error('a bug'), { account: { username: name }, body: registration.keyring }),
      );
    await agent.post('/api/auth/prelogin', { username: name });

    const log = server.logged();
    // It was listening all the time.
    expect(log.split('\n').length).toBeGreaterThan(15);
    expect(log).toContain('/api/auth/login');
    expect(log).toContain('a bug');
    const cookie = agent.cookie.split('=')[1];
    for (const secret of [
      'very-secret',
      session.userId,
      friend.session.userId,
      login.device.id,
      login.device.name,
      session.accessToken,
      session.accessToken.split('.')[2],
      cookie,
      registration.authKey,
      registration.keyring,
      registration.bundle,
      registration.wrappedAccountKey,
      registration.kdf.salt,
      'a note in a body',
      'forged-',
      'no frames',
      'the-redis-password',
      'the-operator',
      place.endpoint.split('/').at(-1),
      place.p256dh,
      place.auth,
    ]) {
      expect(secret).toBeTruthy();
      expect(log, String(secret)).not.toContain(secret);
    }
  });

  async function refusedSocket(token: string): Promise<void> {
    const socket = new WebSocket(
      `${server.url.replace('http', 'ws')}/api/socket`,
      ['nexchat.v1', `bearer.${token}`],
      {
        origin: server.url,
      },
    );
    await settled(once(socket, 'error'), { ...SOON, for: 'the refusal' });
  }
});

test('an error is logged with its stack and causes, without what libraries hang on it', () => {
  let line = '';
  const log = createLog('info', { write: (text: string) => void (line = text) });
  const driver = Object.assign(
    new Error(
      'E11000 duplicate key error collection: nexchat.accounts index: username_1 dup key: { username: "ann" }',
    ),
    { code: 11_000, keyValue: { username: 'ann' }, errorResponse: { errmsg: 'ann' } },
  );
  const address = new Error('no way to redis://user:password@127.0.0.1:1/0', { cause: driver });
  log.error({ err: new Error('the work failed', { cause: address }) }, 'failed');
  expect(JSON.parse(line)).toMatchObject({
    msg: 'failed',
    err: {
      type: 'Error',
      message: 'the work failed',
      stack: expect.stringContaining('log-hygiene.test'),
      cause: {
        message: 'no way to redis://127.0.0.1:1/0',
        cause: { code: 11_000, message: expect.stringContaining('username_1 dup key') },
      },
    },
  });
  expect(line).not.toMatch(/ann\b|password/);
});
