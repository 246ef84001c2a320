import { WebSocket } from 'ws';
import { createSyncClient } from '#sync/client/client.ts';
import type { ClientStore, Connection, SyncStatus, Transport } from '#sync/client/ports.ts';
import type { SyncStore } from '#sync/server/ports.ts';
import type { Cursor } from '#sync/wire/up.ts';
import { SUBPROTOCOL } from '#sync/wire/version.ts';
import type { Proxy } from '#tests/support/proxy.ts';
import { settled } from '#tests/support/wait.ts';
import type { BenchServer, Person } from './bench-server.ts';

/** The app's real sync client on a device that keeps no more than its cursor, behind a proxy that counts. */
export interface Run {
  /** From the open socket until the client says that it is live, in ms. */
  readonly live: Promise<number>;
  /** From the open socket until the device has stored the log up to `seq`, in ms. */
  stored(seq: number): Promise<number>;
  /** Since the socket opened, the upgrade not included. */
  counts(): Counts;
  stop(): Promise<void>;
}

export interface Counts {
  readonly up: number;
  readonly down: number;
  readonly framesUp: number;
  readonly framesDown: number;
}

export interface Device {
  readonly store: ClientStore;
  cursor(): Cursor | null;
  /** Back to an earlier standing, as if everything since had not happened. */
  rewind(cursor: Cursor | null): void;
  /** Calls back once, when the cursor is there. */
  whenAt(seq: number, callback: () => void): void;
}

export interface Start {
  readonly server: BenchServer;
  readonly proxy: Proxy;
  readonly person: Person;
  readonly device: Device;
  /** The way to the server and back takes this much longer, in ms. */
  readonly delay: number;
}

const WITHIN = 60_000;

/** A device with an empty outbox. */
export function createDevice(person: Person): Device {
  let cursor: Cursor | null = null;
  let gen = 0;
  let waiting: { seq: number; callback: () => void }[] = [];
  const move = (next: Cursor | null) => {
    cursor = next;
    const seq = next?.seq ?? 0;
    const reached = waiting.filter((each) => each.seq <= seq);
    waiting = waiting.filter((each) => each.seq > seq);
    for (const { callback } of reached) callback();
  };
  return {
    store: {
      standing: async () => ({ cursor, device: person.device, gen }),
      outbox: async () => [],
      async applyPage(_page, next) {
        move(next);
      },
      async applyPart(_part, next) {
        if (next !== null) move(next);
      },
      applyHistory: async () => undefined,
      nextHole: async () => null,
      async keepGeneration(next) {
        gen = next;
      },
      async renameDevice() {
        throw new Error('This device was taken for a copy.');
      },
      settle: async () => undefined,
      async reset() {
        cursor = null;
      },
      onOutbox: () => () => undefined,
    },
    cursor: () => cursor,
    rewind(to) {
      cursor = to;
    },
    whenAt(seq, callback) {
      waiting.push({ seq, callback });
    },
  };
}

export function startClient({ server, proxy, person, device, delay }: Start): Run {
  const link = createTransport(server, proxy, person, delay);
  const sinceOpen = () => performance.now() - link.openedAt();
  let becameLive: (ms: number) => void = () => undefined;
  const live = new Promise<number>((resolve) => {
    becameLive = resolve;
  });
  const client = createSyncClient({
    store: device.store,
    transport: link.transport,
    timers: {
      after(ms, callback) {
        const timer = setTimeout(callback, ms);
        return () => clearTimeout(timer);
      },
    },
    random: { next: Math.random },
    listener: {
      status({ link: state }: SyncStatus) {
        if (state === 'live') becameLive(sinceOpen());
      },
      presence: () => undefined,
      typing: () => undefined,
      signal: () => undefined,
      callResult: () => undefined,
    },
    report: (code, error) => console.error(code, error),
  });
  client.start();
  return {
    live: settled(live, { within: WITHIN, for: 'the client to be live' }),
    stored(seq) {
      const reached = new Promise<number>((resolve) => {
        device.whenAt(seq, () => resolve(sinceOpen()));
      });
      return settled(reached, { within: WITHIN, for: `the log up to ${seq}` });
    },
    counts: link.counts,
    stop: client.stop,
  };
}

/** A socket through the counting proxy. Each frame waits half of `delay` on its way. */
function createTransport(server: BenchServer, proxy: Proxy, person: Person, delay: number) {
  let openedAt = 0;
  const atOpen = { up: 0, down: 0 };
  const frames = { up: 0, down: 0 };
  const later = (action: () => void): void => void (delay === 0 ? action() : setTimeout(action, delay / 2));

  const transport: Transport = {
    connect(events): Connection {
      const protocols = [SUBPROTOCOL, `bearer.${person.token}`];
      const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}/api/socket`, protocols, {
        origin: server.url,
        perMessageDeflate: false,
      });
      socket.on('open', () => {
        openedAt = performance.now();
        atOpen.up = proxy.passed('up');
        atOpen.down = proxy.passed('down');
        events.open();
      });
      socket.on('message', (data: Buffer) => {
        frames.down += 1;
        later(() => events.frame(data));
      });
      socket.on('close', () => events.closed(null));
      socket.on('error', (error) => console.error(error));
      return {
        send(data) {
          frames.up += 1;
          later(() => socket.send(data));
        },
        close: () => socket.terminate(),
      };
    },
  };
  return {
    transport,
    openedAt: () => openedAt,
    counts: (): Counts => ({
      up: proxy.passed('up') - atOpen.up,
      down: proxy.passed('down') - atOpen.down,
      framesUp: frames.up,
      framesDown: frames.down,
    }),
  };
}

/** Calls of the server's store, by name. */
export type Calls = Readonly<Record<string, number>>;

/** Counts what is asked of the store until `end`. */
export function countCalls(store: SyncStore): { end(): Calls } {
  const counts: Record<string, number> = {};
  const methods = Object.entries(store);
  for (const [name, method] of methods) {
    if (typeof method !== 'function') continue;
    const counted = (...given: unknown[]): unknown => {
      counts[name] = (counts[name] ?? 0) + 1;
      return Reflect.apply(method, store, given);
    };
    Object.assign(store, { [name]: counted });
  }
  return {
    end() {
      Object.assign(store, Object.fromEntries(methods));
      return counts;
    },
  };
}

export const allCalls = (calls: Calls): number => Object.values(calls).reduce((sum, count) => sum + count, 0);
