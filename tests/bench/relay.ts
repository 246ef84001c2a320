import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BareRelay } from './bare-relay.ts';
import { type Program, startProgram } from './program.ts';
import { buildPrograms } from './programs.ts';
import type { Load, Measured, RelayLoad } from './relay-load.ts';
import type { RelayServer } from './relay-server.ts';
import { median } from './statistics.ts';
import { type Report, short, whole } from './table.ts';

/** Pairs of people, and how many messages each sender has under way. */
const SETTINGS = [
  { pairs: 1, window: 1 },
  { pairs: 100, window: 1 },
  { pairs: 1000, window: 1 },
  { pairs: 1, window: 64 },
] as const;
const MOST_PAIRS = 1000;
const ROUNDS = 3;
const WARM_UP_S = 0.5;
const MEASURE_S = 2;

interface Sample extends Measured {
  /** Processor time for one message, in microseconds. */
  readonly serverCost: number;
  readonly loadCost: number;
}

/** The durable relay against a relay that does nothing but relay, in turns: the machine may be noisy. */
export async function measureRelay(): Promise<Report> {
  const files = await buildPrograms();
  const dataDir = await mkdtemp(join(tmpdir(), 'nexchat-bench-'));
  const ours = await startProgram<RelayServer>(files['relay-server']);
  const bare = await startProgram<BareRelay>(files['bare-relay']);
  const load = await startProgram<RelayLoad>(files['relay-load']);
  try {
    const { url, pairs } = await ours.call('start', { dataDir, pairs: MOST_PAIRS });
    const { url: bareUrl } = await bare.call('start', undefined);
    // The compilers of both warm up before anything counts.
    const warm = { pairs: pairs.slice(0, 100), window: 1 };
    await sample(bare, load, { ...warm, server: 'bare', url: bareUrl });
    await sample(ours, load, { ...warm, server: 'nexchat', url });

    const results = [];
    for (const setting of SETTINGS) {
      const job = { pairs: pairs.slice(0, setting.pairs), window: setting.window };
      const rounds: Round[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        rounds.push({
          bare: await sample(bare, load, { ...job, server: 'bare', url: bareUrl }),
          ours: await sample(ours, load, { ...job, server: 'nexchat', url }),
        });
      }
      results.push({ ...setting, rounds });
    }
    return {
      tables: [{ name: 'relay', columns: COLUMNS, rows: results.flatMap(rowsOf) }],
      figures: results,
    };
  } finally {
    await Promise.all([load.close(), bare.close(), ours.close()]);
    await rm(dataDir, { recursive: true, force: true });
  }
}

interface Round {
  readonly bare: Sample;
  readonly ours: Sample;
}

async function sample(
  server: Program<Pick<RelayServer, 'processorTime'>>,
  load: Program<RelayLoad>,
  job: Load,
): Promise<Sample> {
  await load.call('connect', job);
  await load.call('measure', { seconds: WARM_UP_S });
  const used = (): Promise<number[]> =>
    Promise.all([server.call('processorTime', undefined), load.call('processorTime', undefined)]);
  const before = await used();
  const measured = await load.call('measure', { seconds: MEASURE_S });
  const [serverCost = NaN, loadCost = NaN] = (await used()).map(
    (after, i) => (after - (before[i] ?? NaN)) / measured.messages,
  );
  await load.call('leave', undefined);
  return { ...measured, serverCost, loadCost };
}

const COLUMNS = [
  'Senders × window',
  'Server',
  'Messages/s',
  'Ratio',
  'Ack p50, ms',
  'Ack p99, ms',
  'Delivery p50, ms',
  'Delivery p99, ms',
  'Server CPU, µs a message',
  'Load CPU, µs a message',
];

function rowsOf({
  pairs,
  window,
  rounds,
}: {
  pairs: number;
  window: number;
  rounds: readonly Round[];
}): string[][] {
  const name = `${whole(pairs)} × ${window}`;
  const ratio = median(rounds.map(({ ours, bare }) => ours.perSecond / bare.perSecond));
  const row = (which: keyof Round): string[] => {
    const of = (figure: (taken: Sample) => number): number =>
      median(rounds.map((round) => figure(round[which])));
    return [
      whole(of((taken) => taken.perSecond)),
      which === 'ours' ? ratio.toFixed(2) : '1',
      short(of((taken) => taken.ack.p50)),
      short(of((taken) => taken.ack.p99)),
      short(of((taken) => taken.delivery.p50)),
      short(of((taken) => taken.delivery.p99)),
      short(of((taken) => taken.serverCost)),
      short(of((taken) => taken.loadCost)),
    ];
  };
  return [
    [name, 'NexChat', ...row('ours')],
    [name, 'bare', ...row('bare')],
  ];
}
