import { beforeEach, describe, expect, test } from 'vitest';
import { type UserId, pairOf } from '#shared/ids.ts';
import type { Bus, SyncStore } from '#sync/server/ports.ts';
import type { SyncServer } from '#sync/server/server.ts';
import type { Down } from '#sync/wire/down.ts';
import type { Cursor, Operation, Up } from '#sync/wire/up.ts';
import { VERSIONS } from '#sync/wire/version.ts';
import { type Served, ana, ben, createServed, eve, hello, message, opId } from './served.ts';
import type { World } from './sim/world.ts';

let world: World;
let store: SyncStore;
let bus: Bus;
let server: SyncServer;
let join: Served['join'];

beforeEach(async () => {
  ({ world, store, bus, server, join } = await createServed());
});

/** How far a user's log goes now. */
async function cursorOf(user: UserId): Promise<Cursor> {
  const { part } = await store.snapshot(user, null, { pairs: 1, messages: 1, bytes: 1 });
  return { epoch: 'e', seq: part.seq, tag: part.tag };
}

test('S4: the first answer is repeated even if the sender may no longer send', async () => {
  const op = message(3, ana, ben);
  const first = await server.execute(ana, op);
  expect(first).toMatchObject({ ok: true, n: 1 });
  await server.execute(ben, { id: opId(4), kind: 'friend.remove', to: ana });
  expect(await server.execute(ana, op)).toEqual(first);
  expect(await server.execute(ana, message(5, ana, ben))).toMatchObject({ ok: false, code: 'NOT_FRIENDS' });
  expect((await store.conversation(`${ana}.${ben}` as never)).head).toBe(1);
});

test('S3: a refusal is repeated even if the sender may send now', async () => {
  const op = message(3, ana, eve);
  const first = await server.execute(ana, op);
  expect(first).toMatchObject({ code: 'NOT_FRIENDS' });
  await server.execute(eve, { id: opId(4), kind: 'friend.request', to: ana });
  await server.execute(ana, { id: opId(5), kind: 'friend.accept', to: eve });
  expect(await server.execute(ana, op)).toEqual(first);
});

test('S5: the same id with other content is refused, and changes nothing', async () => {
  const first = await server.execute(ana, message(3, ana, ben));
  const other = message(3, ana, ben);
  if (other.kind === 'message.send') other.envelope[300] = 1;
  expect(await server.execute(ana, other)).toEqual({ id: opId(3), ok: false, code: 'ID_REUSED' });
  expect(await server.execute(ana, message(3, ana, ben))).toEqual(first);
  expect(await store.head(ben)).toBe(3);
});

test('S3: the same operation many times at once has one effect', async () => {
  const results = await Promise.all(
    Array.from({ length: 20 }, () => server.execute(ana, message(3, ana, ben))),
  );
  expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
  expect(await store.head(ben)).toBe(3);
});

test('S18: many conflicting friend actions at once are decided one after the other', async () => {
  const kinds = ['friend.remove', 'friend.request', 'friend.accept', 'friend.reject'] as const;
  const results = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      server.execute(i % 2 ? ana : ben, {
        id: opId(10 + i),
        kind: kinds[i % 4] ?? 'friend.remove',
        to: i % 2 ? ben : ana,
      }),
    ),
  );
  expect(results.every((result) => result.ok || /ALREADY_FRIENDS|NO_REQUEST/.test(result.code))).toBe(true);
  const { version } = await store.relation(`${ana}.${ben}` as never);
  expect(await store.head(ana)).toBe(version);
});

test('W6: a reconnect with nothing new is one round trip, under 1 KB and one read of the log', async () => {
  let reads = 0;
  const { read } = store;
  store.read = (...args) => {
    reads += 1;
    return read(...args);
  };
  const client = join(ana);
  await client.say({ ...hello, cursor: await cursorOf(ana) });
  expect(client.heard.map(({ t }) => t)).toEqual(['welcome']);
  expect(client.bytes()).toBeLessThan(1024);
  expect(reads).toBe(1);
});

test('S2 S12: a message is pushed to both sides, on every device', async () => {
  const [phone, desktop, friend] = [join(ana), join(ana), join(ben)];
  for (const client of [phone, desktop, friend]) await client.say(hello);
  await phone.say({ t: 'ops', ops: [message(3, ana, ben)] });
  expect(phone.saw('results')).toMatchObject([{ results: [{ id: opId(3), ok: true, n: 1 }] }]);
  for (const client of [phone, desktop, friend]) {
    expect(client.saw('entries').at(-1)).toMatchObject({
      page: { to: 3, entries: [{ kind: 'message', op: opId(3), n: 1 }] },
    });
  }
});

