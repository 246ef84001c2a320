import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { toBase64url } from '#shared/bytes.ts';
import { createBundle, generateIdentity } from '#shared/crypto/identity.ts';
import type { LoginResponse, RegisterRequest, Session } from '#shared/schema/http.ts';
import { someBytes, someDeviceId, someUserId } from '../support/api-people.ts';
import {
  type Agent,
  type ApiServer,
  createAgent,
  registrationOf,
  signUp,
  startApi,
} from '../support/api-server.ts';

describe.each(['memory', 'sqlite'] as const)('accounts on %s', (store) => {
  let server: ApiServer;
  let agent: Agent;
  let names = 0;
  const freshName = (): string => `user-${++names}`;
  beforeAll(async () => {
    server = await startApi({ store });
  });
  afterAll(() => server.dispose());
  beforeEach(() => {
    agent = createAgent(server);
  });

  test('who signs up is signed in, and finds the account at the next sign-in on another device', async () => {
    const body = await registrationOf('ann');
    const up = await agent.post<Session>('/api/auth/register', body);
    expect(up.status).toBe(201);
    expect(up.body).toEqual({
      userId: body.userId,
      username: 'ann',
      accessToken: expect.any(String),
      expiresIn: 600,
    });
    expect(up.headers.get('cache-control')).toBe('no-store');

    const device = { id: someDeviceId(), name: 'Phone' };
    const { status, body: login } = await createAgent(server).post<LoginResponse>('/api/auth/login', {
      username: 'ann',
      authKey: body.authKey,
      device,
    });
    expect(status).toBe(200);
    const { kdf, wrappedAccountKey, keyring, bundle } = body;
    expect(login).toMatchObject({
      userId: body.userId,
      username: 'ann',
      kdf,
      wrappedAccountKey,
      keyring,
      bundle,
    });
  });

  test('what is stored of a password opens nothing: no key, no wrapped key, in plain', async () => {
    const { registration } = await signUp(server, freshName());
    const account = await server.store.account(registration.username);
    const kept = Buffer.from(account?.credentials.sealedAccountKey ?? []).toString('base64url');
    expect(account?.credentials.verifier).toMatch(/^\$2b\$04\$/);
    expect(account?.credentials.verifier).not.toContain(registration.authKey);
    expect(kept.length).toBeGreaterThan(registration.wrappedAccountKey.length);
    expect(kept).not.toContain(registration.wrappedAccountKey.slice(4, 40));
  });

  const wrong: [string, string, string | undefined, (body: RegisterRequest) => unknown][] = [
    ['a short name', 'USERNAME_INVALID', 'username', (body) => ({ ...body, username: 'ab' })],
    ['capitals in a name', 'USERNAME_INVALID', 'username', (body) => ({ ...body, username: 'Ann' })],
    [
      'a name that starts with a digit',
      'USERNAME_INVALID',
      'username',
      (body) => ({ ...body, username: '1ann' }),
    ],
    [
      'a name with a look-alike letter',
      'USERNAME_INVALID',
      'username',
      (body) => ({ ...body, username: 'аnnа' }),
    ],
    ['a name with a line break', 'USERNAME_INVALID', 'username', (body) => ({ ...body, username: 'ann\n' })],
    ['a path as a name', 'USERNAME_INVALID', 'username', (body) => ({ ...body, username: '../../etc' })],
    [
      'a name of 33 letters',
      'USERNAME_INVALID',
      'username',
      (body) => ({ ...body, username: 'a'.repeat(33) }),
    ],
    ['an object as a name', 'USERNAME_INVALID', 'username', (body) => ({ ...body, username: { $gt: '' } })],
    ['a missing field', 'BAD_FIELD', 'keyring', (body) => ({ ...body, keyring: undefined })],
    ['an unknown field', 'BAD_FIELD', 'admin', (body) => ({ ...body, admin: true })],
    [
      'an unknown field inside',
      'BAD_FIELD',
      'device.os',
      (body) => ({ ...body, device: { ...body.device, os: 1 } }),
    ],
    ['a list instead of an object', 'USERNAME_INVALID', 'username', (body) => [body]],
    [
      'too few iterations',
      'BAD_FIELD',
      'kdf.iterations',
      (body) => ({ ...body, kdf: { ...body.kdf, iterations: 599_999 } }),
    ],
    [
      'too many iterations',
      'BAD_FIELD',
      'kdf.iterations',
      (body) => ({ ...body, kdf: { ...body.kdf, iterations: 5_000_001 } }),
    ],
    ['another derivation', 'BAD_FIELD', 'kdf.alg', (body) => ({ ...body, kdf: { ...body.kdf, alg: 'MD5' } })],
    ['a short salt', 'BAD_FIELD', 'kdf.salt', (body) => ({ ...body, kdf: { ...body.kdf, salt: 'AAAA' } })],
    ['a short auth key', 'BAD_FIELD', 'authKey', (body) => ({ ...body, authKey: body.authKey.slice(1) })],
    [
      'leftover bits in an auth key',
      'BAD_FIELD',
      'authKey',
      (body) => ({ ...body, authKey: `${body.authKey.slice(0, -1)}B` }),
    ],
    [
      'base64 instead of base64url',
      'BAD_FIELD',
      'authKey',
      (body) => ({ ...body, authKey: `+${body.authKey.slice(1)}` }),
    ],
    ['a huge keyring', 'BAD_FIELD', 'keyring', (body) => ({ ...body, keyring: 'A'.repeat(16_385) })],
    ['a foreign user id', 'BUNDLE_INVALID', undefined, (body) => ({ ...body, userId: someUserId() })],
    [
      'a bundle of noise',
      'BUNDLE_INVALID',
      undefined,
      (body) => ({ ...body, bundle: toBase64url(someBytes(231)) }),
    ],
    [
      'a bundle with a broken signature',
      'BUNDLE_INVALID',
      undefined,
      (body) => ({ ...body, bundle: `${body.bundle.slice(0, -4)}AAAA` }),
    ],
  ];
  test.each(wrong)('signing up with %s is %s and makes no account', async (_what, code, detail, spoil) => {
    const body = await registrationOf(freshName());
    const { status, body: answer, headers } = await agent.post('/api/auth/register', spoil(body));
    expect(status).toBe(400);
    expect(answer).toEqual({ code, message: expect.any(String), ...(detail && { detail }) });
    expect(headers.getSetCookie()).toEqual([]);
    expect(await server.store.account(body.username)).toBeUndefined();
    expect(await server.store.person(body.userId)).toBeUndefined();
  });

  test('a bundle of somebody else is not accepted for one’s own id', async () => {
    const body = await registrationOf(freshName());
    const bundle = await createBundle(await generateIdentity(), {
      userId: someUserId(),
      epoch: 1,
      created: 1,
    });
    const answer = await agent.post('/api/auth/register', { ...body, bundle: toBase64url(bundle) });
    expect(answer).toMatchObject({ status: 400, body: { code: 'BUNDLE_INVALID' } });
  });

  test('a taken name and a taken id are told apart, and the first account stays as it was', async () => {
    const { registration } = await signUp(server, freshName());
    const before = await server.store.account(registration.username);
    const sameName = await registrationOf(registration.username);
    expect(await agent.post('/api/auth/register', sameName)).toMatchObject({
      status: 409,
      body: { code: 'USERNAME_TAKEN' },
    });
    const sameId = { ...registration, username: freshName(), device: sameName.device };
    expect(await agent.post('/api/auth/register', sameId)).toMatchObject({
      status: 409,
      body: { code: 'USER_ID_TAKEN' },
    });
    expect(await server.store.account(registration.username)).toEqual(before);
    expect(await server.store.account(sameId.username)).toBeUndefined();
    expect(agent.cookie).toBe('');
  });

  test('a wrong password and an unknown user get the same answer', async () => {
    const { login } = await signUp(server, freshName());
    const other = createAgent(server);
    const authKey = toBase64url(someBytes(32));
    const badKey = await other.post('/api/auth/login', { ...login, authKey });
    const nobody = await other.post('/api/auth/login', { ...login, username: 'nobody', authKey });
    expect(badKey).toMatchObject({ status: 401, body: { code: 'BAD_CREDENTIALS' } });
    expect([nobody.status, nobody.body]).toEqual([badKey.status, badKey.body]);
    expect(other.cookie).toBe('');
  });

  test('the name decides exactly: case, spaces and patterns find nobody', async () => {
    const { login } = await signUp(server, freshName());
    for (const username of [login.username.toUpperCase(), `${login.username} `, '%', `${login.username}\0`]) {
      const answer = await agent.post('/api/auth/login', { ...login, username });
      expect(answer).toMatchObject({ status: 401, body: { code: 'BAD_CREDENTIALS' } });
    }
  });

  test('prelogin tells real parameters, and invents steady ones for users who do not exist', async () => {
    const { registration } = await signUp(server, freshName());
    const ask = async (username: string) => (await agent.post('/api/auth/prelogin', { username })).body;
    expect(await ask(registration.username)).toEqual({ kdf: registration.kdf });
    const invented = await ask('nobody');
    expect(invented).toEqual({
      kdf: { alg: 'PBKDF2-SHA256', iterations: 600_000, salt: expect.stringMatching(/^[\w-]{22}$/) },
    });
    expect(await ask('nobody')).toEqual(invented);
    expect(await ask('nobody2')).not.toEqual(invented);
  });

  test('the log holds no name, key, token or body', async () => {
    const { registration, session, agent: own } = await signUp(server, 'very-secret-name');
    await own.get('/api/directory?q=very-secret', { authorization: `Bearer ${session.accessToken}` });
    await own.post('/api/auth/refresh', { device: registration.device.id });
    const log = server.logged();
    expect(log).toContain('/api/directory');
    for (const secret of [
      'very-secret',
      registration.authKey,
      registration.keyring,
      session.accessToken,
      own.cookie,
    ]) {
      expect(log).not.toContain(secret);
    }
  });
});
