import { createHmac } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAccessTokens } from '#api/auth/access-token.ts';
import { currentKey, parseKeySet, randomSecret } from '#api/auth/keys.ts';
import type { Session } from '#shared/schema/http.ts';
import { someDeviceId, someUserId } from '../support/api-people.ts';
import { type ApiServer, type Registered, createAgent, signUp, startApi } from '../support/api-server.ts';

const SECOND = 1_000;
const DAY = 86_400_000;

describe.each(['memory', 'sqlite'] as const)('sign-ins on %s', (store) => {
  let server: ApiServer;
  let names = 0;
  const someone = (): Promise<Registered> => signUp(server, `user-${++names}`);
  beforeAll(async () => {
    server = await startApi({ store });
  });
  afterAll(() => server.dispose());

  /** Asks for a fresh access token, with `cookie` instead of the agent's own. */
  async function refresh({ agent, login }: Registered, cookie = agent.cookie, device = login.device.id) {
    return agent.post<Session & { code: string }>(
      '/api/auth/refresh',
      { device },
      cookie === '' ? {} : { cookie },
    );
  }
  const works = async (bearer: Registered['bearer']): Promise<boolean> =>
    (await createAgent(server).get('/api/friends/status', bearer)).status === 200;
  const sessionOf = (cookie: string): string => cookie.split('=')[1]?.split('.')[0] ?? '';

  test('the cookie is for this host alone, and the prefix falls away only on plain localhost', async () => {
    const { agent, login } = await someone();
    const local = await agent.post('/api/auth/login', login);
    expect(local.headers.getSetCookie()[0]).toMatch(
      /^nexchat=[\w-]{22}\.[\w-]{43}; Path=\/; Max-Age=7776000; HttpOnly; SameSite=Strict$/,
    );
    const behindTls = await startApi({ store, proxies: 1, origins: ['https://chat.example.org'] });
    try {
      const headers = { origin: 'https://chat.example.org', 'x-forwarded-proto': 'https' };
      const remote = await createAgent(behindTls).post('/api/auth/logout', {}, headers);
      expect(remote.headers.getSetCookie()[0]).toBe(
        '__Host-nexchat=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure',
      );
      expect(remote.headers.get('strict-transport-security')).toMatch(/^max-age=31536000/);
    } finally {
      await behindTls.dispose();
    }
  });

  test('a refresh gives another token, in the body and in the cookie', async () => {
    const ann = await someone();
    const before = ann.agent.cookie;
    server.advance(31 * SECOND);
    const { status, body } = await refresh(ann);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      userId: ann.session.userId,
      username: ann.session.username,
      expiresIn: 600,
    });
    expect(ann.agent.cookie).not.toBe(before);
    expect(await works({ authorization: `Bearer ${body.accessToken}` })).toBe(true);
  });

  test('a lost answer is given again, however late: the last token but one gets the same successor', async () => {
    const ann = await someone();
    const old = ann.agent.cookie;
    await refresh(ann);
    const successor = ann.agent.cookie;
    // A browser that dies keeps on disk the cookie of half a minute ago, and may be opened days later.
    server.advance(3 * DAY);
    expect((await refresh(ann, old)).status).toBe(200);
    expect(ann.agent.cookie).toBe(successor);
    server.advance(60 * SECOND);
    expect((await refresh(ann)).status).toBe(200);
    expect(ann.agent.cookie).not.toBe(successor);
  });

  test('two tabs that refresh at once end with the same token', async () => {
    const ann = await someone();
    const old = ann.agent.cookie;
    const cookies = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const tab = { ...ann, agent: createAgent(server) };
        expect((await refresh(tab, old)).status).toBe(200);
        return tab.agent.cookie;
      }),
    );
    expect(new Set(cookies).size).toBe(1);
    expect(cookies[0]).not.toBe(old);
  });

  test('a reload straight after does not rotate again, so that no answer under way gets too old', async () => {
    const ann = await someone();
    const old = ann.agent.cookie;
    await refresh(ann);
    const successor = ann.agent.cookie;
    await refresh(ann);
    expect(ann.agent.cookie).toBe(successor);
    expect((await refresh(ann, old)).status).toBe(200);
  });

  test('a token older than the last but one ends the sign-in for everybody who has a copy', async () => {
    const ann = await someone();
    const stolen = ann.agent.cookie;
    await refresh(ann);
    server.advance(31 * SECOND);
    const { body } = await refresh(ann);
    const current = ann.agent.cookie;
    expect(await refresh(ann, stolen)).toMatchObject({ status: 401, body: { code: 'SESSION_ENDED' } });
    expect(await refresh(ann, current)).toMatchObject({ status: 401, body: { code: 'SESSION_ENDED' } });
    expect(await works({ authorization: `Bearer ${body.accessToken}` })).toBe(false);
  });

  test('a token is of use only to its device, and the attempt changes nothing', async () => {
    const ann = await someone();
    const { cookie } = ann.agent;
    expect(await refresh(ann, cookie, someDeviceId())).toMatchObject({
      status: 401,
      body: { code: 'TOKEN_INVALID' },
    });
    expect(ann.agent.cookie).toBe(cookie);
    expect((await refresh(ann)).status).toBe(200);
  });

  test.each([
    ['no cookie', '', 'UNAUTHENTICATED'],
    ['noise', 'nexchat=noise', 'TOKEN_INVALID'],
    ['a token of no sign-in', `nexchat=${'A'.repeat(22)}.${'A'.repeat(43)}`, 'TOKEN_INVALID'],
    ['a cookie of another name', `session=${'A'.repeat(22)}.${'A'.repeat(43)}`, 'UNAUTHENTICATED'],
  ])('a refresh with %s is refused', async (_what, cookie, code) => {
    const ann = await someone();
    const { agent } = ann;
    ann.agent.cookie = '';
    expect(await refresh(ann, cookie)).toMatchObject({ status: 401, body: { code } });
    expect(agent.cookie).toBe('');
  });

  test('a sign-in that is not used for 90 days ends, one that is used goes on', async () => {
    const [ann, bob] = [await someone(), await someone()];
    server.advance(60 * DAY);
    expect((await refresh(bob)).status).toBe(200);
    server.advance(31 * DAY);
    expect(await refresh(ann)).toMatchObject({ status: 401, body: { code: 'SESSION_ENDED' } });
    expect((await refresh(bob)).status).toBe(200);
  });

  test('logging out ends the sign-in at once, and needs no valid one', async () => {
    const ann = await someone();
    const { cookie } = ann.agent;
    const out = await ann.agent.post('/api/auth/logout', {});
    expect(out.status).toBe(204);
    expect(ann.agent.cookie).toBe('');
    expect(await works(ann.bearer)).toBe(false);
    expect(await refresh(ann, cookie)).toMatchObject({ status: 401, body: { code: 'SESSION_ENDED' } });
    expect((await ann.agent.post('/api/auth/logout', {})).status).toBe(204);
    expect((await server.store.session(sessionOf(cookie)))?.ended).not.toBeNull();
  });

  test('a new sign-in of the same device replaces the former, one of another device does not', async () => {
    const ann = await someone();
    const elsewhere = createAgent(server);
    await elsewhere.post('/api/auth/login', { ...ann.login, device: { id: someDeviceId(), name: 'Phone' } });
    expect(await works(ann.bearer)).toBe(true);
    await ann.agent.post('/api/auth/login', ann.login);
    expect(await works(ann.bearer)).toBe(false);
  });

  describe('access tokens', () => {
    const claims = (ann: Registered) => {
      const now = Math.floor(Date.now() / 1000) + 200 * 86_400;
      return {
        iss: 'nexchat',
        aud: 'nexchat-api',
        sub: ann.session.userId as string,
        sid: sessionOf(ann.agent.cookie),
        dev: ann.login.device.id as string,
        iat: now,
        exp: now + 600,
      };
    };
    const kid = (): string => server.secrets.jwt.current;
    const sign = (payload: object, header: object = {}, key = currentKey(server.secrets.jwt)): string =>
      jwt.sign(payload, key, { header: { alg: 'HS256', typ: 'at+jwt', kid: kid(), ...header } });
    const withoutEnd = ({ iss, aud, sub, sid, dev, iat }: ReturnType<typeof claims>): object => ({
      iss,
      aud,
      sub,
      sid,
      dev,
      iat,
    });
    /** Without a library, which would refuse to make it. */
    function forge(header: object, payload: object, key?: string): string {
      const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
      const signed = `${part(header)}.${part(payload)}`;
      return `${signed}.${key === undefined ? '' : createHmac('sha256', key).update(signed).digest('base64url')}`;
    }

    test('a token made by hand with all the right claims works: the refusals below are for their reasons', async () => {
      const ann = await someone();
      expect(await works({ authorization: `Bearer ${sign(claims(ann))}` })).toBe(true);
      expect(await works({ authorization: `bearer ${sign(claims(ann))}` })).toBe(true);
    });

    const bad: [string, string, (ann: Registered) => string][] = [
      ['none', 'UNAUTHENTICATED', () => ''],
      ['only a scheme', 'UNAUTHENTICATED', () => 'Bearer'],
      ['another scheme', 'UNAUTHENTICATED', (ann) => `Basic ${sign(claims(ann))}`],
      ['noise', 'TOKEN_INVALID', () => 'Bearer noise'],
      ['three dots of noise', 'TOKEN_INVALID', () => 'Bearer a.b.c'],
      [
        'a foreign key',
        'TOKEN_INVALID',
        (ann) => `Bearer ${forge({ alg: 'HS256', typ: 'at+jwt', kid: kid() }, claims(ann), 'guess')}`,
      ],
      [
        'no signature (alg none)',
        'TOKEN_INVALID',
        (ann) => `Bearer ${forge({ alg: 'none', typ: 'at+jwt', kid: kid() }, claims(ann))}`,
      ],
      [
        'alg None in capitals',
        'TOKEN_INVALID',
        (ann) => `Bearer ${forge({ alg: 'NONE', typ: 'at+jwt', kid: kid() }, claims(ann))}`,
      ],
      [
        'a longer hash than agreed',
        'TOKEN_INVALID',
        (ann) => `Bearer ${sign(claims(ann), { alg: 'HS512' })}`,
      ],
      ['an unknown key id', 'TOKEN_INVALID', (ann) => `Bearer ${sign(claims(ann), { kid: 'k9' })}`],
      [
        'a path as key id',
        'TOKEN_INVALID',
        (ann) => `Bearer ${sign(claims(ann), { kid: '../../dev/null' })}`,
      ],
      ['no key id', 'TOKEN_INVALID', (ann) => `Bearer ${sign(claims(ann), { kid: undefined })}`],
      ['another kind of token', 'TOKEN_INVALID', (ann) => `Bearer ${sign(claims(ann), { typ: 'JWT' })}`],
      ['another audience', 'TOKEN_INVALID', (ann) => `Bearer ${sign({ ...claims(ann), aud: 'other' })}`],
      ['another issuer', 'TOKEN_INVALID', (ann) => `Bearer ${sign({ ...claims(ann), iss: 'other' })}`],
      ['no end', 'TOKEN_INVALID', (ann) => `Bearer ${sign(withoutEnd(claims(ann)))}`],
      ['an object as user', 'TOKEN_INVALID', (ann) => `Bearer ${sign({ ...claims(ann), sub: 'x' })}`],
      ['an end in the past', 'TOKEN_EXPIRED', (ann) => `Bearer ${sign({ ...claims(ann), exp: 1 })}`],
      [
        'an end in the past and a foreign key',
        'TOKEN_INVALID',
        (ann) =>
          `Bearer ${forge({ alg: 'HS256', typ: 'at+jwt', kid: kid() }, { ...claims(ann), exp: 1 }, 'guess')}`,
      ],
      [
        'a sign-in that never was',
        'SESSION_ENDED',
        (ann) => `Bearer ${sign({ ...claims(ann), sid: 'A'.repeat(22) })}`,
      ],
      [
        'another user’s sign-in',
        'SESSION_ENDED',
        (ann) => `Bearer ${sign({ ...claims(ann), sub: someUserId() })}`,
      ],
    ];
    test.each(bad)('%s is %s', async (_what, code, headerOf) => {
      const ann = await someone();
      const authorization = headerOf(ann);
      const answer = await createAgent(server).get(
        '/api/friends/status',
        authorization === '' ? {} : { authorization },
      );
      expect(answer).toMatchObject({ status: 401, body: { code } });
    });

    test('a token ends after its ten minutes', async () => {
      const ann = await someone();
      server.advance(599 * SECOND);
      expect(await works(ann.bearer)).toBe(true);
      server.advance(2 * SECOND);
      const late = await createAgent(server).get('/api/friends/status', ann.bearer);
      expect(late).toMatchObject({ status: 401, body: { code: 'TOKEN_EXPIRED' } });
    });

    test('a key is replaced without a pause: tokens of the old one are good until it is dropped', async () => {
      const [older, newer] = [randomSecret(), randomSecret()];
      const keysOf = (text: string) => {
        const parsed = parseKeySet(text);
        if (!parsed.ok) throw new Error(parsed.error);
        return parsed.value;
      };
      const tokensOf = (text: string) =>
        createAccessTokens({ keys: keysOf(text), ttl: 600, clock: { now: Date.now } });
      const [before, during, after] = [`k1:${older}`, `k2:${newer},k1:${older}`, `k2:${newer}`].map(tokensOf);
      const identity = { user: someUserId(), session: 'A'.repeat(22), device: someDeviceId() };
      const [old, fresh] = [before?.issue(identity).token ?? '', during?.issue(identity).token ?? ''];
      expect(jwt.decode(fresh, { complete: true })?.header.kid).toBe('k2');
      expect(during?.verify(old)).toMatchObject({ ok: true, value: identity });
      expect(during?.verify(fresh)).toMatchObject({ ok: true, value: identity });
      expect(after?.verify(fresh)).toMatchObject({ ok: true, value: identity });
      expect(after?.verify(old)).toEqual({ ok: false, error: 'TOKEN_INVALID' });
      expect(before?.verify(fresh)).toEqual({ ok: false, error: 'TOKEN_INVALID' });
    });

    test('the cookie alone opens nothing but its own endpoints', async () => {
      const ann = await someone();
      expect(await ann.agent.get('/api/friends/status')).toMatchObject({
        status: 401,
        body: { code: 'UNAUTHENTICATED' },
      });
    });
  });
});
