import { beforeEach, describe, expect, test } from 'vitest';
import { KEEP_EVERY_MS, KEPT_FOR_MS, RING_MS, isLive } from '#shared/call.ts';
import { type DeviceId, type UserId, pairOf } from '#shared/ids.ts';
import type { BusEvent, Effect, SyncStore } from '#sync/server/ports.ts';
import { SWEEP_EVERY } from '#sync/server/calls.ts';
import type { SyncServer } from '#sync/server/server.ts';
import type { Down } from '#sync/wire/down.ts';
import type { Operation, Up } from '#sync/wire/up.ts';
import { type Served, ana, ben, createServed, eve, hello, message, opId } from './served.ts';

const [phone, desk, pad] = ['P', 'D', 'T'].map((letter) => letter.repeat(22) as DeviceId) as [
  DeviceId,
  DeviceId,
  DeviceId,
];
const pair = pairOf(ana, ben);
const envelope = new Uint8Array([1, 2, 3]);

let served: Served;
let store: SyncStore;
let server: SyncServer;
let said: BusEvent[];
beforeEach(async () => {
  served = await createServed();
  ({ store, server } = served);
  said = [];
  served.bus.subscribe((event) => said.push(event));
});

const wait = (ms: number) => served.world.run(served.world.now() + ms);
const start = (n: number, to: UserId, device = phone): Operation => ({
  id: opId(n),
  kind: 'call.start',
  to,
  device,
  media: 'voice',
});
const answer = (n: number, to: UserId, call: number, device = desk): Operation => ({
  id: opId(n),
  kind: 'call.answer',
  to,
  call: opId(call),
  device,
});
const end = (n: number, to: UserId, call: number): Operation => ({
  id: opId(n),
  kind: 'call.end',
  to,
  call: opId(call),
  reason: 'hung-up',
});
const friend = (
  n: number,
  kind: `friend.${'request' | 'accept' | 'remove' | 'block'}`,
  to: UserId,
): Operation => ({
  id: opId(n),
  kind,
  to,
});
/** Ana calls Ben from her phone, and he answers at his desk. */
async function talk(): Promise<void> {
  await server.execute(ana, start(10, ben));
  await server.execute(ben, answer(11, ana, 10));
}
async function callsIn(user: UserId) {
  const page = await store.read(user, null, { entries: 1_000, bytes: 1_000_000 });
  if (page === 'resync') throw new Error('a log is read from its start');
  return page.entries.filter((entry) => entry.kind === 'call');
}
const status = async (n = 10) => (await store.call(pair, opId(n)))?.status;
const heads = () => Promise.all([store.head(ana), store.head(ben)]);
const signalTo = (to: UserId, device: DeviceId): Up => ({ t: 'signal', to, device, envelope });

describe('S27: a call is told by both logs', () => {
  test('S27: each of its steps is an entry of both, pushed to every device', async () => {
    const [a, phoneOfBen, deskOfBen] = [served.join(ana), served.join(ben), served.join(ben)];
    for (const client of [a, phoneOfBen, deskOfBen]) await client.say(hello);
    for (const client of [a, phoneOfBen, deskOfBen]) await client.say({ t: 'took', seq: 2 });
    await server.execute(ana, message(3, ana, ben));
    const before = await heads();
    await talk();
    await server.execute(ben, end(12, ana, 10));
    await wait(5);
    expect(await heads()).toEqual(before.map((head) => head + 3));
    for (const client of [a, phoneOfBen, deskOfBen]) {
      const pushed = client.saw('entries').flatMap(({ page }) => page.entries);
      expect(pushed.findLast(({ kind }) => kind === 'call')).toMatchObject({
        id: opId(10),
        status: 'completed',
        after: 1,
        callerDevice: phone,
        calleeDevice: desk,
      });
    }
    expect(await callsIn(ana)).toHaveLength(1);
  });

  test('S27: a missed call that was looked at is news to the callee’s devices only', async () => {
    await server.execute(ana, start(10, ben));
    await server.execute(ana, end(11, ben, 10));
    expect(await callsIn(ben)).toMatchObject([{ status: 'missed', seen: false }]);
    const [anas, bens] = await heads();
    await server.execute(ben, { id: opId(12), kind: 'call.see', to: ana, call: opId(10) });
    expect(await heads()).toEqual([anas, bens + 1]);
    expect(await callsIn(ben)).toMatchObject([{ status: 'missed', seen: true }]);
  });

  test('S27: a repeat changes nothing, and gets the first answer', async () => {
    const first = await server.execute(ana, start(10, ben));
    await server.execute(ben, { id: opId(11), kind: 'call.decline', to: ana, call: opId(10) });
    const before = await heads();
    await wait(50);
    expect(await server.execute(ana, start(10, ben))).toEqual(first);
    expect(await heads()).toEqual(before);
    expect(await status()).toBe('declined');
  });
});

