import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** Messages that came while a device was away, over its conversations. */
const BACKLOGS = [1_000, 10_000, 1_000_000] as const;
const CONVERSATIONS = 50;
const ROUNDS = 5;
/** Messages that are handed to the store at once. */
const AT_ONCE = 5_000;
const ENVELOPE_BYTES = 473;

/** A device comes back to a log that grew without it: the real sync client, the real server on SQLite. */
export async function measureBacklog(): Promise<Report> {
  const results = [];
  for (const backlog of BACKLOGS) {
    const dataDir = await mkdtemp(join(tmpdir(), 'nexchat-bench-'));
    const server = await startBenchServer(dataDir);
    const proxy = await createProxy(server.port);
    try {
      results.push({ backlog, rounds: await measureOne(server, proxy, backlog) });
    } finally {
      await proxy.close();
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    }
  }
  return { tables: [{ name: 'backlog', columns: COLUMNS, rows: results.map(rowOf) }], figures: results };
}

async function measureOne(server: BenchServer, proxy: Proxy, backlog: number): Promise<Return[]> {
  const person = await server.signUp('person');
  const friends = await Promise.all(
    Array.from({ length: CONVERSATIONS }, (_, i) => server.signUp(`friend-${i}`)),
  );
  for (const friend of friends) await server.befriend(person, friend);
  await fill(server, person, friends, CONVERSATIONS);
  const device = createDevice(person);
  const first = startClient({ server, proxy, person, device, delay: 0 });
  await first.stored(await server.store.head(person.user));
  await first.stop();

  const left = device.cursor();
  await fill(server, person, friends, backlog);
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    device.rewind(left);
    rounds.push(await comeBack(server, proxy, person, device));
  }
  return rounds;
}

/** Messages to the person, from one friend after the other, straight into the store. */
async function fill(
  server: BenchServer,
  person: Person,
  friends: readonly Person[],
  messages: number,
): Promise<void> {
  const envelope = someBytes(ENVELOPE_BYTES);
  for (let at = 0; at < messages; at += AT_ONCE) {
    const portion = Array.from({ length: Math.min(AT_ONCE, messages - at) }, (_, i) => {
      const { user: from } = friends[(at + i) % friends.length] ?? person;
      return writeOf(from, { kind: 'message', from, to: person.user, envelope }, { record: false });
    });
    await Promise.all(portion.map((write) => server.store.commit(write)));
  }
}

interface Return extends Counts {
  readonly calls: Calls;
  /** From the open socket until everything that was sent is stored, in ms. */
  readonly ms: number;
}

async function comeBack(server: BenchServer, proxy: Proxy, person: Person, device: Device): Promise<Return> {
  const head = await server.store.head(person.user);
  const calls = countCalls(server.store);
  const run = startClient({ server, proxy, person, device, delay: 0 });
  const ms = await run.stored(head);
  const taken = { ...run.counts(), calls: calls.end(), ms };
  await run.stop();
  return taken;
}

const COLUMNS = [
  'Messages missed',
  'Answered by',
  'Frames down',
  'Bytes down',
  'Bytes up',
  'Store calls',
  'ms',
];

function rowOf({ backlog, rounds }: { backlog: number; rounds: readonly Return[] }): string[] {
  const of = (figure: (taken: Return) => number): number => median(rounds.map(figure));
  const snapshot = of((taken) => taken.calls['snapshot'] ?? 0) > 0;
  return [
    whole(backlog),
    snapshot ? 'snapshot' : 'log',
    whole(of((taken) => taken.framesDown)),
    whole(of((taken) => taken.down)),
    whole(of((taken) => taken.up)),
    whole(of((taken) => allCalls(taken.calls))),
    short(of((taken) => taken.ms)),
  ];
}
