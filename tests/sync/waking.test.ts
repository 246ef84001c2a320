import { beforeEach, describe, expect, test } from 'vitest';
import type { DeviceId, UserId } from '#shared/ids.ts';
import type { News } from '#sync/server/ports.ts';
import type { Operation } from '#sync/wire/up.ts';
import { type Served, ana, ben, createServed, eve, hello, message, opId } from './served.ts';

/** `session of X` is what a socket of X belongs to, and `other` any sign-in without one. */
interface Woken {
  readonly user: UserId;
  readonly news: News;
  readonly which: readonly string[];
}

const device = 'D'.repeat(22) as DeviceId;
let served: Served;
let woken: Woken[];
let next: number;

beforeEach(async () => {
  woken = [];
  next = 100;
  served = await createServed({
    waker: {
      wake(user, news, which) {
        const hits = [`session of ${user}`, 'other'].filter(which);
        if (hits.length > 0) woken.push({ user, news, which: hits });
      },
    },
  });
  woken.splice(0);
});

const both = (user: UserId): string[] => [`session of ${user}`, 'other'];
/** Without its id. */
type Act<O = Operation> = O extends Operation ? Omit<O, 'id'> : never;
const act = (user: UserId, op: Act, id = opId((next += 1))) => served.server.execute(user, { ...op, id });
const pass = (ms: number) => served.world.run(served.world.now() + ms);
const lastTaken = (client: ReturnType<Served['join']>): number =>
  Math.max(
    ...client.saw('entries').map(({ page }) => page.to),
    ...client.saw('snapshot').map(({ part }) => part.seq),
  );

describe('who is woken', () => {
  test('S33: a message wakes who it is for, once, and not who wrote it', async () => {
    await served.server.execute(ana, message(50, ana, ben));
    await served.server.execute(ana, message(50, ana, ben));
    expect(woken).toEqual([{ user: ben, news: { kind: 'message' }, which: both(ben) }]);
  });

  test('what is refused wakes nobody, nor do receipts, answers to requests and ends of friendships', async () => {
    await served.server.execute(eve, message(50, eve, ben));
    await served.server.execute(ana, message(51, ana, ben));
    woken.splice(0);
    await act(ben, { kind: 'receipt', to: ana, delivered: 1, seen: 1 });
    await act(ben, { kind: 'friend.remove', to: ana });
    expect(woken).toEqual([]);
  });

  test('a friend request wakes who is asked; accepting it, and what a blocked one asks, nobody', async () => {
    await act(eve, { kind: 'friend.request', to: ben });
    expect(woken).toEqual([{ user: ben, news: { kind: 'request' }, which: both(ben) }]);
    await act(ben, { kind: 'friend.accept', to: eve });
    await act(ben, { kind: 'friend.block', to: eve });
    await act(eve, { kind: 'friend.request', to: ben });
    // Now it shows, to who has just done that.
    await act(ben, { kind: 'friend.unblock', to: eve });
    expect(woken).toHaveLength(1);
  });

  test('S33: whoever asks and withdraws again and again wakes once an hour', async () => {
    const ask = async (): Promise<void> => {
      await act(eve, { kind: 'friend.request', to: ben });
      await act(eve, { kind: 'friend.remove', to: ben });
    };
    await ask();
    expect(woken.splice(0)).toHaveLength(1);
    await pass(3_500_000);
    await ask();
    await pass(3_500_000);
    await ask();
    expect(woken).toEqual([]);
    await pass(3_600_000);
    await ask();
    expect(woken).toEqual([{ user: ben, news: { kind: 'request' }, which: both(ben) }]);
  });

  test('a call wakes who is called when it rings and when it was missed, and nobody when they have looked', async () => {
    const id = opId(60);
    await act(ana, { kind: 'call.start', to: ben, device, media: 'voice' }, id);
    expect(woken.splice(0)).toEqual([
      { user: ben, news: { kind: 'call', state: 'rings' }, which: both(ben) },
    ]);
    await pass(60_000);
    expect(woken.splice(0)).toEqual([
      { user: ben, news: { kind: 'call', state: 'missed' }, which: both(ben) },
    ]);
    await act(ben, { kind: 'call.see', to: ana, call: id });
    expect(woken).toEqual([]);
  });

  test('a call that was answered, or declined, rings on no other device of who is called; its end is no news', async () => {
    const starts = { user: ben, news: { kind: 'call', state: 'rings' }, which: both(ben) };
    const stops = { ...starts, news: { kind: 'call', state: 'over' } };
    const [answered, declined] = [opId(60), opId(61)];
    await act(ana, { kind: 'call.start', to: ben, device, media: 'voice' }, answered);
    await act(ben, { kind: 'call.answer', to: ana, call: answered, device });
    expect(woken.splice(0)).toEqual([starts, stops]);
    await act(ben, { kind: 'call.end', to: ana, call: answered, reason: 'hung-up' });
    expect(woken).toEqual([]);
    await act(ana, { kind: 'call.start', to: ben, device, media: 'voice' }, declined);
    await act(ben, { kind: 'call.decline', to: ana, call: declined });
    expect(woken).toEqual([starts, stops]);
  });

  test('S33: of two nodes the one that carried it out wakes', async () => {
    const other = served.addNode();
    await other.execute(ana, message(50, ana, ben));
    expect(woken).toHaveLength(1);
    await act(ana, { kind: 'call.start', to: ben, device, media: 'voice' }, opId(60));
    await pass(60_000);
    expect(woken.map(({ news }) => news)).toEqual([
      { kind: 'message' },
      { kind: 'call', state: 'rings' },
      { kind: 'call', state: 'missed' },
    ]);
  });
});

