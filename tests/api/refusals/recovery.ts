import { toBase64url } from '#shared/bytes.ts';
import type { ResetRequest } from '#shared/schema/account.ts';
import { someBytes, someDeviceId } from '../../support/api-people.ts';
import { type Registered, createAgent, registrationOf } from '../../support/api-server.ts';
import { type Refusal, type World, ask, post, refusal } from './refusal.ts';

const someKey = (): string => toBase64url(someBytes(32));
const someCode = () => ({ authKey: someKey(), wrappedAccountKey: toBase64url(someBytes(97)) });

const resetOf = ({ registration }: Registered, change: Partial<ResetRequest> = {}): ResetRequest => ({
  username: registration.username,
  recoveryKey: registration.recovery.authKey,
  kdf: registration.kdf,
  authKey: someKey(),
  wrappedAccountKey: toBase64url(someBytes(97)),
  recovery: someCode(),
  device: { id: someDeviceId(), name: 'Phone' },
  ...change,
});

const recover = (title: string, change: (world: World) => object): Refusal =>
  refusal(title, 401, 'BAD_CREDENTIALS', (world) => {
    const { username, recovery } = world.ann.registration;
    return post(world, '/api/auth/recovery', { username, authKey: recovery.authKey, ...change(world) });
  });
const reset = (title: string, status: number, code: string, change: object): Refusal =>
  refusal(title, status, code, (world) =>
    post(world, '/api/auth/reset', { ...resetOf(world.ann), ...change }),
  );

/** Something that only the password allows, asked by a device that is signed in. */
const signedIn = (
  title: string,
  status: number,
  code: string,
  request: (world: World) => [method: string, path: string, body: object],
): Refusal =>
  refusal(title, status, code, (world) => {
    const [method, path, body] = request(world);
    return ask(world, method, path, body, world.ann.bearer);
  });
const passwordOf = ({ ann }: World, change: object) => ({
  current: ann.registration.authKey,
  expect: 1,
  kdf: ann.registration.kdf,
  authKey: someKey(),
  wrappedAccountKey: toBase64url(someBytes(97)),
  endOthers: true,
  ...change,
});

