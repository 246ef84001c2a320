import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noRedis, startRedis } from '#tests/support/redis.ts';
import { type Program, startProgram } from './program.ts';
import { buildPrograms } from './programs.ts';
import type { Load, Measured, RelayLoad } from './relay-load.ts';
import type { RelayServer } from './relay-server.ts';
import { median } from './statistics.ts';
import { type Report, short, whole } from './table.ts';

const SETTINGS = [
  { pairs: 1, window: 1 },
  { pairs: 100, window: 1 },
] as const;
const ROUNDS = 3;
const WARM_UP_S = 0.5;
const MEASURE_S = 2;

/**
 * What it costs that sender and recipient are on two nodes: the same people and the same store, with both on one node
 * and with every message crossing the bus. The nodes share a process, so this shows the price of the way, not what a
 * second machine adds.
 */
export async function measureNodes(): Promise<Report> {
  if (noRedis !== undefined) throw new Error(noRedis);
  const files = await buildPrograms();
  const dataDir = await mkdtemp(join(tmpdir(), 'nexchat-bench-'));
  const redis = await startRedis();
  const server = await startProgram<RelayServer>(files['relay-server']);
  const load = await startProgram<RelayLoad>(files['relay-load']);
  try {
    const { url, otherUrl, pairs } = await server.call('start', {
      dataDir,
      pairs: 100,
      redisUrl: redis.url,
    });
    const take = (setting: (typeof SETTINGS)[number], recipientUrl: string): Promise<Sample> =>
      sample(server, load, {
        server: 'nexchat',
        url,
        recipientUrl,
        pairs: pairs.slice(0, setting.pairs),
        window: setting.window,
      });
    await take(SETTINGS[1], otherUrl);
    const results = [];
    for (const setting of SETTINGS) {
      const rounds: Round[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        rounds.push({ one: await take(setting, url), two: await take(setting, otherUrl) });
      }
      results.push({ ...setting, rounds });
    }
    const rows = results.flatMap(({ pairs: count, window, rounds }) => {
      const name = `${whole(count)} × ${window}`;
      return [rowOf(name, 'one', rounds), rowOf(name, 'two', rounds)];
    });
    return { tables: [{ name: 'nodes', columns: COLUMNS, rows }], figures: results };
  } finally {
    await Promise.all([load.close(), server.close()]);
    await redis.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

interface Sample extends Measured {
  /** Processor time for one message, in microseconds. */
  readonly cost: number;
}
interface Round {
  readonly one: Sample;
  readonly two: Sample;
}

async function sample(server: Program<RelayServer>, load: Program<RelayLoad>, job: Load): Promise<Sample> {
  await load.call('connect', job);
  await load.call('measure', { seconds: WARM_UP_S });
  const before = await server.call('processorTime', undefined);
  const measured = await load.call('measure', { seconds: MEASURE_S });
  const after = await server.call('processorTime', undefined);
  await load.call('leave', undefined);
  return { ...measured, cost: (after - before) / measured.messages };
}

const COLUMNS = [
  'Senders × window',
  'Nodes',
  'Messages/s',
  'Ratio',
  'Ack p50, ms',
  'Delivery p50, ms',
  'Delivery p99, ms',
  'Server CPU, µs a message',
];

function rowOf(name: string, which: keyof Round, rounds: readonly Round[]): string[] {
  const of = (figure: (taken: Sample) => number): number =>
    median(rounds.map((round) => figure(round[which])));
  const ratio = median(rounds.map(({ one, two }) => two.perSecond / one.perSecond));
  return [
    name,
    which,
    whole(of((taken) => taken.perSecond)),
    which === 'two' ? ratio.toFixed(2) : '1',
    short(of((taken) => taken.ack.p50)),
    short(of((taken) => taken.delivery.p50)),
    short(of((taken) => taken.delivery.p99)),
    short(of((taken) => taken.cost)),
  ];
}
