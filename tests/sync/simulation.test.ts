import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleSimulation, removeBundle } from './sim/bundle.ts';
import { play } from './sim/play.ts';
import { REGRESSIONS } from './sim/regressions.ts';
import { FAULTS } from './sim/scenario.ts';
import { commandOf } from './sim/shrink.ts';
import { simulate } from './sim/simulate.ts';

const minute = 60_000;

let bundles: string[] = [];
beforeAll(async () => {
  // One worker reads and checks every byte, the other leaves that out and plays more.
  bundles = await Promise.all([
    bundleSimulation('test-real', { codec: 'real' }),
    bundleSimulation('test-plain', { codec: 'plain' }),
  ]);
}, minute);
afterAll(() => Promise.all(bundles.map(removeBundle)));

test(
  'S1 S2 S3 S8 S9 S10 S14 S18 S22 S24 S27 S28 S29 S31 S32 C1 C2 C3 C5 C7 C11 C16 C17 C18: under every kind of fault nothing is lost, doubled or out of order',
  async () => {
    const { failures, ...score } = await play({
      bundles,
      from: 1,
      seeds: 300,
      options: { actions: 300 },
      stopAfter: 1,
      shrinks: true,
    });
    const lines = failures.map(({ report, smallest }) => [...report.faults, smallest && commandOf(smallest)]);
    expect(lines).toEqual([]);
    console.log(
      `${score.seeds} seeds, ${score.operations} operations, ${score.virtualHours.toFixed(0)} virtual hours ` +
        `in ${score.wallSeconds.toFixed(0)} s`,
    );
  },
  5 * minute,
);

describe('what was found once', () => {
  test.each(REGRESSIONS)(
    '$story',
    async ({ scenario }) => {
      expect((await simulate(scenario)).faults).toEqual([]);
    },
    minute,
  );
});

test(
  'one seed gives one run, with either codec',
  async () => {
    const twice = [await simulate({ seed: 7, actions: 200 }), await simulate({ seed: 7, actions: 200 })];
    expect(twice[1]).toEqual(twice[0]);
    const traces: string[] = [];
    for (const bundle of bundles) {
      await play({
        bundles: [bundle],
        from: 7,
        seeds: 1,
        options: { actions: 200 },
        stopAfter: 1,
        shrinks: false,
        onPlayed: ({ events, operations }) => traces.push(`${events} ${operations}`),
      });
    }
    expect(traces).toEqual(Array.from({ length: 2 }, () => `${twice[0]?.events} ${twice[0]?.operations}`));
  },
  minute,
);

test(
  'a run without faults is a quiet one',
  async () => {
    const { faults, operations } = await simulate({ seed: 3, actions: 200, without: FAULTS });
    expect(faults).toEqual([]);
    expect(operations).toBeGreaterThan(100);
  },
  minute,
);
