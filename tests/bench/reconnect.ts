import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { createSyncClient } from '#sync/client/client.ts';
import type { ClientStore, Connection, SyncStatus, Transport } from '#sync/client/ports.ts';
import type { SyncStore } from '#sync/server/ports.ts';
import { encodeFrame } from '#sync/wire/codec.ts';
import type { Cursor } from '#sync/wire/up.ts';
import { SUBPROTOCOL, VERSIONS } from '#sync/wire/version.ts';
import { someBytes, writeOf } from '#tests/support/api-people.ts';
import { type Proxy, createProxy } from '#tests/support/proxy.ts';
import { settled, until } from '#tests/support/wait.ts';
import { type BenchServer, type Person, startBenchServer } from './bench-server.ts';
import { median } from './statistics.ts';
import { type Report, short, whole } from './table.ts';

/** What the person who comes back has: friends, some of them online, and messages in the log. */
const LIVES = [
  { friends: 100, online: 0, messages: 100 },
  { friends: 100, online: 0, messages: 10_000 },
  { friends: 100, online: 10, messages: 10_000 },
] as const;
type Life = (typeof LIVES)[number];
/** The way to the server and back takes this long, in ms, beside what loopback takes. */
const ROUND_TRIP = 200;
const ROUNDS = 5;
/** Whatever the server still says by itself comes within this time, in ms. */
const QUIET = 100;

/** Coming back when nothing has happened: the real sync client, a socket through a proxy that counts, the real server. */
export async function measureReconnect(): Promise<Report> {
  const dataDir = await mkdtemp(join(tmpdir(), 'nexchat-bench-'));
  const server = await startBenchServer(dataDir);
  const proxy = await createProxy(server.port);
  try {
    const results = [];
    for (const life of LIVES) {
      const { person, others } = await makeLife(server, life);
      const cursor = await catchUp(server, proxy, person);
      const present = await Promise.all(others.slice(0, life.online).map((other) => standBy(server, other)));
      const rounds = [];
      for (let round = 0; round < ROUNDS; round++) rounds.push(await comeBack(server, proxy, person, cursor));
      for (const socket of present) socket.terminate();
      results.push({ ...life, rounds });
    }
    return { tables: [{ name: 'reconnect', columns: COLUMNS, rows: results.map(rowOf) }], figures: results };
  } finally {
    await proxy.close();
    await server.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function makeLife(server: BenchServer, { friends, online, messages }: Life) {
  const name = `m${messages}-o${online}`;
  const person = await server.signUp(name);
  const others = await Promise.all(Array.from({ length: friends }, (_, i) => server.signUp(`${name}-${i}`)));
  await Promise.all(others.map((other) => server.befriend(person, other)));
  const writes = Array.from({ length: messages }, (_, i) => {
    const { user: from } = others[i % others.length] ?? person;
    return server.store.commit(
      writeOf(from, { kind: 'message', from, to: person.user, envelope: someBytes(473) }),
    );
  });
  await Promise.all(writes);
  return { person, others };
}

/** Somebody who is online and does nothing. */
async function standBy(server: BenchServer, { token, device }: Person): Promise<WebSocket> {
  const address = `ws://127.0.0.1:${server.port}/api/socket`;
  const socket = new WebSocket(address, [SUBPROTOCOL, `bearer.${token}`], { origin: server.url });
  await once(socket, 'open');
  socket.send(encodeFrame({ t: 'hello', v: [...VERSIONS], device, cursor: null, ops: [] }));
  await once(socket, 'message');
  return socket;
}

/** The cursor of a device that has stored everything. */
async function catchUp(server: BenchServer, proxy: Proxy, person: Person): Promise<Cursor> {
  const device = createDevice(null);
  const client = startClient({ server, proxy, person, device, delay: 0 });
  const head = await server.store.head(person.user);
  const cursor = await until(() => device.cursor?.seq === head && device.cursor, {
    within: 20_000,
    for: 'the log',
  });
  await client.stop();
  return cursor;
}

interface Return {
  readonly roundTrips: number;
  readonly up: number;
  readonly down: number;
  readonly framesUp: number;
  readonly framesDown: number;
  /** Calls of the server's store from the upgrade request on, by name. */
  readonly calls: Readonly<Record<string, number>>;
  /** From the open socket until the client says that it is live, without the delay, in ms. */
  readonly ms: number;
}

async function comeBack(server: BenchServer, proxy: Proxy, person: Person, cursor: Cursor): Promise<Return> {
  const quick = await attempt(0);
  const slow = await attempt(ROUND_TRIP);
  // What a round trip takes more is the same for everything else.
  return { ...quick, roundTrips: (slow.ms - quick.ms) / ROUND_TRIP };

  async function attempt(delay: number): Promise<Omit<Return, 'roundTrips'>> {
    const calls = countCalls(server.store);
    const client = startClient({ server, proxy, person, device: createDevice(cursor), delay });
    const ms = await client.live;
    // Presence of friends follows the welcome, and nobody waits for it.
    await sleep(delay + QUIET);
    const taken = { ...client.counts(), calls: calls.end(), ms };
    await client.stop();
    return taken;
  }
}

/** A device with an empty outbox that remembers no more than its cursor. */
function createDevice(start: Cursor | null) {
  let kept = start;
  const store: ClientStore = {
    cursor: async () => kept,
    outbox: async () => [],
    async applyPage(_page, next) {
      kept = next;
    },
    settle: async () => undefined,
    async reset() {
      kept = null;
    },
    onOutbox: () => () => undefined,
  };
  return {
    store,
    get cursor() {
      return kept;
    },
  };
}

interface Start {
  readonly server: BenchServer;
  readonly proxy: Proxy;
  readonly person: Person;
  readonly device: ReturnType<typeof createDevice>;
  readonly delay: number;
}

function startClient({ server, proxy, person, device, delay }: Start) {
  const link = createTransport(server, proxy, person, delay);
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
    device: person.device,
    listener: {
      status({ link: state }: SyncStatus) {
        if (state === 'live') becameLive(performance.now() - link.openedAt());
      },
      presence: () => undefined,
      typing: () => undefined,
    },
    report: (code, error) => console.error(code, error),
  });
  client.start();
  return {
    live: settled(live, { within: 20_000, for: 'the client to be live' }),
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
    counts: () => ({
      up: proxy.passed('up') - atOpen.up,
      down: proxy.passed('down') - atOpen.down,
      framesUp: frames.up,
      framesDown: frames.down,
    }),
  };
}

/** Counts what is asked of the store until `end`. */
function countCalls(store: SyncStore): { end(): Record<string, number> } {
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

const COLUMNS = [
  'Messages in the log',
  'Friends',
  'Of them online',
  'Round trips',
  'Frames up',
  'Bytes up',
  'Frames down',
  'Bytes down',
  'Log reads',
  'All store calls',
  'Loopback, ms',
];

function rowOf({ friends, online, messages, rounds }: Life & { rounds: readonly Return[] }): string[] {
  const of = (figure: (taken: Return) => number): number => median(rounds.map(figure));
  return [
    whole(messages),
    whole(friends),
    whole(online),
    of((taken) => taken.roundTrips).toFixed(1),
    whole(of((taken) => taken.framesUp)),
    whole(of((taken) => taken.up)),
    whole(of((taken) => taken.framesDown)),
    whole(of((taken) => taken.down)),
    whole(of((taken) => taken.calls['read'] ?? 0)),
    whole(of((taken) => Object.values(taken.calls).reduce((sum, count) => sum + count, 0))),
    short(of((taken) => taken.ms)),
  ];
}
