import { createLogs } from '#api/store/memory/logs.ts';
import { createMemorySync } from '#api/store/memory/sync.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes, DeviceId, UserId } from '#shared/ids.ts';
import type { ReadLimits } from '#sync/server/connection.ts';
import type { Bus, BusEvent, Person, SyncStore } from '#sync/server/ports.ts';
import { type SyncServer, createSyncServer } from '#sync/server/server.ts';
import type { Ledger } from './ledger.ts';
import type { Host } from './network.ts';
import { type SeededRandom, createRandom } from './random.ts';
import type { World } from './world.ts';

export interface ServerFaults {
  /** Chance that a commit is refused for now. */
  readonly refuseCommit: number;
  /** Chance that the process dies just before or just after a commit. */
  readonly crashAtCommit: number;
  /** Chance that a hint gets lost between two nodes. */
  readonly loseHint: number;
  /** How long a read or a commit may take, in milliseconds; most take none. */
  readonly slowDisk: number;
}

export interface ClusterDeps {
  readonly world: World;
  readonly random: SeededRandom;
  readonly ledger: Ledger;
  readonly nodes: number;
  readonly limits: ReadLimits;
  readonly faults: () => ServerFaults;
  readonly person: (user: UserId) => Person | undefined;
  /** Connections of a node that is gone end. */
  readonly onCrash: () => void;
}

export interface Cluster {
  /** One node dies, and comes back. */
  crash(): void;
  /** One node says goodbye, and comes back. */
  restart(): void;
  /** Every node dies, and the database comes back as it was after the first `place` writes, as another history. */
  restore(place: number): void;
  /** A user's log is shortened. */
  truncate(user: UserId): Promise<void>;
  hostFor(user: UserId): Host;
  /** The database itself, without its faults. */
  store(): SyncStore;
  allUp(): boolean;
}

interface Node {
  server: SyncServer | null;
  life: number;
}