describe('S24: blocking', () => {
  const about = (n: number, kind: `friend.${'request' | 'block' | 'unblock'}`, to: UserId): Operation => ({
    id: opId(n),
    kind,
    to,
  });

  test('S24: a stranger hears nothing of being blocked and unblocked, and what they asked arrives then', async () => {
    const [a, e] = [join(ana), join(eve)];
    for (const client of [a, e]) await client.say(hello);
    await a.say({ t: 'took', seq: 2 });
    await e.say({ t: 'took', seq: 0 });
    expect(await server.execute(ana, about(3, 'friend.block', eve))).toMatchObject({ ok: true });
    expect(await server.execute(eve, about(4, 'friend.request', ana))).toMatchObject({ ok: true });
    expect(await server.execute(ana, about(5, 'friend.request', eve))).toMatchObject({ code: 'BLOCKED' });
    await server.execute(ana, about(6, 'friend.unblock', eve));
    await world.run(world.now() + 5);

    const standings = (heard: Down[]) =>
      heard
        .flatMap((frame): object[] => {
          if (frame.t === 'entries') return frame.page.entries;
          return frame.t === 'snapshot' ? frame.part.contacts : [];
        })
        .flatMap((entry) => ('standing' in entry ? [entry.standing] : []));
    expect(standings(e.heard)).toEqual(['sent']);
    expect(standings(a.heard).at(-1)).toBe('received');
    expect(e.saw('presence')).toEqual([]);
    expect(await server.execute(ana, about(7, 'friend.request', eve))).toMatchObject({ ok: true });
    expect(new Set(await store.friends(ana))).toEqual(new Set([ben, eve]));
  });

  test('S24: blocking a friend ends presence, typing and messages', async () => {
    const [a, b] = [join(ana), join(ben)];
    await a.say({ ...hello, cursor: await cursorOf(ana) });
    await b.say({ ...hello, cursor: await cursorOf(ben) });
    await server.execute(ana, about(3, 'friend.block', ben));
    await b.say({ t: 'typing', to: ana, on: true });
    expect(b.saw('presence').at(-1)).toMatchObject({ offline: [ana] });
    expect(a.saw('presence').at(-1)).toMatchObject({ offline: [ben] });
    expect(a.saw('typing')).toEqual([]);
    expect(await server.execute(ben, message(4, ben, ana))).toMatchObject({ code: 'NOT_FRIENDS' });
  });

  test('S24: however blocks and requests cross, nobody is blocked and a friend', async () => {
    const pair = pairOf(ana, eve);
    let n = 10;
    for (let turn = 0; turn < 20; turn++) {
      await Promise.all([
        server.execute(eve, about(n++, 'friend.request', ana)),
        server.execute(ana, about(n++, turn % 2 === 0 ? 'friend.block' : 'friend.request', eve)),
        server.execute(ana, about(n++, 'friend.unblock', eve)),
        server.execute(eve, about(n++, turn % 3 === 0 ? 'friend.block' : 'friend.unblock', ana)),
      ]);
      const { state, blockedBy } = await store.relation(pair);
      expect(state === 'friends' && blockedBy.length > 0).toBe(false);
    }
  });
});

describe('S15: typing and presence', () => {
  test('S15: friends hear of each other, strangers do not', async () => {
    const [a, b, e] = [join(ana), join(ben), join(eve)];
    for (const client of [a, b, e]) await client.say(hello);
    await a.say({ t: 'typing', to: ben, on: true });
    await e.say({ t: 'typing', to: ben, on: true });
    expect(b.saw('typing')).toEqual([{ t: 'typing', from: ana, on: true, ttl: 5000 }]);
    expect(b.saw('presence')).toEqual([{ t: 'presence', online: [ana], offline: [] }]);
    expect(a.saw('presence')).toEqual([{ t: 'presence', online: [ben], offline: [] }]);
    expect(e.saw('presence')).toEqual([]);
    b.leave();
    await world.run(world.now() + 5);
    expect(a.saw('presence').at(-1)).toEqual({ t: 'presence', online: [], offline: [ben] });
    expect(await store.head(ben)).toBe(2);
  });
  test('S15: a new friendship introduces, an ended one takes back', async () => {
    const [a, e] = [join(ana), join(eve)];
    for (const client of [a, e]) await client.say(hello);
    await e.say({ t: 'ops', ops: [{ id: opId(3), kind: 'friend.request', to: ana }] });
    await a.say({ t: 'ops', ops: [{ id: opId(4), kind: 'friend.accept', to: eve }] });
    expect(e.saw('presence').at(-1)).toMatchObject({ online: [ana] });
    await a.say({ t: 'ops', ops: [{ id: opId(5), kind: 'friend.remove', to: eve }] });
    expect(e.saw('presence').at(-1)).toMatchObject({ offline: [ana] });
  });
  test('S15: with two devices, leaving with one is not leaving', async () => {
    const [a, phone, desktop] = [join(ana), join(ben), join(ben)];
    for (const client of [a, phone, desktop]) await client.say(hello);
    phone.leave();
    await world.run(world.now() + 5);
    expect(a.saw('presence').at(-1)).toMatchObject({ online: [ben], offline: [] });
    expect(server.online(ben)).toBe(true);
  });
});

