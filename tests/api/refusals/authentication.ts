import { toBase64url } from '#shared/bytes.ts';
import { createBundle } from '#shared/crypto/identity.ts';
import type { Headed } from '../../support/api-server.ts';
import { createAgent, registrationOf } from '../../support/api-server.ts';
import { someBytes, someDeviceId } from '../../support/api-people.ts';
import { type Refusal, type World, askBare, post, refusal, seen } from './refusal.ts';

const SECOND = 1_000;
const DAY = 86_400_000;
const wrongKey = toBase64url(someBytes(32));

const logIn = (title: string, change: (world: World) => object): Refusal =>
  refusal(title, 401, 'BAD_CREDENTIALS', (world) =>
    post(world, '/api/auth/login', { ...world.ann.login, ...change(world) }),
  );

const refresh = (title: string, code: string, cookieOf: (world: World) => string): Refusal =>
  refusal(title, 401, code, (world) => {
    const cookie = cookieOf(world);
    return post(
      world,
      '/api/auth/refresh',
      { device: world.ann.login.device.id },
      cookie === '' ? {} : { cookie },
    );
  });

/** A refresh with the right cookie, from a page that is not ours. */
const elsewhere = (title: string, headers: Headed): Refusal =>
  refusal(title, 403, 'ORIGIN_REFUSED', ({ server, ann }) =>
    askBare(
      { server } as World,
      'POST',
      '/api/auth/refresh',
      {
        host: `localhost:${server.port}`,
        cookie: ann.agent.cookie,
        'content-type': 'application/json',
        ...headers,
      },
      JSON.stringify({ device: ann.login.device.id }),
    ),
  );