describe('S28: one call at a time', () => {
  test('S28: two who call each other at once are in one call, whoever comes first', async () => {
    const results = await Promise.all([
      server.execute(ana, start(10, ben, phone)),
      server.execute(ben, start(20, ana, desk)),
    ]);
    expect(results.map(({ ok }) => ok)).toEqual([true, true]);
    const live = await store.liveCalls(ana);
    expect(live).toMatchObject([{ status: 'in_progress' }]);
    const [call] = live;
    expect(new Set([call?.callerDevice, call?.calleeDevice])).toEqual(new Set([desk, phone]));
    expect(await callsIn(ana)).toHaveLength(1);
    expect(await store.call(pair, opId(call?.id === opId(10) ? 20 : 10))).toBeUndefined();
  });

  test('S28: of two devices that call the same person at once one does', async () => {
    const results = await Promise.all([
      server.execute(ana, start(10, ben, phone)),
      server.execute(ana, start(20, ben, pad)),
    ]);
    expect(results.map((result) => (result.ok ? 'ok' : result.code)).toSorted()).toEqual(['IN_CALL', 'ok']);
    expect(await store.liveCalls(ben)).toHaveLength(1);
  });

  test('S28: who is in a call with somebody else is busy, at once', async () => {
    await server.execute(eve, friend(3, 'friend.request', ben));
    await server.execute(ben, friend(4, 'friend.accept', eve));
    await talk();
    expect(await server.execute(eve, start(20, ben))).toMatchObject({ ok: true });
    expect(await store.call(pairOf(ben, eve), opId(20))).toMatchObject({ status: 'busy', seen: false });
    expect(await server.execute(ben, start(21, eve))).toMatchObject({ code: 'IN_CALL' });
    await server.execute(ana, end(12, ben, 10));
    expect(await server.execute(eve, start(22, ben))).toMatchObject({ ok: true });
    expect(await store.liveCalls(ben)).toMatchObject([{ id: opId(22), status: 'ringing' }]);
  });
});

test('S29: of two devices that answer at once one has the call', async () => {
  await server.execute(ana, start(10, ben));
  const results = await Promise.all([
    server.execute(ben, answer(11, ana, 10, desk)),
    server.execute(ben, answer(12, ana, 10, pad)),
  ]);
  const won = results.findIndex(({ ok }) => ok);
  expect(results[1 - won]).toMatchObject({ ok: false, code: 'CALL_TAKEN' });
  expect(await store.call(pair, opId(10))).toMatchObject({ calleeDevice: [desk, pad][won] });
});

test('S29: an answer and an end that cross leave one call in one state', async () => {
  for (let n = 0; n < 40; n += 4) {
    const call = 100 + n;
    await server.execute(ana, start(call, ben));
    const ops: [UserId, Operation][] = [
      [ben, answer(call + 1, ana, call)],
      [ana, end(call + 2, ben, call)],
      [ben, { id: opId(call + 3), kind: 'call.decline', to: ana, call: opId(call) }],
    ];
    const rotated = [...ops.slice(n % 3), ...ops.slice(0, n % 3)];
    await Promise.all(rotated.map(([user, op]) => server.execute(user, op)));
    expect(isLive((await store.call(pair, opId(call)))!)).toBe(false);
  }
  const [a, b] = [await callsIn(ana), await callsIn(ben)];
  expect(a.map(({ seq: _seq, ...call }) => ({ ...call, seen: true }))).toEqual(
    b.map(({ seq: _seq, ...call }) => ({ ...call, seen: true })),
  );
});