describe('S17: connections end', () => {
  test('S17: without a hello within ten seconds', async () => {
    const client = join(ana);
    await world.run(world.now() + 10_001);
    expect(client.closed()).toBe('BAD_FRAME');
  });
  test('S17: after 75 seconds of silence', async () => {
    const client = join(ana);
    await client.say(hello);
    await world.run(world.now() + 74_000);
    expect(client.closed()).toBeNull();
    await world.run(world.now() + 2_000);
    expect(client.closed()).toBe('UNAVAILABLE');
    expect(server.online(ana)).toBe(false);
  });
  test('S17: when the token runs out, unless a fresh one came', async () => {
    const [a, b] = [join(ana), join(ben)];
    const talk = async (minutes: number): Promise<void> => {
      for (let i = 0; i < minutes; i++) {
        await world.run(world.now() + 59_900);
        for (const client of [a, b]) if (!client.closed()) await client.say({ t: 'ping', id: i });
      }
    };
    for (const client of [a, b]) await client.say(hello);
    await talk(5);
    await a.say({ t: 'auth', token: 'fresh' });
    await talk(6);
    expect(a.closed()).toBeNull();
    expect(b.closed()).toBe('TOKEN_EXPIRED');
  });
  test('S17: when the fresh token is refused', async () => {
    const client = join(ana);
    await client.say(hello, { t: 'auth', token: 'forged' });
    expect(client.closed()).toBe('TOKEN_INVALID');
  });
  test('S17: when the sign-in is revoked, and only that one', async () => {
    const [a, b] = [join(ana), join(ben)];
    for (const client of [a, b]) await client.say(hello);
    bus.publish({ kind: 'revoked', user: ana, session: 'another sign-in' });
    expect(a.closed()).toBeNull();
    bus.publish({ kind: 'revoked', user: ana, session: `session of ${ana}` });
    expect(a.closed()).toBe('SESSION_ENDED');
    expect(b.closed()).toBeNull();
  });
  test('S17: when the sign-in is revoked before the hello', () => {
    const client = join(ana);
    bus.publish({ kind: 'revoked', user: ana, session: null });
    expect(client.closed()).toBe('SESSION_ENDED');
  });
  test('S17: when the server stops', async () => {
    const client = join(ana);
    await client.say(hello);
    server.stop();
    expect(client.heard.at(-1)).toMatchObject({ t: 'bye', code: 'UNAVAILABLE' });
  });
});

test('S13: a socket that does not drain gets no more until it has', async () => {
  let waiting = 0;
  const [client, friend] = [join(ben, () => waiting), join(ana)];
  for (const each of [client, friend]) await each.say(hello);
  waiting = 2_000_000;
  await friend.say({ t: 'ops', ops: [message(3, ana, ben)] });
  await friend.say({ t: 'ops', ops: [message(4, ana, ben)] });
  const before = client.saw('entries').length;
  waiting = 0;
  await world.run(world.now() + 1_000);
  expect(client.saw('entries').length).toBe(before + 1);
  expect(client.saw('entries').at(-1)).toMatchObject({ page: { to: 4 } });
});

