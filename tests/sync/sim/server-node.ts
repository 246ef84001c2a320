import { createHash } from 'node:crypto';
import { Failure } from '#shared/errors.ts';
import type { UserId } from '#shared/ids.ts';
import type { Bus, BusEvent, SyncStore } from '#sync/server/ports.ts';
import { type SyncServer, createSyncServer } from '#sync/server/server.ts';
import type { Listen } from './network.ts';
import type { SeededRandom } from './random.ts';
import type { World } from './world.ts';

export interface ServerFaults {
  /** Chance that a commit is refused for now. */
  readonly refuseCommit: number;
  /** Chance that the process dies just before or just after a commit. */
  readonly crashAtCommit: number;
}

/** One server process after another on the same store. */
export function createServerNode(
  world: World,
  random: SeededRandom,
  store: SyncStore,
  faults: () => ServerFaults,
  onCrash: () => void,
) {
  let life = 0;
  let server: SyncServer | null = start();

  function start(): SyncServer {
    const mine = ++life;
    const alive = (): boolean => mine === life;
    // What a dead process was waiting for never comes.
    const forever = <T>(): Promise<T> => new Promise<T>(() => {});
    // A database takes its time, differently each time; other requests come in between.
    const pause = (): Promise<void> =>
      new Promise((resolve) => world.after(random.chance(0.7) ? 0 : random.between(0, 30), resolve));
    const guarded: SyncStore = {
      ...store,
      async commit(write) {
        await pause();
        if (!alive()) return forever();
        const { refuseCommit, crashAtCommit } = faults();
        if (random.chance(refuseCommit)) throw new Failure('UNAVAILABLE');
        const death = random.chance(crashAtCommit) ? (random.chance(0.5) ? 'before' : 'after') : null;
        if (death === 'before') return crashNow(forever());
        const committed = await store.commit(write);
        await pause();
        return death === 'after' ? crashNow(forever()) : committed;
      },
      async read(user, cursor, limits) {
        await pause();
        const page = await store.read(user, cursor, limits);
        await pause();
        return alive() ? page : forever();
      },
    };
    return createSyncServer({
      store: guarded,
      bus: createBus(),
      clock: world,
      timers: { after: (ms, callback) => world.after(ms, () => alive() && callback()) },
      digest: (data) => new Uint8Array(createHash('sha256').update(data).digest()),
      report: () => {},
    });
  }

  function crashNow<T>(value: T): T {
    crash();
    return value;
  }

  function crash(): void {
    if (!server) return;
    life += 1;
    server = null;
    onCrash();
    world.after(random.between(100, 20_000), () => {
      server = start();
    });
  }

  return {
    crash,
    /** A listener for connections of one user. */
    listenFor(user: UserId): Listen {
      return (socket) =>
        server?.accept({
          ...socket,
          user,
          session: user,
          expires: world.now() + 1e12,
          reauthenticate: async () => null,
        });
    },
  };
}

function createBus(): Bus {
  const listeners = new Set<(event: BusEvent) => void>();
  return {
    publish: (event) => listeners.forEach((listener) => listener(event)),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