describe('S30: a friendship that ends, ends the call', () => {
  test.each([
    ['who removes is in a call with', 'friend.remove', ana, true, 'completed'],
    ['who blocks is in a call with', 'friend.block', ben, true, 'completed'],
    ['the caller removes', 'friend.remove', ana, false, 'missed'],
    ['the callee blocks', 'friend.block', ben, false, 'declined'],
  ] as const)('S30: with whom %s', async (_, kind, by, goes, expected) => {
    if (goes) await talk();
    else await server.execute(ana, start(10, ben));
    expect(await server.execute(by, friend(12, kind, by === ana ? ben : ana))).toMatchObject({ ok: true });
    expect(await status()).toBe(expected);
    expect(await callsIn(ana)).toMatchObject([{ status: expected }]);
    expect(await callsIn(ben)).toMatchObject([{ status: expected }]);
    expect(said).toContainEqual({ kind: 'grew', user: ben });
  });

  test('S30: also when the server died between the two, with the repetition', async () => {
    await talk();
    const { commit } = store;
    let dead = false;
    store.commit = (write) => {
      if (write.effect?.kind === 'call') dead = true;
      return dead ? Promise.reject(new Error('power cut')) : commit(write);
    };
    await expect(server.execute(ana, friend(12, 'friend.remove', ben))).rejects.toThrow('power cut');
    expect(await status()).toBe('in_progress');
    store.commit = commit;
    expect(await server.execute(ana, friend(12, 'friend.remove', ben))).toMatchObject({ ok: true });
    expect(await status()).toBe('completed');
  });

  test('S30: however a start, an answer and the end of a friendship cross, no strangers are in a call', async () => {
    const { commit } = store;
    // Each commit of one kind waits for one of the other, as if they were on their way at the same time.
    for (const first of ['relation', 'call'] satisfies Effect['kind'][]) {
      for (let n = 100; n < 120; n += 10) {
        await server.execute(ana, friend(1_000 + n, 'friend.request', ben));
        await server.execute(ben, friend(2_000 + n, 'friend.accept', ana));
        store.commit = async (write) => {
          if (write.effect?.kind !== first) await wait(1);
          return commit(write);
        };
        const id = n + (first === 'call' ? 50 : 0);
        const all = Promise.all([
          server.execute(ana, start(3_000 + id, ben)),
          server.execute(ben, answer(4_000 + id, ana, 3_000 + id)),
          server.execute(ben, friend(5_000 + id, 'friend.remove', ana)),
        ]);
        await wait(50);
        await all;
        store.commit = commit;
        expect((await store.relation(pair)).state).toBe('none');
        expect(await store.liveCalls(ana)).toEqual([]);
        await server.execute(ana, friend(6_000 + id, 'friend.remove', ben));
      }
    }
  });

  test('S30: a call of strangers that nothing ended is heard of no more, and is not kept', async () => {
    const [a, b] = [served.join(ana), served.join(ben)];
    await a.say({ ...hello, device: phone });
    await b.say({ ...hello, device: desk });
    await talk();
    const { liveCalls } = store;
    store.liveCalls = async () => [];
    await server.execute(ana, friend(12, 'friend.remove', ben));
    store.liveCalls = liveCalls;
    expect(await status()).toBe('in_progress');
    await a.say(signalTo(ben, desk));
    expect(b.saw('signal')).toEqual([]);
    for (let ms = 0; ms < KEPT_FOR_MS + SWEEP_EVERY; ms += KEEP_EVERY_MS) {
      await a.say({ t: 'in-call', call: opId(10), peer: ben });
      await wait(KEEP_EVERY_MS);
    }
    expect(await status()).toBe('completed');
  });
});

