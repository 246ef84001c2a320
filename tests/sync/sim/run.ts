import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { bundleSimulation, removeBundle } from './bundle.ts';
import { type Score, play } from './play.ts';
import { FAULTS, type Fault } from './scenario.ts';
import { commandOf } from './shrink.ts';

/**
 * Plays many seeds, or one:
 *   npm run sim -- --seeds 2000 [--from 1] [--actions 1000] [--jobs 2]
 *   npm run sim -- --seed 7 [--actions 300] [--users 2] [--devices 1] [--without cut,twin]
 * A run that fails is made smaller, and printed as the line that plays it again.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    from: { type: 'string' },
    actions: { type: 'string' },
    users: { type: 'string' },
    devices: { type: 'string' },
    without: { type: 'string' },
    jobs: { type: 'string' },
  },
});
const numberOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number(text);

const jobs = values.seed === undefined ? (numberOf(values.jobs) ?? availableParallelism()) : 1;
const without = (values.without?.split(',') ?? []) as Fault[];
const unknown = without.filter((fault) => !FAULTS.includes(fault));
if (unknown.length > 0) throw new Error(`no such faults: ${unknown.join(', ')}`);

// One worker in four reads and checks every byte; with one worker, that one does.
const [real, plain] = await Promise.all([
  bundleSimulation('real', { codec: 'real' }),
  bundleSimulation('plain', { codec: 'plain' }),
]);
let lastLine = 0;
const score = await play({
  bundles: Array.from({ length: jobs }, (_, job) => (job % 4 === 0 ? real : plain)),
  from: numberOf(values.seed ?? values.from) ?? 1,
  seeds: values.seed === undefined ? (numberOf(values.seeds) ?? 100) : 1,
  options: {
    actions: numberOf(values.actions) ?? 1_000,
    users: numberOf(values.users),
    devices: numberOf(values.devices),
    without,
  },
  stopAfter: 3,
  shrinks: values.without === undefined,
  onPlayed(soFar) {
    if (performance.now() - lastLine < 5_000) return;
    lastLine = performance.now();
    console.log(line(soFar));
  },
});
await Promise.all([real, plain].map(removeBundle));

console.log(line(score));
for (const { report, smallest } of score.failures) {
  console.log(`\nseed ${report.seed} failed`);
  for (const fault of report.faults) console.log(`  ${fault}`);
  if (smallest) console.log(`  ${commandOf(smallest)}`);
}
process.exitCode = score.failures.length > 0 ? 1 : 0;

function line({ seeds, operations, virtualHours, wallSeconds, failures }: Score): string {
  const hours = Math.round(virtualHours).toLocaleString('en');
  return (
    `${seeds} seeds, ${operations.toLocaleString('en')} operations, ${hours} virtual hours ` +
    `in ${wallSeconds.toFixed(1)} s, ${failures.length} failed`
  );
}
