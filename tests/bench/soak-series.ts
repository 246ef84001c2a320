import type { Sample } from './soak-sample.ts';
import { median } from './statistics.ts';
import { short } from './table.ts';

/** A sample, and when it was taken: in ms since its series began. */
export interface TimedSample extends Sample {
  readonly at: number;
}

/** How one figure moved over a series. */
export interface Trend {
  /** Medians of the thirds. */
  readonly first: number;
  readonly last: number;
  readonly ratio: number;
  /** Of the straight line that fits best. */
  readonly perHour: number;
}

const MIB = 2 ** 20;
const HOUR = 3_600_000;

const FIGURES: Readonly<Record<string, (sample: Sample) => number>> = {
  'Memory (RSS), MiB': ({ rss }) => rss / MIB,
  'Heap after collection, MiB': ({ heap }) => heap / MIB,
  'Buffers outside of it, MiB': ({ external }) => external / MIB,
  'Open handles': ({ resources }) => Object.values(resources).reduce((sum, count) => sum + count, 0),
  'Event loop late by (p99), ms': ({ lag }) => lag,
};

export const COLUMNS = ['Server', 'Figure', 'First third', 'Last third', 'Ratio', 'Per hour'];

/** A row for each figure of a series. What was sampled within `warmUp` ms of its beginning does not count. */
export function rowsOf(name: string, series: readonly TimedSample[], warmUp: number): string[][] {
  const warm = series.filter(({ at }) => at >= warmUp);
  return Object.entries(FIGURES).map(([figure, read]) => {
    const trend = trendOf(warm.map((sample) => ({ at: sample.at, value: read(sample) })));
    return [
      name,
      figure,
      short(trend.first),
      short(trend.last),
      trend.ratio.toFixed(2),
      `${trend.perHour < 0 ? '−' : '+'}${short(Math.abs(trend.perHour))}`,
    ];
  });
}

interface Point {
  readonly at: number;
  readonly value: number;
}

function trendOf(points: readonly Point[]): Trend {
  const third = Math.ceil(points.length / 3);
  const [first, last] = [points.slice(0, third), points.slice(-third)].map((part) =>
    median(part.map(({ value }) => value)),
  ) as [number, number];
  return { first, last, ratio: last / first, perHour: slopeOf(points) * HOUR };
}

/** Least squares: change of the value for each ms. */
function slopeOf(points: readonly Point[]): number {
  const mean = (read: (point: Point) => number): number =>
    points.reduce((sum, point) => sum + read(point), 0) / points.length;
  const [at, value] = [mean((point) => point.at), mean((point) => point.value)];
  return mean((point) => (point.at - at) * (point.value - value)) / mean((point) => (point.at - at) ** 2);
}