export const authentication: readonly Refusal[] = [
  logIn('A wrong password opens nothing', () => ({ authKey: wrongKey })),
  logIn('A name that nobody has gets the answer of a wrong password', () => ({ username: 'nobody' })),
  logIn('A name in capitals is another name', () => ({ username: 'ANN' })),
  logIn('A name with a space behind it is another name', () => ({ username: 'ann ' })),
  logIn('A name with a NUL behind it is another name', () => ({ username: 'ann\0' })),
  logIn('A name that closes a quote is only a name', () => ({ username: `ann' OR 1=1 --` })),
  logIn('A name of wildcards finds nobody', () => ({ username: '%' })),
  logIn('Another person’s password opens only their account', ({ bob }) => ({ authKey: bob.login.authKey })),
  logIn('A recovery code is not a password', ({ ann }) => ({ authKey: ann.registration.recovery.authKey })),
  {
    title: 'A deleted account can’t be entered with its password',
    status: 401,
    code: 'BAD_CREDENTIALS',
    async prepare(world) {
      const gone = await world.someone();
      const current = gone.registration.authKey;
      await gone.agent.post('/api/account/delete', { current }, gone.bearer);
      return () => post(world, '/api/auth/login', gone.login);
    },
  },
  {
    title: 'A locked account can’t be entered with its password',
    status: 403,
    code: 'ACCOUNT_SUSPENDED',
    async prepare(world) {
      const locked = await world.someone();
      await world.server.suspend(locked.session.userId, true);
      return () => post(world, '/api/auth/login', locked.login);
    },
  },
  {
    title: 'A locked account can’t go on with its refresh token',
    status: 403,
    code: 'ACCOUNT_SUSPENDED',
    async prepare(world) {
      const { agent, login, session } = await world.someone();
      await world.server.suspend(session.userId, true);
      return () => post(world, '/api/auth/refresh', { device: login.device.id }, { cookie: agent.cookie });
    },
  },
  {
    title: 'A name that is taken can’t be registered again',
    status: 409,
    code: 'USERNAME_TAKEN',
    async prepare(world) {
      const body = await registrationOf('ann');
      return () => post(world, '/api/auth/register', body);
    },
  },
  {
    title: 'A user id that is taken can’t be registered again',
    status: 409,
    code: 'USER_ID_TAKEN',
    async prepare(world) {
      const { userId, bundle } = world.ann.registration;
      const body = { ...(await registrationOf('ann-again')), userId, bundle };
      return () => post(world, '/api/auth/register', body);
    },
  },
  {
    title: 'A name of somebody who deleted their account can’t be registered again',
    status: 409,
    code: 'USERNAME_TAKEN',
    async prepare(world) {
      const gone = await world.someone();
      const { authKey: current, username } = gone.registration;
      await gone.agent.post('/api/account/delete', { current }, gone.bearer);
      const body = await registrationOf(username);
      return () => post(world, '/api/auth/register', body);
    },
  },
  {
    title: 'A registration with keys that were signed for another id is refused',
    status: 400,
    code: 'BUNDLE_INVALID',
    async prepare(world) {
      const { registration, identity } = world.ann;
      const { userId } = registration;
      const bundle = await createBundle(identity, { userId, epoch: 1, created: 1 });
      const body = { ...(await registrationOf('zoe')), bundle: toBase64url(bundle) };
      return () => post(world, '/api/auth/register', body);
    },
  },
  {
    title: 'A registration that would stretch the password too little is refused',
    status: 400,
    code: 'BAD_FIELD',
    async prepare(world) {
      const body = await registrationOf('zoe');
      return () => post(world, '/api/auth/register', { ...body, kdf: { ...body.kdf, iterations: 1 } });
    },
  },
  refresh('A refresh without a cookie is refused', 'UNAUTHENTICATED', () => ''),
  refresh('A refresh with noise in the cookie is refused', 'TOKEN_INVALID', () => 'nexchat=noise'),
  refresh(
    'A refresh token of no sign-in is refused',
    'TOKEN_INVALID',
    () => `nexchat=${'A'.repeat(22)}.${'A'.repeat(43)}`,
  ),
  refresh(
    'A refresh token of another person’s device is refused',
    'TOKEN_INVALID',
    ({ bob }) => bob.agent.cookie,
  ),
  refresh(
    'An access token in the cookie is no refresh token',
    'TOKEN_INVALID',
    ({ ann }) => `nexchat=${ann.session.accessToken}`,
  ),
  refusal('A refresh token in the body is not looked at', 400, 'BAD_FIELD', (world) =>
    post(world, '/api/auth/refresh', {
      device: world.ann.login.device.id,
      token: world.ann.agent.cookie.split('=')[1],
    }),
  ),
  {
    title: 'A sign-in that was logged out can’t be refreshed',
    status: 401,
    code: 'SESSION_ENDED',
    async prepare(world) {
      const { agent, login } = await world.someone();
      const { cookie } = agent;
      await agent.post('/api/auth/logout', {});
      return () => post(world, '/api/auth/refresh', { device: login.device.id }, { cookie });
    },
  },
  {
    title: 'A sign-in that was not used for 90 days can’t be refreshed',
    status: 401,
    code: 'SESSION_ENDED',
    async prepare(world) {
      const { agent, login } = await world.someone();
      const { store } = world.server;
      const signIn = await store.session(agent.cookie.split('=')[1]?.split('.')[0] ?? '');
      if (!signIn) throw new Error('nobody signed in');
      const { id, token, rotated, successor } = signIn;
      await store.rotateSession(id, token, { token, rotated, successor, expires: Date.now() - DAY });
      return () => post(world, '/api/auth/refresh', { device: login.device.id }, { cookie: agent.cookie });
    },
  },
  {
    title: 'A refresh token that is older than the last but one ends its sign-in',
    status: 401,
    code: 'SESSION_ENDED',
    changes: 'sessions',
    async prepare(world) {
      const { agent, login } = await world.someone();
      const stolen = agent.cookie;
      const body = { device: login.device.id };
      await agent.post('/api/auth/refresh', body);
      world.server.advance(31 * SECOND);
      await agent.post('/api/auth/refresh', body);
      return async () => {
        const thief = createAgent(world.server);
        const refused = seen(await thief.post('/api/auth/refresh', body, { cookie: stolen }));
        // The newest token of the same sign-in is worth nothing any more.
        const owner = seen(await agent.post('/api/auth/refresh', body));
        return owner.code === 'SESSION_ENDED' ? refused : owner;
      };
    },
  },
  elsewhere('A cookie without a word on where the page is from is refused', {}),
  elsewhere('A cookie from another site is refused', { 'sec-fetch-site': 'cross-site' }),
  elsewhere('A cookie from a sister host is refused', { 'sec-fetch-site': 'same-site' }),
  elsewhere('A cookie from a typed address is refused', { 'sec-fetch-site': 'none' }),
  elsewhere('A cookie from a foreign origin is refused', { origin: 'https://evil.example' }),
  elsewhere('A cookie from the null origin is refused', { origin: 'null' }),
  elsewhere('A cookie from a foreign origin is refused even if the site is said to be ours', {
    origin: 'https://evil.example',
    'sec-fetch-site': 'same-origin',
  }),
  refusal('The cookie alone opens no account', 401, 'UNAUTHENTICATED', async ({ ann, server }) =>
    seen(await createAgent(server).get('/api/account', { cookie: ann.agent.cookie })),
  ),
  refusal('A device that nobody signed in from is not known by its id', 401, 'TOKEN_INVALID', (world) =>
    post(world, '/api/auth/refresh', { device: someDeviceId() }, { cookie: world.ann.agent.cookie }),
  ),
];