describe('S31: no call for ever', () => {
  test('S31: what rang for 45 seconds is missed, and not before', async () => {
    await server.execute(ana, start(10, ben));
    await wait(RING_MS - 10);
    expect(await status()).toBe('ringing');
    await wait(SWEEP_EVERY + 20);
    expect(await status()).toBe('missed');
    expect(await callsIn(ben)).toMatchObject([{ status: 'missed', seen: false, answeredAt: null }]);
    expect(said.at(-1)).toMatchObject({ kind: 'grew' });
  });

  test('S31: what nobody kept for 90 seconds ended when it was kept last', async () => {
    await talk();
    await wait(30_000);
    const kept = served.world.now();
    await store.keepCall(pair, opId(10), kept);
    await wait(KEPT_FOR_MS - 10);
    expect(await status()).toBe('in_progress');
    await wait(SWEEP_EVERY + 20);
    expect(await store.call(pair, opId(10))).toMatchObject({ status: 'completed', endedAt: kept });
  });

  test('S31: what a device in it keeps goes on, and nobody else can keep it', async () => {
    await server.execute(eve, friend(3, 'friend.request', ana));
    await server.execute(ana, friend(4, 'friend.accept', eve));
    await talk();
    const [a, padOfAna, e] = [served.join(ana), served.join(ana), served.join(eve)];
    await a.say({ ...hello, device: phone });
    await padOfAna.say({ ...hello, device: pad });
    await e.say({ ...hello, device: desk });
    const began = served.world.now();
    await wait(1_000);
    await padOfAna.say({ t: 'in-call', call: opId(10), peer: ben });
    await e.say({ t: 'in-call', call: opId(10), peer: ana });
    await e.say({ t: 'in-call', call: opId(10), peer: ben });
    expect((await store.call(pair, opId(10)))?.keptAt).toBeLessThanOrEqual(began);
    const before = await heads();
    for (let n = 0; n < 8; n++) {
      await a.say({ t: 'in-call', call: opId(10), peer: ben }, { t: 'ping', id: n });
      await wait(KEEP_EVERY_MS);
    }
    expect(await status()).toBe('in_progress');
    expect(await heads()).toEqual(before);
  });

  test('S31: several nodes that look at once end it once', async () => {
    served.addNode();
    served.addNode();
    await server.execute(ana, start(10, ben));
    const before = await heads();
    await wait(RING_MS + SWEEP_EVERY);
    expect(await heads()).toEqual(before.map((head) => head + 1));
  });

  test('S31: one that can’t be ended does not keep the others, and the next round tries again', async () => {
    await server.execute(ana, friend(3, 'friend.request', eve));
    await server.execute(eve, friend(4, 'friend.accept', ana));
    const errors: unknown[] = [];
    const other = await createServed({ report: (_code, error) => errors.push(error) });
    for (const [user, peer, n] of [
      [ana, eve, 5],
      [eve, ana, 6],
    ] as const) {
      await other.server.execute(user, friend(n, n === 5 ? 'friend.request' : 'friend.accept', peer));
    }
    const { commit, overdueCalls } = other.store;
    await other.server.execute(ana, start(10, ben));
    let broken = true;
    other.store.commit = (write) =>
      broken && write.op === opId(10) ? Promise.reject(new Error('broken')) : commit(write);
    await other.world.run(other.world.now() + RING_MS + SWEEP_EVERY);
    expect(errors.length).toBeGreaterThan(0);
    expect(await other.store.liveCalls(ana)).toHaveLength(1);
    other.store.overdueCalls = () => Promise.reject(new Error('no answer'));
    await other.world.run(other.world.now() + 2 * SWEEP_EVERY);
    expect(errors.at(-1)).toMatchObject({ message: 'no answer' });
    other.store.overdueCalls = overdueCalls;
    broken = false;
    await other.world.run(other.world.now() + SWEEP_EVERY);
    expect(await other.store.liveCalls(ana)).toEqual([]);
  });

  test('S31: a server that stopped looks no more', async () => {
    let asked = 0;
    const { overdueCalls } = store;
    store.overdueCalls = (...args) => {
      asked += 1;
      return overdueCalls(...args);
    };
    await wait(2 * SWEEP_EVERY);
    const before = asked;
    server.stop();
    await wait(4 * SWEEP_EVERY);
    expect([before > 0, asked]).toEqual([true, before]);
  });
});

