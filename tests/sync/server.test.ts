import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { createMemorySync } from '#api/store/memory/sync.ts';
import type { ErrorCode } from '#shared/errors.ts';
import type { DeviceId, OpId, UserId } from '#shared/ids.ts';
import type { Bus, BusEvent, SyncStore } from '#sync/server/ports.ts';
import { type SyncServer, createSyncServer } from '#sync/server/server.ts';
import { decodeDown, encodeFrame } from '#sync/wire/codec.ts';
import type { Down } from '#sync/wire/down.ts';
import type { Operation, Up } from '#sync/wire/up.ts';
import { makeEnvelope } from '../support/envelope.ts';
import { createWorld } from './sim/world.ts';

const ana = 'A'.repeat(22) as UserId;
const ben = 'B'.repeat(22) as UserId;
const eve = 'E'.repeat(22) as UserId;
const keyId = new Uint8Array(16);
const opId = (n: number): OpId => `0190b3c5-7d5e-7abc-8def-${String(n).padStart(12, '0')}` as OpId;
const message = (n: number, from: UserId, to: UserId): Operation => ({
  id: opId(n),
  kind: 'message.send',
  to,
  envelope: makeEnvelope({ id: opId(n), from, to, toKeyId: keyId }),
});

let world: ReturnType<typeof createWorld>;
let store: SyncStore;
let bus: Bus;
let server: SyncServer;

beforeEach(async () => {
  world = createWorld();
  let tags = 0;
  store = createMemorySync({
    epoch: 'e',
    tag: () => (tags += 1),
    person: (id) => ({ id, name: id, bundle: keyId, keyId }),
  });
  const listeners = new Set<(event: BusEvent) => void>();
  bus = {
    publish: (event) => listeners.forEach((listener) => listener(event)),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  server = createSyncServer({
    store,
    bus,
    clock: world,
    timers: world,
    digest: (data) => new Uint8Array(createHash('sha256').update(data).digest()),
    report: (code, error) => {
      throw new Error(code, { cause: error });
    },
  });
  await server.execute(ana, { id: opId(1), kind: 'friend.request', to: ben });
  await server.execute(ben, { id: opId(2), kind: 'friend.accept', to: ana });
});

/** A client that only speaks when told to, and remembers what it heard. */
function join(user: UserId, buffered = () => 0) {
  const heard: Down[] = [];
  let bytes = 0;
  let closed: ErrorCode | null = null;
  const attached = server.accept({
    user,
    session: `session of ${user}`,
    expires: world.now() + 600_000,
    send(data) {
      bytes += data.byteLength;
      const frame = decodeDown(data);
      if (!frame.ok) throw new Error(frame.error);
      heard.push(frame.value);
    },
    close: (code) => (closed = code),
    buffered,
    reauthenticate: async (token) => (token === 'fresh' ? world.now() + 600_000 : null),
  });
  return {
    heard,
    bytes: () => bytes,
    closed: () => closed,
    leave: attached.closed,
    async say(...frames: Up[]) {
      for (const frame of frames) attached.receive(encodeFrame(frame));
      await world.run(world.now() + 5);
    },
    saw: (t: Down['t']) => heard.filter((frame) => frame.t === t),
  };
}
const hello: Up = { t: 'hello', v: [1, 1], device: 'D'.repeat(22) as DeviceId, cursor: null, ops: [] };

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
  const page = await store.read(ana, null, { entries: 99, bytes: 9999 });
  if (page === 'resync') throw new Error('resync');
  let reads = 0;
  const { read } = store;
  store.read = (...args) => {
    reads += 1;
    return read(...args);
  };
  const client = join(ana);
  await client.say({ ...hello, cursor: { epoch: 'e', seq: page.to, tag: page.tag } });
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
    expect(client.heard.at(-1)).toEqual({ t: 'bye', code: 'UNAVAILABLE' });
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
