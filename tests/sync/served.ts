import { createHash } from 'node:crypto';
import { createLogs } from '#api/store/memory/logs.ts';
import { createMemorySync } from '#api/store/memory/sync.ts';
import type { ErrorCode } from '#shared/errors.ts';
import type { DeviceId, OpId, UserId } from '#shared/ids.ts';
import type { Bus, BusEvent, SyncStore, Waker } from '#sync/server/ports.ts';
import { type SyncServer, createSyncServer } from '#sync/server/server.ts';
import { decodeDown, encodeFrame } from '#sync/wire/codec.ts';
import type { Down } from '#sync/wire/down.ts';
import type { Operation, Up } from '#sync/wire/up.ts';
import { VERSIONS } from '#sync/wire/version.ts';
import { makeEnvelope } from '../support/envelope.ts';
import { type World, createWorld } from './sim/world.ts';

export const ana = 'A'.repeat(22) as UserId;
export const ben = 'B'.repeat(22) as UserId;
export const eve = 'E'.repeat(22) as UserId;
const keyId = new Uint8Array(16);

export const opId = (n: number): OpId => `0190b3c5-7d5e-7abc-8def-${String(n).padStart(12, '0')}` as OpId;
export const message = (n: number, from: UserId, to: UserId): Operation => ({
  id: opId(n),
  kind: 'message.send',
  to,
  envelope: makeEnvelope({ id: opId(n), from, to, toKeyId: keyId }),
});
export const hello: Extract<Up, { t: 'hello' }> = {
  t: 'hello',
  v: [...VERSIONS],
  device: 'D'.repeat(22) as DeviceId,
  gen: 0,
  cursor: null,
  ops: [],
};

/** A client that only speaks when told to, and remembers what it heard. */
export interface Client {
  readonly heard: Down[];
  bytes(): number;
  closed(): ErrorCode | null;
  leave(): void;
  say(...frames: Up[]): Promise<void>;
  saw<T extends Down['t']>(t: T): Extract<Down, { t: T }>[];
}

/** A sync server on a store in memory, in a time that moves only when it is told to. */
export interface Served {
  readonly world: World;
  readonly store: SyncStore;
  readonly bus: Bus;
  readonly server: SyncServer;
  /** One more node on the same store and bus. */
  addNode(): SyncServer;
  join(user: UserId, buffered?: () => number): Client;
}

/** Throws: what is reported is a mistake, unless somebody waits for it. */
function complain(code: ErrorCode, error: unknown): void {
  throw new Error(code, { cause: error });
}

interface ServedOptions {
  readonly report?: (code: ErrorCode, error: unknown) => void;
  readonly waker?: Waker;
}

/** Ana and Ben are friends, by the operations 1 and 2. Eve knows nobody. */
export async function createServed({ report = complain, waker }: ServedOptions = {}): Promise<Served> {
  const world = createWorld();
  let tags = 0;
  const { store } = createMemorySync({
    epoch: 'e',
    logs: createLogs(() => (tags += 1)),
    person: (id) => ({ id, name: id, bundle: keyId, keyId }),
    revision: () => 1,
  });
  const listeners = new Set<(event: BusEvent) => void>();
  const bus: Bus = {
    publish: (event) => listeners.forEach((listener) => listener(event)),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const addNode = (): SyncServer =>
    createSyncServer({
      store,
      bus,
      clock: world,
      timers: world,
      digest: (data) => new Uint8Array(createHash('sha256').update(data).digest()),
      report,
      waker,
    });
  const server = addNode();
  await server.execute(ana, { id: opId(1), kind: 'friend.request', to: ben });
  await server.execute(ben, { id: opId(2), kind: 'friend.accept', to: ana });

  function join(user: UserId, buffered = () => 0): Client {
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
      async say(...frames) {
        for (const frame of frames) attached.receive(encodeFrame(frame));
        await world.run(world.now() + 5);
      },
      saw: <T extends Down['t']>(t: T) =>
        heard.filter((frame): frame is Extract<Down, { t: T }> => frame.t === t),
    };
  }
  return { world, store, bus, server, addNode, join };
}
