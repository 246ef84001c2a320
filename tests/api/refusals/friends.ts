import type { Operation } from '#sync/wire/up.ts';
import { someOpId, someUserId } from '../../support/api-people.ts';
import { createAgent, type Registered } from '../../support/api-server.ts';
import { greet } from '../../support/api-socket.ts';
import { type Attempt, type Refusal, type World, ask, operation, post, refusal } from './refusal.ts';

type FriendKind = Extract<Operation['kind'], `friend.${string}`>;

const act = (world: World, by: Registered, kind: FriendKind, to: Registered['session']): Promise<Attempt> =>
  operation(world, by, { id: someOpId(), kind, to: to.userId });

async function block(world: World, by: Registered, other: Registered): Promise<void> {
  const line = await greet(world.server, by);
  await line.carryOut({ id: someOpId(), kind: 'friend.block', to: other.session.userId });
  line.ws.terminate();
}

const does = (
  title: string,
  code: string,
  kind: FriendKind,
  by: (world: World) => Registered,
  to: (world: World) => Registered,
): Refusal => ({
  title,
  status: 'result',
  code,
  prepare: (world) => act(world, by(world), kind, to(world).session),
});
const ann = (world: World): Registered => world.ann;
const bob = (world: World): Registered => world.bob;
const cas = (world: World): Registered => world.cas;

/** At the addresses of the first version. */
const byName = (title: string, status: number, code: string, verb: string, body: object): Refusal =>
  refusal(title, status, code, (world) => post(world, `/api/friends/${verb}`, body, world.cas.bearer));

const report = (title: string, status: number, code: string, body: object): Refusal =>
  refusal(title, status, code, (world) =>
    post(world, '/api/reports', { about: 'bob', reason: 'spam', note: '', ...body }, world.ann.bearer),
  );

export const friends: readonly Refusal[] = [
  does('Nobody befriends themselves', 'SELF_TARGET', 'friend.request', ann, ann),
  does('Nobody blocks themselves', 'SELF_TARGET', 'friend.block', ann, ann),
  does('A friend can’t be asked again', 'ALREADY_FRIENDS', 'friend.request', ann, bob),
  does('A request that nobody made can’t be accepted', 'NO_REQUEST', 'friend.accept', cas, ann),
  does('A request that nobody made can’t be turned down', 'NO_REQUEST', 'friend.reject', cas, ann),
  {
    title: 'Nobody accepts their own request',
    status: 'result',
    code: 'NO_REQUEST',
    async prepare(world) {
      const asker = await world.someone();
      await asker.agent.post('/api/friends/request', { receiver: 'ann' }, asker.bearer);
      return act(world, asker, 'friend.accept', world.ann.session);
    },
  },
  {
    title: 'Nobody accepts a request that was made to somebody else',
    status: 'result',
    code: 'NO_REQUEST',
    async prepare(world) {
      const asker = await world.someone();
      await asker.agent.post('/api/friends/request', { receiver: 'ann' }, asker.bearer);
      return act(world, world.cas, 'friend.accept', asker.session);
    },
  },
  {
    title: 'Nobody befriends whom they have blocked',
    status: 'result',
    code: 'BLOCKED',
    async prepare(world) {
      const person = await world.someone();
      await block(world, person, world.cas);
      return act(world, person, 'friend.request', world.cas.session);
    },
  },
  {
    title: 'Nobody accepts a request of whom they have blocked',
    status: 'result',
    code: 'BLOCKED',
    async prepare(world) {
      const [person, asker] = [await world.someone(), await world.someone()];
      await block(world, person, asker);
      const receiver = person.registration.username;
      await asker.agent.post('/api/friends/request', { receiver }, asker.bearer);
      return act(world, person, 'friend.accept', asker.session);
    },
  },
  {
    title: 'A friend request to nobody is refused',
    status: 'result',
    code: 'UNKNOWN_USER',
    prepare: (world) =>
      operation(world, world.cas, { id: someOpId(), kind: 'friend.request', to: someUserId() }),
  },
  {
    title: 'Blocking nobody is refused',
    status: 'result',
    code: 'UNKNOWN_USER',
    prepare: (world) =>
      operation(world, world.cas, { id: someOpId(), kind: 'friend.block', to: someUserId() }),
  },
  {
    title: 'A friend request to somebody who deleted their account is refused',
    status: 'result',
    code: 'UNKNOWN_USER',
    async prepare(world) {
      const gone = await world.someone();
      const current = gone.registration.authKey;
      await gone.agent.post('/api/account/delete', { current }, gone.bearer);
      return act(world, world.cas, 'friend.request', gone.session);
    },
  },
  byName('A friend request to a name that nobody has is refused', 404, 'UNKNOWN_USER', 'request', {
    receiver: 'nobody',
  }),
  byName('A friend request to one’s own name is refused', 400, 'SELF_TARGET', 'request', { receiver: 'cas' }),
  byName('A request is not accepted in the name of somebody else', 400, 'BAD_FIELD', 'accept', {
    sender: 'ann',
    receiver: 'bob',
  }),
  refusal('Nobody becomes a friend without a sign-in', 401, 'UNAUTHENTICATED', (world) =>
    post(world, '/api/friends/request', { receiver: 'ann' }, { cookie: world.cas.agent.cookie }),
  ),
  refusal('Nobody is listed without a sign-in', 401, 'UNAUTHENTICATED', (world) =>
    ask(world, 'GET', '/api/directory', undefined),
  ),
  report('Nobody reports themselves', 400, 'SELF_TARGET', { about: 'ann' }),
  report('A name that nobody has can’t be reported', 404, 'UNKNOWN_USER', { about: 'nobody' }),
  report('A report for no known reason is refused', 400, 'BAD_FIELD', { reason: 'boredom' }),
  report('A report in somebody else’s name is refused', 400, 'BAD_FIELD', { from: 'bob' }),
  report('A report with terminal commands is refused', 400, 'BAD_FIELD', { note: '\u001b]0;owned\u0007' }),
  {
    title: 'A deleted account can’t be reported',
    status: 404,
    code: 'UNKNOWN_USER',
    async prepare(world) {
      const gone = await world.someone();
      const { authKey: current, username: about } = gone.registration;
      await createAgent(world.server).post('/api/account/delete', { current }, gone.bearer);
      return () => post(world, '/api/reports', { about, reason: 'spam', note: '' }, world.ann.bearer);
    },
  },
];
