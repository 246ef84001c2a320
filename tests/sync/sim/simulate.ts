import { createMemorySync } from '#api/store/memory/sync.ts';
import type { DeviceId, OpId, UserId } from '#shared/ids.ts';
import { type SyncClient, createSyncClient } from '#sync/client/client.ts';
import { makeEnvelope } from '../../support/envelope.ts';
import { type DeviceActions, type SimulatedDevice, createDisk, openDisk } from './device-store.ts';
import { type LinkFaults, createTransport } from './network.ts';
import { findFaults } from './oracle.ts';
import { type SeededRandom, createRandom } from './random.ts';
import { type ServerFaults, createServerNode } from './server-node.ts';
import { createWorld } from './world.ts';

export interface Scenario {
  readonly seed: number;
  /** Actions of people, all in all. */
  readonly actions: number;
}

export interface Report {
  readonly seed: number;
  /** What the oracle found wrong; empty when every promise was kept. */
  readonly faults: readonly string[];
  /** A digest of the whole outcome: the same seed gives the same. */
  readonly trace: string;
  readonly events: number;
  readonly virtualMs: number;
}

const CALM: LinkFaults & ServerFaults = {
  latency: [5, 60],
  refuse: 0,
  cut: 0,
  freeze: 0,
  refuseCommit: 0,
  crashAtCommit: 0,
};

/** Several people with several devices each, a network and a server that fail, and then a calm in which all settles. */
export async function simulate({ seed, actions }: Scenario): Promise<Report> {
  const random = createRandom(seed);
  const world = createWorld();
  let weather: LinkFaults & ServerFaults = stormOf(random);

  const users = Array.from({ length: random.between(2, 4) }, () => idOf(random) as UserId);
  const people = new Map(users.map((id) => [id, personOf(id)]));
  const store = createMemorySync({
    epoch: 'first',
    tag: random.u32,
    person: (id) => people.get(id),
  });
  const devices: Device[] = [];
  const server = createServerNode(
    world,
    random,
    store,
    () => weather,
    () => {
      for (const device of devices) device.cutOff();
    },
  );
  for (const user of users) {
    for (let i = random.between(1, 2); i > 0; i--) devices.push(createDevice(user));
  }

  const span = actions * random.between(50, 2_000);
  for (let i = 0; i < actions; i++) world.after(random.between(0, span), act);
  for (let i = random.between(0, 4); i > 0; i--) world.after(random.between(0, span), server.crash);
  for (let i = random.between(0, 6); i > 0; i--) {
    world.after(random.between(0, span), () => random.pick(devices).crash());
  }
  const start = world.now();
  let events = await world.run(start + span);

  weather = CALM;
  for (const device of devices) device.bringUp();
  events += await world.run(world.now() + 600_000);

  const faults = await findFaults(store, users, devices);
  return { seed, faults, trace: traceOf(devices), events, virtualMs: world.now() - start };

  function act(): void {
    const device = random.pick(devices);
    const peer = random.pick(users.filter((user) => user !== device.user));
    const standing = device.disk.standings.get(peer) ?? 'none';
    if (standing === 'friends' && random.chance(0.97)) {
      if (random.chance(0.25)) device.see(peer);
      else device.send(peer);
    } else {
      device.befriend(
        peer,
        standing === 'friends' ? 'friend.remove' : standing === 'received' ? answer() : 'friend.request',
      );
    }
  }
  function answer(): 'friend.accept' | 'friend.reject' {
    return random.chance(0.9) ? 'friend.accept' : 'friend.reject';
  }

  function createDevice(user: UserId): Device {
    const disk = createDisk(user);
    const installation = idOf(random) as DeviceId;
    const transport = createTransport(world, random, () => weather, server.listenFor(user));
    let life = 0;
    let running: { client: SyncClient; actions: DeviceActions } | null = null;
    boot();

    function boot(): void {
      const mine = ++life;
      const alive = (): boolean => mine === life;
      const handle = openDisk(disk, {
        newReceiptId: () => opIdOf(random),
        async transaction(body) {
          // Storing takes its time, and the app may die just before or just after it.
          await new Promise<void>((resolve) => world.after(random.between(0, 30), resolve));
          if (!alive()) return new Promise(() => {});
          if (weather !== CALM && random.chance(0.002)) crash();
          if (!alive()) return new Promise(() => {});
          return body();
        },
      });
      const client = createSyncClient({
        store: handle,
        transport: guardedTransport(alive),
        timers: { after: (ms, callback) => world.after(ms, () => alive() && callback()) },
        random,
        device: installation,
        listener: { status() {}, presence() {}, typing() {} },
        report() {},
      });
      running = { client, actions: handle };
      client.start();
    }

    function guardedTransport(alive: () => boolean): ReturnType<typeof createTransport> {
      return {
        ...transport,
        connect: (on) =>
          transport.connect({
            open: () => alive() && on.open(),
            frame: (data) => alive() && on.frame(data),
            closed: (code) => alive() && on.closed(code),
          }),
      };
    }

    function crash(): void {
      if (!running) return;
      life += 1;
      running = null;
      transport.cutAll();
      world.after(random.between(10, 60_000), () => running ?? boot());
    }

    /** A tab that died took the write with it: the person sees nothing in the list, so nothing was promised. */
    function write(op: Parameters<DeviceActions['write']>[0], lane: string, after: OpId | null = null): void {
      running?.actions.write(op, lane, after).catch((error: unknown) => {
        throw error;
      });
    }

    return {
      user,
      disk,
      cutOff: transport.cutAll,
      crash,
      bringUp() {
        if (!running) boot();
        running?.client.wake();
      },
      send(peer) {
        const id = opIdOf(random);
        const toKeyId = people.get(peer)?.keyId;
        if (!toKeyId) throw new Error('nobody to write to');
        const accept = disk.queue.find(
          ({ op: queued }) => queued.kind === 'friend.accept' && queued.to === peer,
        );
        write(
          {
            id,
            kind: 'message.send',
            to: peer,
            envelope: makeEnvelope({ id, from: user, to: peer, toKeyId }),
          },
          `c:${peer}`,
          accept?.op.id ?? null,
        );
      },
      befriend(peer, kind) {
        write({ id: opIdOf(random), kind, to: peer }, `f:${peer}`);
      },
      see(peer) {
        running?.actions.see(peer).catch((error: unknown) => {
          throw error;
        });
      },
    };
  }
}