describe('S19: snapshots', () => {
  const names = ['F', 'G', 'H', 'I'].map((letter) => letter.repeat(22) as UserId);
  let ops = 1_000;
  const say = async (from: UserId, to: UserId): Promise<void> => {
    ops += 1;
    expect(await server.execute(from, message(ops, from, to))).toMatchObject({ ok: true });
  };
  async function befriend(): Promise<void> {
    for (const name of names) {
      await server.execute(name, { id: opId((ops += 1)), kind: 'friend.request', to: ana });
      await server.execute(ana, { id: opId((ops += 1)), kind: 'friend.accept', to: name });
    }
  }
  /** The numbers of the messages with each peer that a device has stored, by parts and pages. */
  function numbersIn(heard: readonly Down[]): Map<UserId, number[]> {
    const found = new Map<UserId, Set<number>>();
    const keep = (of: { from: UserId; to: UserId; n: number }): void => {
      const peer = of.from === ana ? of.to : of.from;
      found.set(peer, (found.get(peer) ?? new Set()).add(of.n));
    };
    for (const frame of heard) {
      if (frame.t === 'snapshot') frame.part.conversations.forEach(({ messages }) => messages.forEach(keep));
      if (frame.t === 'entries') {
        for (const entry of frame.page.entries) if (entry.kind === 'message') keep(entry as never);
      }
    }
    return new Map(Array.from(found, ([peer, set]) => [peer, [...set].toSorted((a, b) => a - b)]));
  }

  test('S19: a new device gets a snapshot, and what grows meanwhile from where it began, without a loss', async () => {
    await befriend();
    for (let at = 0; at < 40; at++) await say(ana, names[at % 4] as UserId);
    // A store that needs several parts, and in which something happens between any two of them.
    const { snapshot, head } = store;
    const captured = await head(ana);
    store.snapshot = async (user, after, limits) => {
      const read = await snapshot(user, after, { ...limits, pairs: 1 });
      for (const name of names) await say(name, ana);
      return read;
    };
    const client = join(ana);
    await client.say(hello);
    for (let at = 0; at < 20; at++) await client.say({ t: 'took', seq: await head(ana) });

    const parts = client.heard.filter((frame) => frame.t === 'snapshot').map(({ part }) => part);
    expect(parts.length).toBe(5);
    expect(parts.map(({ seq }) => seq)).toEqual(parts.map(() => captured));
    const pages = client.heard.filter((frame) => frame.t === 'entries').map(({ page }) => page);
    expect(pages[0]?.from).toBe(captured);
    expect(pages.at(-1)?.to).toBe(await head(ana));
    for (const name of names) {
      const { head: last } = await store.conversation(pairOf(ana, name));
      expect(numbersIn(client.heard).get(name)).toEqual(Array.from({ length: last }, (_, at) => at + 1));
    }
  });

  test('S19: a device that is more than 2,000 entries behind gets a snapshot of the newest', async () => {
    const cursor = await cursorOf(ana);
    for (let at = 0; at < 2_001; at++) await say(ben, ana);
    const behind = join(ana);
    await behind.say({ ...hello, cursor });
    expect(behind.heard.map(({ t }) => t)).toEqual(['welcome', 'snapshot']);
    expect(behind.saw('snapshot')).toMatchObject([
      { part: { seq: cursor.seq + 2_001, done: true, conversations: [{ head: 2_001 }] } },
    ]);
    expect(numbersIn(behind.heard).get(ben)).toEqual(Array.from({ length: 30 }, (_, at) => 1_972 + at));
  });

  test('S11 S19: a cursor of another history is told to start again, with a snapshot', async () => {
    const client = join(ana);
    await client.say({ ...hello, cursor: { epoch: 'lost', seq: 1, tag: 1 } });
    expect(client.heard.map(({ t }) => t)).toEqual(['welcome', 'resync', 'snapshot']);
  });

  test('S22: a cursor in the forgotten part is told to start again, with a snapshot', async () => {
    const cursor = await cursorOf(ana);
    for (let at = 0; at < 10; at++) await say(ben, ana);
    await store.truncate(ana, cursor.seq + 5);
    const client = join(ana);
    await client.say({ ...hello, cursor });
    expect(client.heard.map(({ t }) => t)).toEqual(['welcome', 'resync', 'snapshot']);
    expect(client.saw('snapshot')).toMatchObject([{ part: { seq: cursor.seq + 10, done: true } }]);
  });
});

test('S20: history is shown to members of the conversation only', async () => {
  for (let n = 3; n < 9; n++) await server.execute(ana, message(n, ana, ben));
  const [a, e] = [join(ana), join(eve)];
  for (const client of [a, e]) await client.say(hello);
  await a.say({ t: 'history', id: 1, peer: ben, before: 4 });
  await e.say({ t: 'history', id: 1, peer: ben, before: 4 });
  expect(a.saw('history')).toMatchObject([
    { id: 1, page: { from: 1, before: 4, messages: [{ n: 1 }, {}, {}] } },
  ]);
  expect(e.saw('history')).toMatchObject([{ id: 1, page: { from: 4, before: 4, messages: [] } }]);
});

