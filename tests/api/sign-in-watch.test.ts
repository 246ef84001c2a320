import { afterEach, beforeEach, expect, test } from 'vitest';
import { ROUND, type SignInWatchDeps, watchSignIns } from '#api/sign-in-watch.ts';
import type { SignIn } from '#api/store/ports.ts';
import type { BusEvent } from '#sync/server/ports.ts';
import { accountOf, signInOf } from '../support/api-people.ts';
import { createWorld } from '../sync/sim/world.ts';

const SECOND = 1_000;
const SOCKETS = 90;
type Peer = Parameters<SignInWatchDeps['sync']['accept']>[0];

let world: ReturnType<typeof createWorld>;
let signIns: Map<string, SignIn>;
let looked: string[];
let revoked: BusEvent[];
let errors: unknown[];
let broken: boolean;
let stop = () => {};
let accept: SignInWatchDeps['sync']['accept'];

beforeEach(() => {
  world = createWorld();
  [signIns, looked, revoked, errors, broken] = [new Map(), [], [], [], false];
  const watch = watchSignIns({
    sync: { accept: () => ({ receive() {}, closed() {} }) } as Partial<
      SignInWatchDeps['sync']
    > as SignInWatchDeps['sync'],
    store: {
      async session(id) {
        if (broken) throw new Error('broken');
        looked.push(id);
        return signIns.get(id);
      },
    },
    bus: { publish: (event) => void revoked.push(event) },
    clock: world,
    timers: world,
    onError: (error) => void errors.push(error),
  });
  ({ stop } = watch);
  ({ accept } = watch.sync);
});
afterEach(() => stop());

function open(count: number) {
  return Array.from({ length: count }, () => {
    const signIn = signInOf(accountOf('ann'), { expires: world.now() + 3_600 * SECOND });
    signIns.set(signIn.id, signIn);
    return { signIn, socket: accept({ user: signIn.user, session: signIn.id } as Peer) };
  });
}
const pass = (seconds: number) => world.run(world.now() + seconds * SECOND);

test('S17: every open socket’s sign-in is looked up once a minute, a share each second', async () => {
  const opened = open(SOCKETS);
  await pass(1);
  expect(looked).toHaveLength(Math.ceil(SOCKETS / ROUND));
  await pass(ROUND);
  expect(new Set(looked)).toEqual(new Set(opened.map(({ signIn }) => signIn.id)));
  expect(revoked).toEqual([]);
});

test('S17: a sign-in that ended, ran out or is gone is told to the sockets, whoever ended it', async () => {
  const [ended, over, gone, good] = open(4);
  if (!ended || !over || !gone || !good) throw new Error('four were opened');
  signIns.set(ended.signIn.id, { ...ended.signIn, ended: world.now() });
  signIns.set(over.signIn.id, { ...over.signIn, expires: world.now() });
  signIns.delete(gone.signIn.id);
  await pass(4);
  expect(revoked).toEqual(
    [ended, over, gone].map(({ signIn }) => ({ kind: 'revoked', user: signIn.user, session: signIn.id })),
  );
});

test('a socket that closed is looked up no more', async () => {
  for (const { socket } of open(3)) socket.closed();
  await pass(ROUND);
  expect(looked).toEqual([]);
});

test('a store that fails is told, and looked at again', async () => {
  open(1);
  broken = true;
  await pass(2);
  broken = false;
  await pass(2);
  expect(errors).toHaveLength(2);
  expect(looked.length).toBeGreaterThan(0);
  stop();
  looked = [];
  await pass(5);
  expect(looked).toEqual([]);
});