interface Device extends SimulatedDevice {
  cutOff(): void;
  crash(): void;
  bringUp(): void;
  send(peer: UserId): void;
  befriend(peer: UserId, kind: 'friend.request' | 'friend.accept' | 'friend.reject' | 'friend.remove'): void;
  see(peer: UserId): void;
}

/** How bad this run's weather is: most runs know only some of the faults. */
function stormOf(random: SeededRandom): LinkFaults & ServerFaults {
  const some = (most: number): number => (random.chance(0.5) ? 0 : random.next() * most);
  return {
    latency: [1, random.pick([10, 100, 2_000])],
    refuse: some(0.5),
    cut: some(0.05),
    freeze: some(0.02),
    refuseCommit: some(0.05),
    crashAtCommit: some(0.01),
  };
}

function traceOf(devices: readonly Device[]): string {
  return JSON.stringify(
    devices.map(({ disk }) => [disk.cursor, [...disk.messages], [...disk.marks], [...disk.standings]]),
  );
}

function idOf(random: SeededRandom): string {
  return Buffer.from(random.bytes(16)).toString('base64url');
}

function opIdOf(random: SeededRandom): OpId {
  const hex = Buffer.from(random.bytes(16)).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}` as OpId;
}

function personOf(id: UserId) {
  const keyId = Buffer.from(id, 'base64url');
  return { id, name: id, bundle: new Uint8Array(keyId), keyId: new Uint8Array(keyId) };
}
