import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toBase64url } from '#shared/bytes.ts';
import type { RecoveryResponse, ResetRequest } from '#shared/schema/account.ts';
import type { LoginResponse, RegisterRequest } from '#shared/schema/http.ts';
import { someBytes, someDeviceId } from '../support/api-people.ts';
import {
  type ApiServer,
  type Registered,
  createAgent,
  registrationOf,
  signUp,
  startApi,
} from '../support/api-server.ts';
import { greet } from '../support/api-socket.ts';

const someKey = (): string => toBase64url(someBytes(32));

describe.each(['memory', 'sqlite'] as const)('recovery on %s', (store) => {
  let server: ApiServer;
  let names = 0;
  const someone = (): Promise<Registered> => signUp(server, `user-${++names}`);
  beforeAll(async () => {
    server = await startApi({ store });
  });
  afterAll(() => server.dispose());

  const recover = (username: string, authKey: string) =>
    createAgent(server).post<RecoveryResponse>('/api/auth/recovery', { username, authKey });
  const resetOf = ({ registration }: Registered, change: Partial<ResetRequest> = {}): ResetRequest => ({
    username: registration.username,
    recoveryKey: registration.recovery.authKey,
    kdf: { ...registration.kdf, salt: toBase64url(someBytes(16)) },
    authKey: someKey(),
    wrappedAccountKey: toBase64url(someBytes(97)),
    recovery: { authKey: someKey(), wrappedAccountKey: toBase64url(someBytes(97)) },
    device: { id: someDeviceId(), name: 'New phone' },
    ...change,
  });
  const wrong = { status: 401, body: { code: 'BAD_CREDENTIALS' } };

  test('a code gives back exactly what was wrapped under it, and signs nobody in', async () => {
    const { registration } = await someone();
    const answer = await recover(registration.username, registration.recovery.authKey);
    const { userId, username, recovery, keyring, bundle } = registration;
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.body).toEqual({
      userId,
      username,
      wrappedAccountKey: recovery.wrappedAccountKey,
      keyring,
      revision: 1,
      bundle,
    });
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test('a wrong code, a name without a code and a name that nobody has are one answer', async () => {
    const ann = await someone();
    const { recovery: _, ...bare } = await registrationOf(`user-${++names}`);
    await createAgent(server).post('/api/auth/register', bare satisfies RegisterRequest);
    const answers = await Promise.all([
      recover(ann.registration.username, someKey()),
      recover(bare.username, someKey()),
      recover('nobody', someKey()),
      recover(ann.registration.username, ann.registration.authKey),
    ]);
    for (const answer of answers) {
      expect(answer).toMatchObject(wrong);
      expect(answer.body).toEqual(answers[0].body);
    }
  });

  test('what is stored of a code opens nothing: no key, no wrapped key, in plain', async () => {
    const { registration } = await someone();
    const kept = (await server.store.account(registration.username))?.recovery;
    expect(kept?.verifier).not.toContain(registration.recovery.authKey);
    const sealed = toBase64url(kept?.sealedAccountKey ?? new Uint8Array());
    expect(sealed.length).toBeGreaterThan(registration.recovery.wrappedAccountKey.length);
    expect(sealed).not.toContain(registration.recovery.wrappedAccountKey.slice(4, 40));
  });

  test('a reset puts password and code in place of the old ones, and signs in', async () => {
    const ann = await someone();
    const { username, keyring, bundle, userId } = ann.registration;
    const request = resetOf(ann);
    const agent = createAgent(server);
    const { status, body } = await agent.post<LoginResponse>('/api/auth/reset', request);
    expect(status).toBe(200);
    expect(body).toEqual({
      userId,
      username,
      accessToken: expect.any(String),
      expiresIn: 600,
      kdf: request.kdf,
      wrappedAccountKey: request.wrappedAccountKey,
      keyring,
      revision: 1,
      bundle,
      credentialsVersion: 2,
    });
    expect(agent.cookie).toMatch(/^nexchat=/);
    const bearer = { authorization: `Bearer ${body.accessToken}` };
    expect((await agent.get('/api/friends/status', bearer)).status).toBe(200);

    expect(await agent.post('/api/auth/login', ann.login)).toMatchObject(wrong);
    const login = { ...ann.login, authKey: request.authKey };
    expect((await createAgent(server).post('/api/auth/login', login)).body).toMatchObject({
      wrappedAccountKey: request.wrappedAccountKey,
      credentialsVersion: 2,
    });
    expect((await recover(username, request.recovery.authKey)).body).toMatchObject({
      wrappedAccountKey: request.recovery.wrappedAccountKey,
    });
  });

  test('a code is used up by the reset that it proves', async () => {
    const ann = await someone();
    expect((await createAgent(server).post('/api/auth/reset', resetOf(ann))).status).toBe(200);
    const before = await server.store.account(ann.registration.username);
    expect(await createAgent(server).post('/api/auth/reset', resetOf(ann))).toMatchObject(wrong);
    expect(await recover(ann.registration.username, ann.registration.recovery.authKey)).toMatchObject(wrong);
    expect(await server.store.account(ann.registration.username)).toEqual(before);
  });

  test('of two resets with one code at once, one is made', async () => {
    const ann = await someone();
    const requests = [resetOf(ann), resetOf(ann)];
    const answers = await Promise.all(
      requests.map((request) => createAgent(server).post<{ code?: string }>('/api/auth/reset', request)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const refused = answers.find(({ status }) => status !== 200);
    expect(['CONFLICT', 'BAD_CREDENTIALS']).toContain(refused?.body.code);
    const winner = requests[answers.findIndex(({ status }) => status === 200)];
    const login = { ...ann.login, authKey: winner?.authKey ?? '' };
    expect((await createAgent(server).post('/api/auth/login', login)).status).toBe(200);
  });

  test('a reset ends every sign-in of before, and closes its sockets at once', async () => {
    const ann = await someone();
    const line = await greet(server, ann);
    await createAgent(server).post('/api/auth/reset', resetOf(ann));
    expect(await line.closed).toEqual({ code: 4401, reason: 'SESSION_ENDED' });
    expect(await ann.agent.get('/api/friends/status', ann.bearer)).toMatchObject({
      status: 401,
      body: { code: 'SESSION_ENDED' },
    });
    expect(await ann.agent.post('/api/auth/refresh', { device: ann.login.device.id })).toMatchObject({
      body: { code: 'SESSION_ENDED' },
    });
  });

  test('a reset that breaks off leaves no sign-in of before open', async () => {
    const ann = await someone();
    const { startSession, endSessions } = server.store;
    const breakOff = () => Promise.reject(new Error('the process died'));
    Object.assign(server.store, { startSession: breakOff, endSessions: breakOff });
    try {
      expect((await createAgent(server).post('/api/auth/reset', resetOf(ann))).status).toBe(500);
    } finally {
      Object.assign(server.store, { startSession, endSessions });
    }
    expect((await server.store.account(ann.registration.username))?.credentialsVersion).toBe(2);
    expect(await server.store.sessions(ann.session.userId)).toEqual([]);
  });

  test('a sign-in with the old password does not slip in behind a reset', async () => {
    const ann = await someone();
    const { startSession } = server.store;
    // The reset happens after the old password was found right, and before its sign-in begins.
    server.store.startSession = async (signIn) => {
      server.store.startSession = startSession;
      expect((await createAgent(server).post('/api/auth/reset', resetOf(ann))).status).toBe(200);
      return startSession(signIn);
    };
    const login = { ...ann.login, device: { id: someDeviceId(), name: 'Elsewhere' } };
    const late = await createAgent(server).post('/api/auth/login', login);
    expect(late).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    expect(late.headers.getSetCookie()).toEqual([]);
    const open = await server.store.sessions(ann.session.userId);
    expect(open.map(({ deviceName }) => deviceName)).toEqual(['New phone']);
  });

  test('a reset with parameters that would weaken the password changes nothing', async () => {
    const ann = await someone();
    const kdf = { ...ann.registration.kdf, iterations: 599_999 };
    expect(await createAgent(server).post('/api/auth/reset', resetOf(ann, { kdf }))).toMatchObject({
      status: 400,
      body: { code: 'BAD_FIELD', detail: 'kdf.iterations' },
    });
    expect((await createAgent(server).post('/api/auth/login', ann.login)).status).toBe(200);
  });

  test('who is locked out learns it from the right code only', async () => {
    const ann = await someone();
    await server.suspend(ann.registration.userId, true);
    const { username, recovery } = ann.registration;
    const locked = { status: 403, body: { code: 'ACCOUNT_SUSPENDED' } };
    expect(await recover(username, recovery.authKey)).toMatchObject(locked);
    expect(await createAgent(server).post('/api/auth/reset', resetOf(ann))).toMatchObject(locked);
    expect(await recover(username, someKey())).toMatchObject(wrong);
    await server.suspend(ann.registration.userId, false);
    expect((await recover(username, recovery.authKey)).status).toBe(200);
  });
});

describe('guessing codes', () => {
  test('is stopped by address like guessing passwords, and never keeps the owner out', async () => {
    const server = await startApi({ limitScale: 1, proxies: 1 });
    try {
      const { registration, login } = await signUp(server, 'ann');
      const ask = (authKey: string, from: string) =>
        createAgent(server).post(
          '/api/auth/recovery',
          { username: 'ann', authKey },
          { 'x-forwarded-for': from },
        );
      for (let at = 0; at < 10; at++) expect((await ask(someKey(), '192.0.2.1')).status).toBe(401);
      expect(await ask(registration.recovery.authKey, '192.0.2.1')).toMatchObject({
        status: 429,
        body: { code: 'RATE_LIMITED', retryAfter: expect.any(Number) },
      });
      const logIn = createAgent(server).post('/api/auth/login', login, { 'x-forwarded-for': '192.0.2.1' });
      expect((await logIn).status).toBe(429);
      for (let at = 0; at < 110; at++) await ask(someKey(), `203.0.113.${at}`);
      expect((await ask(registration.recovery.authKey, '198.51.100.1')).status).toBe(200);
    } finally {
      await server.dispose();
    }
  });
});