describe('S21: installations', () => {
  test('S21: each hello is given the next generation, and a copy is sent away', async () => {
    const greet = async (gen: number) => {
      const client = join(ana);
      await client.say({ ...hello, gen });
      client.leave();
      return client.heard[0];
    };
    expect(await greet(0)).toMatchObject({ t: 'welcome', gen: 1 });
    expect(await greet(1)).toMatchObject({ t: 'welcome', gen: 2 });
    // The answer was lost: the same again.
    expect(await greet(1)).toMatchObject({ t: 'welcome', gen: 2 });
    expect(await greet(2)).toMatchObject({ t: 'welcome', gen: 3 });
    expect(await greet(1)).toEqual({ t: 'bye', code: 'DEVICE_CLONED' });
  });

  test('S21: nothing of what a copy says is carried out, however it is said', async () => {
    for (const gen of [0, 1, 2]) await store.useDevice(ana, hello.device, gen);
    const before = await store.head(ben);
    const copy = join(ana);
    await copy.say(
      { ...hello, gen: 1, ops: [message(3, ana, ben)] },
      { t: 'ops', ops: [message(4, ana, ben)] },
    );
    const frames: Up[] = [{ ...hello, gen: 1, ops: [message(5, ana, ben)] }];
    const who = { user: ana, session: 's', expires: world.now() + 600_000 };
    const exchanged = server.exchange(who, frames);
    await world.run(world.now() + 5);
    expect(await exchanged).toEqual([{ t: 'bye', code: 'DEVICE_CLONED' }]);
    expect(copy.closed()).toBe('DEVICE_CLONED');
    expect(await store.head(ben)).toBe(before);
  });
});

describe('W7: exchanges', () => {
  const who = () => ({ user: ana, session: `session of ${ana}`, expires: world.now() + 600_000 });
  async function exchange(...frames: Up[]): Promise<Down[]> {
    const answers = server.exchange(who(), frames);
    await world.run(world.now() + 25_000);
    return answers;
  }

  test('W7: an exchange brings what a socket would have brought', async () => {
    const answers = await exchange({ ...hello, ops: [message(3, ana, ben)] }, { t: 'ping', id: 4 });
    expect(answers.find(({ t }) => t === 'results')).toMatchObject({ results: [{ id: opId(3), ok: true }] });
    expect(answers.find(({ t }) => t === 'snapshot')).toMatchObject({ part: { done: true } });
    expect(answers.find(({ t }) => t === 'pong')).toMatchObject({ id: 4 });
    expect(server.online(ana)).toBe(false);
  });

  test('W7: an exchange ends after 20 seconds with what there is', async () => {
    store.snapshot = () => new Promise(() => {});
    const heard = await exchange({ ...hello, ops: [message(3, ana, ben)] });
    expect(heard).toMatchObject([{ t: 'welcome' }, { t: 'results' }]);
  });

  test('W3 W7: a client that is too old is told so by socket and by exchange', async () => {
    const old: Up = { ...hello, v: [0, VERSIONS[0] - 1], ops: [message(3, ana, ben)] };
    const client = join(ana);
    await client.say(old);
    const bye = { t: 'bye', code: 'UNSUPPORTED_VERSION' };
    expect(client.heard).toEqual([bye]);
    expect(client.closed()).toBe('UNSUPPORTED_VERSION');
    expect(await exchange(old)).toEqual([bye]);
    expect(await store.head(ben)).toBe(2);
  });
});

test('S23: those who are connected are told to come back at different times, and nobody else is taken', async () => {
  const clients = Array.from({ length: 50 }, () => join(ana));
  for (const client of clients) await client.say(hello);
  server.stop();
  const waits = clients.map(({ heard }) => {
    const bye = heard.at(-1);
    return bye?.t === 'bye' ? (bye.retryAfter ?? -1) : -1;
  });
  expect(new Set(waits).size).toBe(50);
  expect(Math.min(...waits)).toBe(0);
  expect(Math.max(...waits)).toBe(4_900);
  expect(clients.every((client) => client.closed() === 'UNAVAILABLE')).toBe(true);

  const late = join(ana);
  expect(late.heard).toMatchObject([{ t: 'bye', code: 'UNAVAILABLE' }]);
  const who = { user: ana, session: 's', expires: world.now() + 600_000 };
  expect(await server.exchange(who, [hello])).toMatchObject([{ t: 'bye', code: 'UNAVAILABLE' }]);
});