describe('S32: what two devices in a call say to each other', () => {
  async function everybody() {
    const all = {
      a: served.join(ana),
      ben: served.join(ben),
      padOfBen: served.join(ben),
      eve: served.join(eve),
    };
    await all.a.say({ ...hello, device: phone });
    await all.ben.say({ ...hello, device: desk });
    await all.padOfBen.say({ ...hello, device: pad });
    await all.eve.say({ ...hello, device: desk });
    return all;
  }
  const signals = (heard: readonly Down[]) => heard.filter(({ t }) => t === 'signal');

  test('S32: reaches that device and no other, in order, and is in no log', async () => {
    const all = await everybody();
    await talk();
    const before = await heads();
    await all.a.say(
      ...[1, 2, 3].map((n): Up => ({ ...signalTo(ben, desk), envelope: new Uint8Array([n]) }) as Up),
    );
    await all.ben.say(signalTo(ana, phone));
    expect(signals(all.ben.heard)).toEqual(
      [1, 2, 3].map((n) => ({ t: 'signal', from: ana, device: phone, envelope: new Uint8Array([n]) })),
    );
    expect(signals(all.a.heard)).toEqual([{ t: 'signal', from: ben, device: desk, envelope }]);
    for (const other of [all.padOfBen, all.eve]) expect(signals(other.heard)).toEqual([]);
    expect(await heads()).toEqual(before);
  });

  test('S32: is dropped without a word when it is not between the two devices of a call that goes on', async () => {
    const all = await everybody();
    await server.execute(ana, start(10, ben));
    // It only rings: not even the caller's address may be learnt.
    await all.a.say(signalTo(ben, desk));
    await all.ben.say(signalTo(ana, phone));
    await server.execute(ben, answer(11, ana, 10));
    await all.padOfBen.say(signalTo(ana, phone));
    await all.a.say(signalTo(ben, pad), signalTo(eve, desk), signalTo(ana, phone));
    await all.eve.say(signalTo(ben, desk), signalTo(ana, phone));
    await server.execute(ana, end(12, ben, 10));
    await all.a.say(signalTo(ben, desk));
    await all.ben.say(signalTo(ana, phone));
    for (const client of Object.values(all)) {
      expect(signals(client.heard)).toEqual([]);
      expect(client.closed()).toBeNull();
    }
    expect(said.filter(({ kind }) => kind === 'signal')).toEqual([]);
  });

  test('S32: goes over the bus to whichever node the other device is at', async () => {
    const all = await everybody();
    await talk();
    await all.a.say(signalTo(ben, desk));
    expect(said.filter(({ kind }) => kind === 'signal')).toEqual([
      { kind: 'signal', from: ana, device: phone, to: ben, toDevice: desk, envelope },
    ]);
    served.bus.publish({ kind: 'signal', from: ben, device: desk, to: ana, toDevice: phone, envelope });
    expect(signals(all.a.heard)).toHaveLength(1);
  });

  test('S32: more than 50 a second end the connection, signs of life included', async () => {
    const all = await everybody();
    await talk();
    await all.a.say(...Array.from({ length: 25 }, () => signalTo(ben, desk)));
    await all.a.say(...Array.from({ length: 25 }, (): Up => ({ t: 'in-call', call: opId(10), peer: ben })));
    expect(all.a.closed()).toBeNull();
    expect(signals(all.ben.heard)).toHaveLength(25);
    await all.a.say(signalTo(ben, desk), signalTo(ben, desk));
    expect(all.a.heard.at(-1)).toEqual({ t: 'bye', code: 'RATE_LIMITED' });
    expect(all.a.closed()).toBe('RATE_LIMITED');
    for (let n = 0; n < 20; n++) {
      await all.ben.say(...Array.from({ length: 40 }, () => signalTo(ana, phone)));
      await wait(995);
    }
    expect(all.ben.closed()).toBeNull();
  });

  test('S32: a socket that does not drain loses them', async () => {
    let waiting = 0;
    const [a, b] = [served.join(ana), served.join(ben, () => waiting)];
    await a.say({ ...hello, device: phone });
    await b.say({ ...hello, device: desk });
    await talk();
    await wait(5);
    waiting = 2_000_000;
    await b.say({ t: 'ping', id: 1 });
    await a.say(signalTo(ben, desk));
    expect(b.saw('signal')).toEqual([]);
  });

  test('S32: a store that fails ends the connection once, and nothing said after it is passed on', async () => {
    const codes: string[] = [];
    served = await createServed({ report: (code) => codes.push(code) });
    ({ store, server } = served);
    const [a, b] = [served.join(ana), served.join(ben)];
    await a.say({ ...hello, device: phone });
    await b.say({ ...hello, device: desk });
    await talk();
    const { liveCalls } = store;
    let asked = 0;
    store.liveCalls = (user) => ((asked += 1) === 1 ? Promise.reject(new Error('broken')) : liveCalls(user));
    await a.say(signalTo(ben, desk), signalTo(ben, desk), signalTo(ben, desk));
    expect(a.closed()).toBe('INTERNAL');
    expect(codes).toEqual(['INTERNAL']);
    expect(b.saw('signal')).toEqual([]);
  });

  test('S32: an exchange neither says nor hears any', async () => {
    await talk();
    const b = served.join(ben);
    await b.say({ ...hello, device: desk });
    const who = { user: ana, session: 's', expires: served.world.now() + 600_000 };
    const answers = server.exchange(who, [{ ...hello, device: phone }, signalTo(ben, desk)]);
    served.bus.publish({ kind: 'signal', from: ben, device: desk, to: ana, toDevice: phone, envelope });
    await wait(25_000);
    expect((await answers).filter(({ t }) => t === 'signal')).toEqual([]);
    expect(b.saw('signal')).toEqual([]);
  });
});
