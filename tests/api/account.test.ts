import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toBase64url } from '#shared/bytes.ts';
import { type Identity, createBundle, rotateAgreement } from '#shared/crypto/identity.ts';
import { keyIdOf } from '#shared/crypto/verify.ts';
import type { AccountResponse, KeyringRequest, PasswordRequest } from '#shared/schema/account.ts';
import type { LoginResponse, Session } from '#shared/schema/http.ts';
import { someBytes, someDeviceId, someKeyring, someOpId } from '../support/api-people.ts';
import { type ApiServer, type Registered, createAgent, signUp, startApi } from '../support/api-server.ts';
import { greet, refusalOf, protocolsOf } from '../support/api-socket.ts';
import { until } from '../support/wait.ts';

const someKey = (): string => toBase64url(someBytes(32));

describe.each(['memory', 'sqlite'] as const)('the own account on %s', (store) => {
  let server: ApiServer;
  let names = 0;
  const someone = (): Promise<Registered> => signUp(server, `user-${++names}`);
  beforeAll(async () => {
    server = await startApi({ store });
  });
  afterAll(() => server.dispose());

  const accountOf = async ({ agent, bearer }: Registered) =>
    (await agent.get<AccountResponse>('/api/account', bearer)).body;
  const put = ({ agent, bearer }: Registered, what: string, body: unknown) =>
    agent.ask('PUT', `/api/account/${what}`, body, bearer);
  const works = async ({ agent, bearer }: Registered): Promise<boolean> =>
    (await agent.get('/api/friends/status', bearer)).status === 200;
  const wrong = { status: 401, body: { code: 'BAD_CREDENTIALS' } };
  const conflict = { status: 409, body: { code: 'CONFLICT' } };

  async function befriend(one: Registered, other: Registered): Promise<void> {
    const { username } = other.registration;
    await one.agent.post('/api/friends/request', { receiver: username }, one.bearer);
    await other.agent.post('/api/friends/accept', { sender: one.registration.username }, other.bearer);
  }
  async function another(person: Registered): Promise<Registered> {
    const agent = createAgent(server);
    const login = { ...person.login, device: { id: someDeviceId(), name: 'Phone' } };
    const { body: session } = await agent.post<Session>('/api/auth/login', login);
    return { ...person, agent, login, session, bearer: { authorization: `Bearer ${session.accessToken}` } };
  }

  test('a device learns what its account is made of, and nothing that proves the person', async () => {
    const ann = await someone();
    const { userId, username, keyring, bundle, kdf, authKey, recovery, wrappedAccountKey } = ann.registration;
    const account = await accountOf(ann);
    expect(account).toEqual({
      userId,
      username,
      created: expect.any(Number),
      keyring,
      revision: 1,
      bundle,
      kdf,
      credentialsVersion: 1,
      recoveryCreated: account.created,
    });
    const text = JSON.stringify(account);
    for (const secret of [authKey, recovery.authKey, wrappedAccountKey]) expect(text).not.toContain(secret);
  });

  test('the wrapped account key is given to who proves the password again', async () => {
    const ann = await someone();
    const { kdf, wrappedAccountKey, authKey, recovery } = ann.registration;
    const open = (key: string) => ann.agent.post('/api/account/open', { authKey: key }, ann.bearer);
    expect(await open(authKey)).toMatchObject({
      status: 200,
      body: { kdf, wrappedAccountKey, credentialsVersion: 1 },
    });
    expect(await open(someKey())).toMatchObject(wrong);
    expect(await open(recovery.authKey)).toMatchObject(wrong);
  });

  describe('a new password', () => {
    const changeOf = (
      { registration }: Registered,
      change: Partial<PasswordRequest> = {},
    ): PasswordRequest => ({
      current: registration.authKey,
      expect: 1,
      kdf: { ...registration.kdf, salt: toBase64url(someBytes(16)) },
      authKey: someKey(),
      wrappedAccountKey: toBase64url(someBytes(97)),
      endOthers: true,
      ...change,
    });

    test('takes the place of the old one, ends other sign-ins and their sockets, and not the own', async () => {
      const ann = await someone();
      const phone = await another(ann);
      const [mine, theirs] = [await greet(server, ann), await greet(server, phone)];
      const change = changeOf(ann);
      expect((await put(ann, 'password', change)).status).toBe(204);
      expect(await theirs.closed).toEqual({ code: 4401, reason: 'SESSION_ENDED' });
      expect([await works(ann), await works(phone)]).toEqual([true, false]);
      mine.say({ t: 'ping', id: 1 });
      expect(await mine.hear('pong')).toMatchObject({ id: 1 });
      mine.ws.terminate();
      expect(await createAgent(server).post('/api/auth/login', ann.login)).toMatchObject(wrong);
      const login = { ...ann.login, authKey: change.authKey };
      expect((await createAgent(server).post<LoginResponse>('/api/auth/login', login)).body).toMatchObject({
        kdf: change.kdf,
        wrappedAccountKey: change.wrappedAccountKey,
        credentialsVersion: 2,
      });
    });

    test('leaves other sign-ins when only its parameters grew, and the recovery code in any case', async () => {
      const ann = await someone();
      const phone = await another(ann);
      const kdf = { ...ann.registration.kdf, iterations: 700_000 };
      expect((await put(ann, 'password', changeOf(ann, { kdf, endOthers: false }))).status).toBe(204);
      expect(await works(phone)).toBe(true);
      const { username, recovery } = ann.registration;
      const recovered = await createAgent(server).post('/api/auth/recovery', {
        username,
        authKey: recovery.authKey,
      });
      expect(recovered).toMatchObject({
        status: 200,
        body: { wrappedAccountKey: recovery.wrappedAccountKey },
      });
      const asked = await createAgent(server).post('/api/auth/prelogin', { username });
      expect(asked.body).toEqual({ kdf });
    });

    test('is refused without the present one, and from a device that knows an older state', async () => {
      const ann = await someone();
      expect(await put(ann, 'password', changeOf(ann, { current: someKey() }))).toMatchObject(wrong);
      expect(await put(ann, 'password', changeOf(ann, { expect: 2 }))).toMatchObject(conflict);
      const changes = [changeOf(ann), changeOf(ann)];
      const answers = await Promise.all(changes.map((change) => put(ann, 'password', change)));
      expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
      expect((await accountOf(ann)).credentialsVersion).toBe(2);
      const winner = changes[answers.findIndex(({ status }) => status === 204)];
      const login = { ...ann.login, authKey: winner?.authKey ?? '' };
      expect((await createAgent(server).post('/api/auth/login', login)).status).toBe(200);
    });
  });

  test('a new recovery code makes the one before void, and the password stays', async () => {
    const ann = await someone();
    const recovery = { authKey: someKey(), wrappedAccountKey: toBase64url(someBytes(97)) };
    const { authKey: current, username } = ann.registration;
    const recover = (authKey: string) =>
      createAgent(server).post('/api/auth/recovery', { username, authKey });
    expect(await put(ann, 'recovery', { current: someKey(), expect: 1, recovery })).toMatchObject(wrong);
    expect(await put(ann, 'recovery', { current, expect: 3, recovery })).toMatchObject(conflict);
    expect((await recover(ann.registration.recovery.authKey)).status).toBe(200);
    server.advance(1_000);
    expect((await put(ann, 'recovery', { current, expect: 1, recovery })).status).toBe(204);
    expect(await recover(ann.registration.recovery.authKey)).toMatchObject(wrong);
    expect((await recover(recovery.authKey)).body).toMatchObject({
      wrappedAccountKey: recovery.wrappedAccountKey,
    });
    const account = await accountOf(ann);
    expect(account.credentialsVersion).toBe(2);
    expect(account.recoveryCreated).toBeGreaterThan(account.created);
    expect((await createAgent(server).post('/api/auth/login', ann.login)).status).toBe(200);
  });

  describe('a new keyring', () => {
    const keyringOf = (present: number, change: Partial<KeyringRequest> = {}): KeyringRequest => ({
      expect: present,
      keyring: toBase64url(someKeyring(present + 1)),
      ...change,
    });
    async function rotatedBundle({ registration, identity }: Registered, epoch = 2) {
      const next: Identity = await rotateAgreement(identity);
      const bundle = await createBundle(next, { userId: registration.userId, epoch, created: Date.now() });
      return { bundle, keyId: await keyIdOf(next.agreementPublic) };
    }

    test('is kept, counted, and told to the person’s devices at once', async () => {
      const ann = await someone();
      // A log's very first entries come as a snapshot.
      expect((await put(ann, 'keyring', keyringOf(1))).status).toBe(204);
      const line = await greet(server, ann);
      const change = keyringOf(2);
      expect((await put(ann, 'keyring', change)).status).toBe(204);
      const told = await until(
        () => line.frames.flatMap((frame) => (frame.t === 'entries' ? frame.page.entries : []))[0],
        { within: 5_000, for: 'the entry' },
      );
      expect(told).toMatchObject({ kind: 'account', revision: 3 });
      line.ws.terminate();
      expect(await accountOf(ann)).toMatchObject({ keyring: change.keyring, revision: 3 });
    });

    test('brings back keys that a restored server has lost, whatever their epoch is by now', async () => {
      const ann = await someone();
      const { bundle, keyId } = await rotatedBundle(ann, 4);
      expect((await put(ann, 'keyring', keyringOf(1, { bundle: toBase64url(bundle) }))).status).toBe(204);
      expect((await server.store.person(ann.registration.userId))?.keyId).toEqual(keyId);
      const { bundle: earlier } = await rotatedBundle(ann, 3);
      const refused = await put(ann, 'keyring', keyringOf(2, { bundle: toBase64url(earlier) }));
      expect(refused).toMatchObject({ status: 400, body: { code: 'BUNDLE_INVALID' } });
    });

    test('from a device that was overtaken is a conflict', async () => {
      const ann = await someone();
      const [first, second] = [keyringOf(1), keyringOf(1)];
      expect((await put(ann, 'keyring', first)).status).toBe(204);
      expect(await put(ann, 'keyring', second)).toMatchObject(conflict);
      // Also with keys that would follow: what is present may be newer than what they were made from.
      const { bundle } = await rotatedBundle(ann);
      expect(await put(ann, 'keyring', { ...second, bundle: toBase64url(bundle) })).toMatchObject(conflict);
      expect(await accountOf(ann)).toMatchObject({ keyring: first.keyring, revision: 2 });
    });

    test('may have a mebibyte', async () => {
      const ann = await someone();
      const keyring = toBase64url(someKeyring(2, 1_040_000));
      expect((await put(ann, 'keyring', keyringOf(1, { keyring }))).status).toBe(204);
      expect((await accountOf(ann)).keyring).toBe(keyring);
      const larger = toBase64url(someKeyring(3, 1_060_000));
      expect((await put(ann, 'keyring', keyringOf(2, { keyring: larger }))).status).toBeGreaterThanOrEqual(
        400,
      );
      expect((await accountOf(ann)).revision).toBe(2);
    });

    test('with new keys tells friends, and messages are sealed to the new ones from then on', async () => {
      const [ann, bob, cas] = [await someone(), await someone(), await someone()];
      await befriend(ann, bob);
      const line = await greet(server, bob);
      const heads = await Promise.all([bob, cas].map(({ session }) => server.store.head(session.userId)));
      const { bundle, keyId } = await rotatedBundle(ann);
      const change = keyringOf(1, { bundle: toBase64url(bundle) });
      expect((await put(ann, 'keyring', change)).status).toBe(204);
      const told = await until(
        () =>
          line.frames
            .flatMap((frame) => (frame.t === 'entries' ? frame.page.entries : []))
            .find((entry) => entry.kind === 'friend'),
        { within: 5_000, for: 'the entry' },
      );
      expect(told).toMatchObject({ peer: ann.registration.userId, standing: 'friends' });
      expect(toBase64url((told as { bundle: Uint8Array }).bundle)).toBe(toBase64url(bundle));
      line.ws.terminate();
      expect(await accountOf(ann)).toMatchObject({ bundle: toBase64url(bundle), revision: 2 });
      expect((await server.store.person(ann.registration.userId))?.keyId).toEqual(keyId);
      expect(await Promise.all([bob, cas].map(({ session }) => server.store.head(session.userId)))).toEqual([
        (heads[0] ?? 0) + 1,
        heads[1],
      ]);
      const login = await createAgent(server).post<LoginResponse>('/api/auth/login', ann.login);
      expect(login.body).toMatchObject({ bundle: toBase64url(bundle), revision: 2 });
    });
  });

  describe('deleting it', () => {
    const remove = ({ agent, bearer }: Registered, current: string) =>
      agent.post('/api/account/delete', { current }, bearer);

    test('needs the password', async () => {
      const ann = await someone();
      expect(await remove(ann, someKey())).toMatchObject(wrong);
      expect(await works(ann)).toBe(true);
    });

    test('ends sign-ins and sockets at once, tells friends, and leaves the name to nobody', async () => {
      const [ann, bob] = [await someone(), await someone()];
      await befriend(ann, bob);
      const phone = await another(ann);
      const [theirs, friends] = [await greet(server, phone), await greet(server, bob)];
      const { username, authKey, recovery } = ann.registration;
      expect((await remove(ann, authKey)).status).toBe(204);
      expect(ann.agent.cookie).toBe('');
      expect(await theirs.closed).toEqual({ code: 4401, reason: 'SESSION_ENDED' });
      await until(
        () =>
          friends.frames.some(
            (frame) => frame.t === 'presence' && frame.offline.includes(ann.session.userId),
          ),
        { within: 5_000, for: 'the friend to see the person go' },
      );
      const told = await until(
        () =>
          friends.frames
            .flatMap((frame) => (frame.t === 'entries' ? frame.page.entries : []))
            .find((entry) => entry.kind === 'friend' && entry.standing === 'none'),
        { within: 5_000, for: 'the entry' },
      );
      expect(told).toMatchObject({ peer: ann.session.userId, name: username });

      expect(await ann.agent.get('/api/account', ann.bearer)).toMatchObject({
        status: 401,
        body: { code: 'SESSION_ENDED' },
      });
      expect(await createAgent(server).post('/api/auth/login', ann.login)).toMatchObject(wrong);
      const code = { username, authKey: recovery.authKey };
      expect(await createAgent(server).post('/api/auth/recovery', code)).toMatchObject(wrong);
      const again = { ...ann.registration, device: { id: someDeviceId(), name: 'x' } };
      expect(await createAgent(server).post('/api/auth/register', again)).toMatchObject({
        status: 409,
        body: { code: 'USERNAME_TAKEN' },
      });
      const { body } = await bob.agent.get<{ people: { username: string }[] }>('/api/directory', bob.bearer);
      expect(body.people.map((person) => person.username)).not.toContain(username);
      const id = someOpId();
      expect(await friends.carryOut({ id, kind: 'friend.request', to: ann.session.userId })).toMatchObject({
        ok: false,
        code: 'UNKNOWN_USER',
      });
      friends.ws.terminate();
      expect(await refusalOf(server, protocolsOf(phone), { origin: server.url })).toMatchObject({
        status: 401,
        body: { code: 'SESSION_ENDED' },
      });
    });
  });

  describe('being locked out by the operator', () => {
    const locked = { status: 403, body: { code: 'ACCOUNT_SUSPENDED' } };

    test('closes sockets at once, and every door says why', async () => {
      const ann = await someone();
      const line = await greet(server, ann);
      expect(await server.suspend(ann.session.userId, true)).toBe(true);
      expect((await line.closed).code).toBe(4401);
      expect(await ann.agent.get('/api/account', ann.bearer)).toMatchObject(locked);
      expect(await ann.agent.post('/api/auth/refresh', { device: ann.login.device.id })).toMatchObject(
        locked,
      );
      expect(await ann.agent.post('/api/auth/login', ann.login)).toMatchObject(locked);
      expect(await refusalOf(server, protocolsOf(ann), { origin: server.url })).toMatchObject(locked);
    });

    test('is said only to who knows the password, and the name is not listed', async () => {
      const [ann, bob] = [await someone(), await someone()];
      await server.suspend(ann.session.userId, true);
      const guess = { ...ann.login, authKey: someKey() };
      expect(await createAgent(server).post('/api/auth/login', guess)).toMatchObject(wrong);
      const { username } = ann.registration;
      const asked = await bob.agent.get<{ people: unknown[] }>(`/api/directory?q=${username}`, bob.bearer);
      expect(asked.body.people).not.toContainEqual(expect.objectContaining({ username }));
    });

    test('ends with a new sign-in', async () => {
      const ann = await someone();
      await server.suspend(ann.session.userId, true);
      await server.suspend(ann.session.userId, false);
      expect(await works(ann)).toBe(false);
      expect((await ann.agent.post('/api/auth/login', ann.login)).status).toBe(200);
    });
  });
});

describe('guessing from inside a sign-in', () => {
  test('counts like guessing at the door, whichever address it comes from', async () => {
    const server = await startApi({ limitScale: 1, proxies: 1 });
    try {
      const ann = await signUp(server, 'ann');
      const open = (authKey: string, from: string) =>
        ann.agent.post('/api/account/open', { authKey }, { ...ann.bearer, 'x-forwarded-for': from });
      for (let at = 0; at < 10; at++) expect((await open(someKey(), '192.0.2.1')).status).toBe(401);
      expect(await open(ann.registration.authKey, '192.0.2.1')).toMatchObject({
        status: 429,
        body: { code: 'RATE_LIMITED' },
      });
      const login = createAgent(server).post('/api/auth/login', ann.login, {
        'x-forwarded-for': '192.0.2.1',
      });
      expect((await login).status).toBe(429);
      // So many in ten minutes, wherever from.
      for (let at = 0; at < 19; at++) await open(someKey(), `203.0.113.${at}`);
      expect((await open(ann.registration.authKey, '198.51.100.1')).status).toBe(429);
    } finally {
      await server.dispose();
    }
  });
});
