import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { OUT, ROOT, type Replacement, bundleSimulation, removeBundle } from './sim/bundle.ts';
import { MUTANTS } from './sim/mutants.ts';
import { play } from './sim/play.ts';

/**
 * A proof that can't fail is none: bugs are planted into the cores, one at a time, and each has to be found. Most of
 * them by the simulation, within so many seeds; some by the unit tests alone.
 */
const SEEDS = 400;
const minute = 60_000;

const simulated = MUTANTS.filter(({ unit }) => unit === undefined);
const unitTested = MUTANTS.filter(({ unit }) => unit !== undefined);
const table: string[] = [];
afterAll(() => console.log(`planted bugs, and the seeds it took to find them\n${table.join('\n')}`));

test('there are enough of them, each with a name of its own', () => {
  expect(simulated.length).toBeGreaterThanOrEqual(20);
  expect(MUTANTS.length).toBeGreaterThanOrEqual(25);
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
});

test.each(simulated)(
  'simulation finds that $name',
  async (mutant) => {
    const bundle = await bundleSimulation('mutant', { codec: 'plain', replacements: [mutant] });
    const { failures, seeds } = await play({
      bundles: [bundle, bundle],
      from: 1,
      seeds: SEEDS,
      options: { actions: 500 },
      stopAfter: 1,
      shrinks: false,
    });
    await removeBundle(bundle);
    table.push(
      `${String(seeds).padStart(5)}  ${mutant.name} (${failures[0]?.report.faults[0]?.split(':')[0]})`,
    );
    expect(failures).not.toEqual([]);
  },
  3 * minute,
);

test(
  'unit tests pass without a planted bug',
  async () => {
    expect(await runUnitTests([...new Set(unitTested.flatMap(({ unit }) => unit ?? []))], [])).toBe(true);
  },
  minute,
);

test.each(unitTested)(
  'unit tests find that $name',
  async (mutant) => {
    expect(await runUnitTests([mutant.unit ?? ''], [mutant])).toBe(false);
  },
  minute,
);

/** Whether these test files pass in a process of their own, on sources with these changes. */
async function runUnitTests(
  files: readonly string[],
  replacements: readonly Replacement[],
): Promise<boolean> {
  const folder = join(OUT, `${process.pid}-unit`);
  const config = join(folder, 'vitest.config.ts');
  await mkdir(folder, { recursive: true });
  await writeFile(
    config,
    `import { replacing } from ${JSON.stringify(join(ROOT, 'tests/sync/sim/bundle.ts'))};
export default {
  root: ${JSON.stringify(ROOT)},
  plugins: [replacing(${JSON.stringify(replacements)})],
  test: { include: ${JSON.stringify(files)}, reporters: ['dot'], maxWorkers: 1 },
};
`,
  );
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', '--config', config], { cwd: ROOT, stdio: 'pipe' });
  let said = '';
  child.stdout.on('data', (data) => (said += String(data)));
  child.stderr.on('data', (data) => (said += String(data)));
  const code = await new Promise<number | null>((resolve) => child.on('exit', resolve));
  await rm(folder, { recursive: true, force: true });
  // A run that never came to its tests proves nothing.
  if (!/Tests +.*\d+ (passed|failed)/.test(said)) throw new Error(said);
  return code === 0;
}