/** Some server processes on one database, one life of each after the other. */
export function createCluster(deps: ClusterDeps): Cluster {
  const { world, random, ledger, limits, faults, onCrash } = deps;
  const tagSeed = random.u32();
  const devices = new Map<
    string,
    { readonly user: UserId; readonly device: DeviceId; gen: number; place: number }[]
  >();
  let store = openStore(createRandom(tagSeed).u32);
  const truncations: { readonly user: UserId; readonly keepFrom: number; readonly place: number }[] = [];
  const bus = createBuses(world, random, faults);
  const nodes: Node[] = Array.from({ length: deps.nodes }, () => ({ server: null, life: 0 }));
  for (const node of nodes) start(node);

  function openStore(tag: () => number): SyncStore {
    return createMemorySync({
      epoch: ledger.epoch(),
      logs: createLogs(tag),
      person: deps.person,
      revision: () => 1,
    }).store;
  }

  function start(node: Node): void {
    const life = ++node.life;
    const alive = (): boolean => node.life === life;
    node.server = createSyncServer({
      store: guard(node, alive),
      bus: bus.connect(alive),
      clock: world,
      timers: { after: (ms, callback) => world.after(ms, () => alive() && callback()) },
      digest,
      limits,
      report: () => {},
    });
  }

  /** The database as a process has it: slow, refusing, and gone when the process is. Every answer is checked. */
  function guard(node: Node, alive: () => boolean): SyncStore {
    // What a dead process was waiting for never comes.
    const unlessDead = <T>(value: T): T | Promise<T> => (alive() ? value : new Promise<T>(() => {}));
    const pause = (): Promise<void> | undefined => {
      const most = faults().slowDisk;
      if (most === 0 || random.chance(0.8)) return undefined;
      return new Promise((resolve) => world.after(random.between(0, most), () => alive() && resolve()));
    };
    return {
      ...store,
      epoch: () => store.epoch(),
      async commit(write) {
        await pause();
        const { refuseCommit, crashAtCommit } = faults();
        if (random.chance(refuseCommit)) throw new Failure('UNAVAILABLE');
        const dies = random.chance(crashAtCommit);
        if (dies && random.chance(0.5)) crash(node);
        if (!alive()) return new Promise(() => {});
        const committed = await store.commit(write);
        ledger.commit(write, committed);
        if (dies) crash(node);
        await pause();
        return unlessDead(committed);
      },
      async read(user, cursor, pageLimits) {
        await pause();
        const page = await store.read(user, cursor, pageLimits);
        // What is read from nothing is never sent: a snapshot is.
        if (page !== 'resync' && cursor !== null) ledger.page(user, page);
        await pause();
        return unlessDead(page);
      },
      async snapshot(user, after, partLimits) {
        await pause();
        const read = await store.snapshot(user, after, partLimits);
        ledger.part(user, read.part);
        await pause();
        return unlessDead(read);
      },
      async history(user, peer, before, historyLimits) {
        await pause();
        const page = await store.history(user, peer, before, historyLimits);
        ledger.history(user, page);
        return unlessDead(page);
      },
      async liveCalls(user) {
        await pause();
        return unlessDead(await store.liveCalls(user));
      },
      async call(pair, id) {
        await pause();
        return unlessDead(await store.call(pair, id));
      },
      async useDevice(user, device, gen) {
        await pause();
        const next = await store.useDevice(user, device, gen);
        if (next !== 'cloned') {
          const key = `${user} ${device}`;
          const used = devices.get(key) ?? [];
          devices.set(key, used);
          used.push({ user, device, gen, place: ledger.place() });
        }
        return unlessDead(next);
      },
    };
  }

  function crash(node: Node | undefined = nodes.length > 0 ? random.pick(nodes) : undefined): void {
    if (!node?.server) return;
    node.life += 1;
    node.server = null;
    onCrash();
    comeBack(node);
  }

  function comeBack(node: Node): void {
    const { life } = node;
    world.after(random.between(100, 20_000), () => {
      if (node.life === life) start(node);
    });
  }

  return {
    crash: () => crash(),
    restart() {
      const node = random.pick(nodes);
      if (!node.server) return;
      node.server.stop();
      node.life += 1;
      node.server = null;
      comeBack(node);
    },
    restore(place) {
      for (const node of nodes) crash(node);
      // A database is what was written to it.
      const writes = ledger.writes(place);
      ledger.restore(place);
      let tag = createRandom(tagSeed).u32;
      store = openStore(() => tag());
      const restored = store;
      for (const write of writes) void restored.commit(write);
      for (const used of devices.values()) {
        const kept = used.filter((use) => use.place <= place);
        used.splice(0, used.length, ...kept);
        for (const { user, device, gen } of kept) void restored.useDevice(user, device, gen);
      }
      for (const cut of truncations.splice(0).filter((one) => one.place <= place)) {
        truncations.push(cut);
        void restored.truncate(cut.user, cut.keepFrom);
      }
      // What comes now is another history than the one that was lost.
      tag = random.u32;
    },
    async truncate(user) {
      const keepFrom = random.between(1, ledger.head(user) + 1);
      truncations.push({ user, keepFrom, place: ledger.place() });
      await store.truncate(user, keepFrom);
    },
    hostFor(user) {
      const who = () => ({ user, session: user, expires: world.now() + 1e12 });
      return {
        accept: (peer) =>
          random.pick(nodes).server?.accept({ ...peer, ...who(), reauthenticate: async () => null }),
        exchange: (frames) => random.pick(nodes).server?.exchange(who(), frames),
      };
    },
    store: () => store,
    allUp: () => nodes.every(({ server }) => server !== null),
  };
}

/** One bus with an end at each node: an event reaches its own node at once, and the others later, or never. */
function createBuses(world: World, random: SeededRandom, faults: () => ServerFaults) {
  const ends = new Set<(event: BusEvent) => void>();
  return {
    connect(alive: () => boolean): Bus {
      let own: ((event: BusEvent) => void) | null = null;
      return {
        publish(event) {
          for (const end of ends) {
            if (end === own) end(event);
            else if (!random.chance(faults().loseHint)) world.after(random.between(0, 50), () => end(event));
          }
        },
        subscribe(listener) {
          const end = (event: BusEvent): void => {
            if (alive()) listener(event);
            else ends.delete(end);
          };
          own = end;
          ends.add(end);
          return () => ends.delete(end);
        },
      };
    },
  };
}

/** Nobody attacks this one: two sums over the bytes (FNV-1a and a multiplicative one) tell contents apart. */
function digest(data: Uint8Array): Bytes {
  let [a, b] = [0x811c_9dc5, 0x9e37_79b9];
  for (const byte of data) {
    a = Math.imul(a ^ byte, 0x0100_0193);
    b = Math.imul(b + byte, 0x85eb_ca6b) ^ (b >>> 15);
  }
  const sum = new Uint8Array(8);
  new DataView(sum.buffer).setUint32(0, a);
  new DataView(sum.buffer).setUint32(4, b);
  return sum;
}