describe('a device that is connected', () => {
  const others = (user: UserId, news: News): Woken => ({ user, news, which: ['other'] });
  const itself = (user: UserId, news: News): Woken => ({ user, news, which: [`session of ${user}`] });
  const written: News = { kind: 'message' };

  /** Ben's device, with everything that there is. */
  async function come(): Promise<ReturnType<Served['join']>> {
    const client = served.join(ben);
    await client.say(hello);
    await client.say({ t: 'took', seq: lastTaken(client) });
    return client;
  }

  test('S33: is not woken when it says that it has stored what is new', async () => {
    const client = await come();
    await served.server.execute(ana, message(50, ana, ben));
    await pass(100);
    await client.say({ t: 'took', seq: lastTaken(client) });
    await pass(10_000);
    client.leave();
    expect(woken).toEqual([others(ben, written)]);
  });

  test('S33: is woken when it says nothing for five seconds, once for news of a kind, and not again when it goes', async () => {
    const client = await come();
    for (const n of [50, 51, 52]) await served.server.execute(ana, message(n, ana, ben));
    await pass(4_900);
    expect(woken.splice(0)).toEqual(Array.from({ length: 3 }, () => others(ben, written)));
    await pass(200);
    expect(woken.splice(0)).toEqual([itself(ben, written)]);
    client.leave();
    expect(woken).toEqual([]);
  });

  test('is woken at once when its connection ends before it has stored what is new', async () => {
    const client = await come();
    await served.server.execute(ana, message(50, ana, ben));
    await pass(100);
    client.leave();
    expect(woken).toEqual([others(ben, written), itself(ben, written)]);
  });

  test('is not woken for an old connection when another one has everything', async () => {
    await come();
    const fresh = served.join(ben);
    await fresh.say({ ...hello, gen: 1 });
    await fresh.say({ t: 'took', seq: lastTaken(fresh) });
    await served.server.execute(ana, message(50, ana, ben));
    await pass(100);
    await fresh.say({ t: 'took', seq: lastTaken(fresh) });
    await pass(10_000);
    expect(woken).toEqual([others(ben, written)]);
  });

  test('is woken for what came before it said hello, when it never does', async () => {
    served.join(ben);
    await served.server.execute(ana, message(50, ana, ben));
    await pass(6_000);
    expect(woken).toEqual([others(ben, written), itself(ben, written)]);
  });

  test('is woken by a server that stops when it has not stored what is new', async () => {
    await come();
    await served.server.execute(ana, message(50, ana, ben));
    served.server.stop();
    expect(woken).toEqual([others(ben, written), itself(ben, written)]);
  });
});