export const recovery: readonly Refusal[] = [
  recover('A wrong recovery code opens nothing', () => ({ authKey: someKey() })),
  recover('A recovery code of a name that nobody has gets the answer of a wrong one', () => ({
    username: 'nobody',
  })),
  recover('A password is not a recovery code', ({ ann }) => ({ authKey: ann.registration.authKey })),
  recover('Another person’s recovery code opens only their account', ({ bob }) => ({
    authKey: bob.registration.recovery.authKey,
  })),
  {
    title: 'An account without a recovery code gets the answer of a wrong one',
    status: 401,
    code: 'BAD_CREDENTIALS',
    async prepare(world) {
      const { recovery: _, ...bare } = await registrationOf('without-a-code');
      await createAgent(world.server).post('/api/auth/register', bare);
      return () => post(world, '/api/auth/recovery', { username: bare.username, authKey: someKey() });
    },
  },
  {
    title: 'A used recovery code opens nothing',
    status: 401,
    code: 'BAD_CREDENTIALS',
    async prepare(world) {
      const person = await world.someone();
      await createAgent(world.server).post('/api/auth/reset', resetOf(person));
      const { username, recovery: used } = person.registration;
      return () => post(world, '/api/auth/recovery', { username, authKey: used.authKey });
    },
  },
  {
    title: 'A used recovery code resets nothing',
    status: 401,
    code: 'BAD_CREDENTIALS',
    async prepare(world) {
      const person = await world.someone();
      await createAgent(world.server).post('/api/auth/reset', resetOf(person));
      return () => post(world, '/api/auth/reset', resetOf(person));
    },
  },
  {
    title: 'A recovery code that a new one replaced opens nothing',
    status: 401,
    code: 'BAD_CREDENTIALS',
    async prepare(world) {
      const { agent, bearer, registration } = await world.someone();
      const { username, authKey: current, recovery: old } = registration;
      await agent.ask('PUT', '/api/account/recovery', { current, expect: 1, recovery: someCode() }, bearer);
      return () => post(world, '/api/auth/recovery', { username, authKey: old.authKey });
    },
  },
  {
    title: 'A recovery code does not open a locked account',
    status: 403,
    code: 'ACCOUNT_SUSPENDED',
    async prepare(world) {
      const locked = await world.someone();
      await world.server.suspend(locked.session.userId, true);
      return () => post(world, '/api/auth/reset', resetOf(locked));
    },
  },
  {
    title: 'A recovery code does not bring back a deleted account',
    status: 401,
    code: 'BAD_CREDENTIALS',
    async prepare(world) {
      const gone = await world.someone();
      const current = gone.registration.authKey;
      await gone.agent.post('/api/account/delete', { current }, gone.bearer);
      return () => post(world, '/api/auth/reset', resetOf(gone));
    },
  },
  reset('A reset with a wrong code changes nothing', 401, 'BAD_CREDENTIALS', { recoveryKey: someKey() }),
  reset('A reset with a short code is refused', 400, 'BAD_FIELD', { recoveryKey: 'AAAA' }),
  reset('A reset without a device is refused', 400, 'BAD_FIELD', { device: undefined }),
  refusal('A reset to a password that is hardly stretched is refused', 400, 'BAD_FIELD', (world) => {
    const kdf = { ...world.ann.registration.kdf, iterations: 1_000 };
    return post(world, '/api/auth/reset', resetOf(world.ann, { kdf }));
  }),
  refusal('A reset from a page of another site is refused', 403, 'ORIGIN_REFUSED', (world) =>
    post(world, '/api/auth/reset', resetOf(world.ann), { origin: 'https://evil.example' }),
  ),
  signedIn('A password is not changed without the present one', 401, 'BAD_CREDENTIALS', (world) => [
    'PUT',
    '/api/account/password',
    passwordOf(world, { current: someKey() }),
  ]),
  signedIn('A password is not changed by a recovery code', 401, 'BAD_CREDENTIALS', (world) => [
    'PUT',
    '/api/account/password',
    passwordOf(world, { current: world.ann.registration.recovery.authKey }),
  ]),
  signedIn('A password is not changed from an older state', 409, 'CONFLICT', (world) => [
    'PUT',
    '/api/account/password',
    passwordOf(world, { expect: 0 }),
  ]),
  signedIn('A password is not changed to one that is hardly stretched', 400, 'BAD_FIELD', (world) => [
    'PUT',
    '/api/account/password',
    passwordOf(world, { kdf: { ...world.ann.registration.kdf, iterations: 599_999 } }),
  ]),
  signedIn('A new recovery code is not set without the password', 401, 'BAD_CREDENTIALS', () => [
    'PUT',
    '/api/account/recovery',
    { current: someKey(), expect: 1, recovery: someCode() },
  ]),
  signedIn('A new recovery code is not set from an older state', 409, 'CONFLICT', ({ ann }) => [
    'PUT',
    '/api/account/recovery',
    { current: ann.registration.authKey, expect: 5, recovery: someCode() },
  ]),
  signedIn('The wrapped key is not given out without the password', 401, 'BAD_CREDENTIALS', () => [
    'POST',
    '/api/account/open',
    { authKey: someKey() },
  ]),
  signedIn('An account is not deleted without the password', 401, 'BAD_CREDENTIALS', () => [
    'POST',
    '/api/account/delete',
    { current: someKey() },
  ]),
  signedIn('An account is not deleted with another person’s password', 401, 'BAD_CREDENTIALS', ({ bob }) => [
    'POST',
    '/api/account/delete',
    { current: bob.registration.authKey },
  ]),
  refusal(
    'An account is not deleted without a sign-in, whatever the cookie',
    401,
    'UNAUTHENTICATED',
    (world) => {
      const { agent, registration } = world.ann;
      const { cookie } = agent;
      return post(world, '/api/account/delete', { current: registration.authKey }, { cookie });
    },
  ),
];
