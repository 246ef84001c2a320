import { createHmac } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { currentKey } from '#api/auth/keys.ts';
import { someUserId } from '../../support/api-people.ts';
import { type Refusal, type World, ask, refusal } from './refusal.ts';

interface Parts {
  readonly header: Record<string, unknown>;
  readonly claims: Record<string, unknown>;
}

/** What a genuine token of ann says. The server's clock may have been moved forward. */
function genuine({ ann }: World): Parts {
  const decoded = jwt.decode(ann.session.accessToken, { complete: true });
  if (!decoded || typeof decoded.payload === 'string') throw new Error('a token that can’t be read');
  return { header: { ...decoded.header }, claims: { ...decoded.payload } };
}

/** Without a library, which would refuse to make it. */
function forge({ header, claims }: Parts, sign: (signed: string) => string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${sign(signed)}`;
}

const signedWith =
  (hash: string, key: ({ server }: World) => Parameters<typeof createHmac>[1]) =>
  (world: World) =>
  (signed: string): string =>
    createHmac(hash, key(world)).update(signed).digest('base64url');
const ours = signedWith('sha256', ({ server }) => currentKey(server.secrets.jwt));

const carried = (title: string, code: string, authorization: (world: World) => string): Refusal =>
  refusal(title, 401, code, (world) =>
    ask(world, 'GET', '/api/account', undefined, { authorization: authorization(world) }),
  );

/** Signed with the real key: refused for what it says. */
const saying = (title: string, code: string, change: (parts: Parts) => Parts): Refusal =>
  carried(title, code, (world) => `Bearer ${forge(change(genuine(world)), ours(world))}`);
const inHeader = (title: string, header: Parts['header'], code = 'TOKEN_INVALID'): Refusal =>
  saying(title, code, (parts) => ({ ...parts, header: { ...parts.header, ...header } }));
const inClaims = (title: string, claims: Parts['claims'], code = 'TOKEN_INVALID'): Refusal =>
  saying(title, code, (parts) => ({ ...parts, claims: { ...parts.claims, ...claims } }));

export const tokens: readonly Refusal[] = [
  refusal('Nothing opens without a token', 401, 'UNAUTHENTICATED', (world) =>
    ask(world, 'GET', '/api/account', undefined),
  ),
  carried('A scheme without a token is refused', 'UNAUTHENTICATED', () => 'Bearer'),
  carried('Another scheme is refused', 'UNAUTHENTICATED', ({ ann }) => `Basic ${ann.session.accessToken}`),
  carried(
    'Two tokens at once are refused',
    'UNAUTHENTICATED',
    ({ ann }) => `Bearer ${ann.session.accessToken} ${ann.session.accessToken}`,
  ),
  carried('Noise is no token', 'TOKEN_INVALID', () => 'Bearer noise'),
  carried('Three parts of noise are no token', 'TOKEN_INVALID', () => 'Bearer a.b.c'),
  carried(
    'A refresh token is no access token',
    'TOKEN_INVALID',
    ({ ann }) => `Bearer ${ann.agent.cookie.split('=')[1]}`,
  ),
  carried(
    'A token without a signature (alg none) is refused',
    'TOKEN_INVALID',
    (world) =>
      `Bearer ${forge({ ...genuine(world), header: { ...genuine(world).header, alg: 'none' } }, () => '')}`,
  ),
  carried(
    'A token without a signature that still says HS256 is refused',
    'TOKEN_INVALID',
    (world) => `Bearer ${forge(genuine(world), () => '')}`,
  ),
  carried(
    'A token with a longer hash (HS384) is refused, although its key is right',
    'TOKEN_INVALID',
    (world) =>
      `Bearer ${forge(
        { ...genuine(world), header: { ...genuine(world).header, alg: 'HS384' } },
        signedWith('sha384', ({ server }) => currentKey(server.secrets.jwt))(world),
      )}`,
  ),
  carried(
    'A token that somebody else signed is refused',
    'TOKEN_INVALID',
    (world) => `Bearer ${forge(genuine(world), signedWith('sha256', () => 'guess')(world))}`,
  ),
  carried('A genuine signature over other claims is refused', 'TOKEN_INVALID', ({ ann, bob }) => {
    const [header, , signature] = ann.session.accessToken.split('.');
    return `Bearer ${header}.${bob.session.accessToken.split('.')[1]}.${signature}`;
  }),
  inHeader('A token that names an unknown key is refused', { kid: 'k9' }),
  inHeader('A token that names a file as its key is refused', { kid: '../../../../dev/null' }),
  inHeader('A token that names a property of objects as its key is refused', { kid: '__proto__' }),
  inHeader('A token that names no key is refused', { kid: undefined }),
  inHeader('A token of another type is refused', { typ: 'JWT' }),
  inHeader('A token of no type is refused', { typ: undefined }),
  inClaims('A token of another issuer is refused', { iss: 'elsewhere' }),
  inClaims('A token for another audience is refused', { aud: 'elsewhere' }),
  inClaims('A token that ends in the past is expired', { exp: 1 }, 'TOKEN_EXPIRED'),
  inClaims('A token without an end is refused', { exp: undefined }),
  inClaims('A token that ends at a text is refused', { exp: '9999999999' }),
  inClaims('A token that is not valid yet is refused', { nbf: 99_999_999_999 }),
  inClaims('A token of an object as user is refused', { sub: { $ne: null } }),
  inClaims('A token of a sign-in that never was is refused', { sid: 'A'.repeat(22) }, 'SESSION_ENDED'),
  inClaims('A token of another person’s sign-in is refused', { sub: someUserId() }, 'SESSION_ENDED'),
  carried(
    'An expired token of a foreign key is not even called expired',
    'TOKEN_INVALID',
    (world) =>
      `Bearer ${forge(
        { ...genuine(world), claims: { ...genuine(world).claims, exp: 1 } },
        signedWith('sha256', () => 'guess')(world),
      )}`,
  ),
  refusal('A token in the address is not looked at', 401, 'UNAUTHENTICATED', (world) =>
    ask(world, 'GET', `/api/account?token=${world.ann.session.accessToken}`, undefined),
  ),
  refusal('A token in a cookie is not looked at', 401, 'UNAUTHENTICATED', (world) =>
    ask(world, 'GET', '/api/account', undefined, { cookie: `token=${world.ann.session.accessToken}` }),
  ),
  {
    title: 'A token of a sign-in that was logged out is worth nothing',
    status: 401,
    code: 'SESSION_ENDED',
    async prepare(world) {
      const gone = await world.someone();
      await gone.agent.post('/api/auth/logout', {});
      return () => ask(world, 'GET', '/api/account', undefined, gone.bearer);
    },
  },
  {
    title: 'A token of a locked account is worth nothing',
    status: 403,
    code: 'ACCOUNT_SUSPENDED',
    async prepare(world) {
      const locked = await world.someone();
      await world.server.suspend(locked.session.userId, true);
      return () => ask(world, 'GET', '/api/account', undefined, locked.bearer);
    },
  },
  {
    title: 'A token of a deleted account is worth nothing',
    status: 401,
    code: 'SESSION_ENDED',
    async prepare(world) {
      const gone = await world.someone();
      const current = gone.registration.authKey;
      await gone.agent.post('/api/account/delete', { current }, gone.bearer);
      return () => ask(world, 'GET', '/api/account', undefined, gone.bearer);
    },
  },
];
