import { parentPort, workerData } from 'node:worker_threads';
import type { Scenario } from './scenario.ts';
import { shrink } from './shrink.ts';
import { type Report, simulate } from './simulate.ts';

/** What a worker thread is given: it plays the seeds that no other worker took. */
export interface Work {
  readonly from: number;
  readonly seeds: number;
  readonly options: Omit<Scenario, 'seed'>;
  /** [seeds taken, whether to stop]: shared by all workers. */
  readonly shared: SharedArrayBuffer;
  readonly shrinks: boolean;
}
/** What it says: one for each seed. */
export interface Played {
  readonly report: Report;
  /** The smallest run that fails the same way. */
  readonly smallest: Scenario | null;
}

async function play({ from, seeds, options, shared, shrinks }: Work): Promise<void> {
  const [taken, stop] = [0, 1];
  const counters = new Int32Array(shared);
  while (Atomics.load(counters, stop) === 0) {
    const index = Atomics.add(counters, taken, 1);
    if (index >= seeds) return;
    const scenario: Scenario = { ...options, seed: from + index };
    const report = await simulate(scenario);
    const rule = report.faults[0]?.split(':')[0];
    const smallest = shrinks && rule !== undefined ? (await shrink(scenario, rule))[0] : null;
    parentPort?.postMessage({ report, smallest } satisfies Played);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

await play(workerData as Work);
