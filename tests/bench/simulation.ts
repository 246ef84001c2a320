import { availableParallelism } from 'node:os';
import { bundleSimulation, removeBundle } from '#tests/sync/sim/bundle.ts';
import { play } from '#tests/sync/sim/play.ts';
import { type Report, short, whole } from './table.ts';

const SEEDS = 2_000;
const ACTIONS = 1_000;

/** How much of the protocol's life the simulator tries out, and how long it takes: as `npm run sim` plays it. */
export async function measureSimulation(): Promise<Report> {
  const jobs = availableParallelism();
  const [real, plain] = await Promise.all([
    bundleSimulation('real', { codec: 'real' }),
    bundleSimulation('plain', { codec: 'plain' }),
  ]);
  const score = await play({
    bundles: Array.from({ length: jobs }, (_, job) => (job % 4 === 0 ? real : plain)),
    from: 1,
    seeds: SEEDS,
    options: { actions: ACTIONS },
    stopAfter: 1,
    shrinks: false,
  });
  await Promise.all([real, plain].map(removeBundle));
  if (score.failures.length > 0) throw new Error(`Seed ${score.failures[0]?.report.seed} failed.`);
  const { seeds, operations, events, virtualHours, wallSeconds } = score;
  const rows = [
    [whole(seeds), whole(ACTIONS), whole(operations), whole(events), whole(virtualHours), short(wallSeconds)],
  ];
  const columns = ['Seeds', 'Actions each', 'Operations', 'Events', 'Virtual hours', 'Seconds'];
  return { tables: [{ name: 'sim', columns, rows }], figures: { jobs, ...score } };
}
