import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { encodeFrame } from '#sync/wire/codec.ts';
import { SUBPROTOCOL, VERSIONS } from '#sync/wire/version.ts';
import { someBytes, writeOf } from '#tests/support/api-people.ts';
import { type Proxy, createProxy } from '#tests/support/proxy.ts';
import {
  type Calls,
  type Counts,
  type Device,
  allCalls,
  countCalls,
  createDevice,
  startClient,
} from './bench-client.ts';
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
      const device = await deviceOf(server, proxy, person);
      const present = await Promise.all(others.slice(0, life.online).map((other) => standBy(server, other)));
      const rounds = [];
      for (let round = 0; round < ROUNDS; round++) rounds.push(await comeBack(server, proxy, person, device));
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
  socket.send(encodeFrame({ t: 'hello', v: [...VERSIONS], device, gen: 0, cursor: null, ops: [] }));
  await once(socket, 'message');
  return socket;
}

interface Return extends Counts {
  readonly roundTrips: number;
  /** Calls of the server's store from the upgrade request on. */
  readonly calls: Calls;
  /** From the open socket until the client says that it is live, without the delay, in ms. */
  readonly ms: number;
}

async function comeBack(server: BenchServer, proxy: Proxy, person: Person, device: Device): Promise<Return> {
  const quick = await attempt(0);
  const slow = await attempt(ROUND_TRIP);
  // What a round trip takes more is the same for everything else.
  return { ...quick, roundTrips: (slow.ms - quick.ms) / ROUND_TRIP };

  async function attempt(delay: number): Promise<Omit<Return, 'roundTrips'>> {
    const calls = countCalls(server.store);
    const run = startClient({ server, proxy, person, device, delay });
    const ms = await run.live;
    // Presence of friends follows the welcome, and nobody waits for it.
    await sleep(delay + QUIET);
    const taken = { ...run.counts(), calls: calls.end(), ms };
    await run.stop();
    return taken;
  }
}

/** A device that has stored everything. */
async function deviceOf(server: BenchServer, proxy: Proxy, person: Person): Promise<Device> {
  const device = createDevice(person);
  const run = startClient({ server, proxy, person, device, delay: 0 });
  await run.stored(await server.store.head(person.user));
  await run.stop();
  return device;
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
    whole(of((taken) => allCalls(taken.calls))),
    short(of((taken) => taken.ms)),
  ];
}
