import { Worker } from 'node:worker_threads';
import type { Scenario } from './scenario.ts';
import type { Report } from './simulate.ts';
import type { Played, Work } from './worker.ts';

export interface Game {
  /** Bundles of the simulation (see bundle.ts), one for each worker thread. */
  readonly bundles: readonly string[];
  readonly from: number;
  readonly seeds: number;
  readonly options: Omit<Scenario, 'seed'>;
  /** Stops when so many runs have failed. */
  readonly stopAfter: number;
  /** Whether failing runs are made smaller. */
  readonly shrinks: boolean;
  readonly onPlayed?: (score: Score) => void;
}

export interface Score {
  readonly seeds: number;
  readonly operations: number;
  readonly events: number;
  readonly virtualHours: number;
  readonly wallSeconds: number;
  readonly failures: readonly Failed[];
}
export interface Failed {
  readonly report: Report;
  readonly smallest: Scenario | null;
}

/** Plays seeds in worker threads until all are played, or enough have failed. */
export async function play(game: Game): Promise<Score> {
  const { bundles, from, seeds, options, stopAfter, shrinks, onPlayed } = game;
  const began = performance.now();
  const shared = new SharedArrayBuffer(8);
  const failures: Failed[] = [];
  let [played, operations, events, virtualMs] = [0, 0, 0, 0];
  const score = (): Score => ({
    seeds: played,
    operations,
    events,
    virtualHours: virtualMs / 3_600_000,
    wallSeconds: (performance.now() - began) / 1_000,
    failures,
  });

  function onMessage({ report, smallest }: Played): void {
    played += 1;
    operations += report.operations;
    events += report.events;
    virtualMs += report.virtualMs;
    if (report.faults.length > 0) failures.push({ report, smallest });
    if (failures.length >= stopAfter) Atomics.store(new Int32Array(shared), 1, 1);
    onPlayed?.(score());
  }

  const workerData: Work = { from, seeds, options, shared, shrinks };
  await Promise.all(
    bundles.map(
      (file) =>
        new Promise<void>((resolve, reject) => {
          const worker = new Worker(file, { workerData });
          worker.on('message', onMessage);
          worker.on('error', reject);
          worker.on('exit', () => resolve());
        }),
    ),
  );
  return score();
}
