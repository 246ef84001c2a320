import { expect, test } from 'vitest';
import { simulate } from './sim/simulate.ts';

const SEEDS = 60;

test('S1 S2 S3 S8 S9 S14 C1 C2 C3 C5 C11: under every kind of fault nothing is lost, doubled or out of order', async () => {
  let [events, virtualMs] = [0, 0];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const report = await simulate({ seed, actions: 200 });
    expect(report.faults, `seed ${seed}`).toEqual([]);
    events += report.events;
    virtualMs += report.virtualMs;
  }
  console.log(`${SEEDS} seeds, ${events} events, ${(virtualMs / 3_600_000).toFixed(0)} virtual hours`);
}, 120_000);

test('one seed gives one run', async () => {
  const [first, second] = [
    await simulate({ seed: 7, actions: 100 }),
    await simulate({ seed: 7, actions: 100 }),
  ];
  expect(first.trace).toBe(second.trace);
  expect(first.events).toBe(second.events);
});
