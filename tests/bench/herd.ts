import { setTimeout as sleep } from 'node:timers/promises';
import type { Return } from './crowd.ts';
import { withCrowd } from './idle.ts';
import { median } from './statistics.ts';
import { type Report, short, whole } from './table.ts';

const ROUNDS = 3;
/** Between a break and the return, in ms: the server has told the friends by then. */
const PAUSE = 2_000;

/** Everybody is cut off and comes back in the same moment: nothing that our clients do to spread helps the server. */
export async function measureHerd(people: number): Promise<Report> {
  return withCrowd(people, async ({ server, crowd, gather }) => {
    await gather(people);
    const rounds: Round[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await crowd.call('scatter', undefined);
      await sleep(PAUSE);
      const before = await server.call('processorTime', undefined);
      const back = await crowd.call('comeBack', undefined);
      const after = await server.call('processorTime', undefined);
      rounds.push({ ...back, cost: (after - before) / people });
    }
    const of = (figure: (round: Round) => number): number => median(rounds.map(figure));
    const row = [
      whole(people),
      whole(of(({ all }) => all)),
      whole(of(({ p50 }) => p50)),
      whole(of(({ p99 }) => p99)),
      whole(of(({ all }) => (people / all) * 1_000)),
      short(of(({ cost }) => cost)),
    ];
    return { tables: [{ name: 'herd', columns: COLUMNS, rows: [row] }], figures: { people, rounds } };
  });
}

interface Round extends Return {
  /** Processor time of the server for one return, in microseconds. */
  readonly cost: number;
}

const COLUMNS = [
  'At once',
  'Until all are back, ms',
  'p50, ms',
  'p99, ms',
  'Returns/s',
  'Server CPU, µs a return',
];
