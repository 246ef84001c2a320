import { availableParallelism } from 'node:os';
import { preact } from '@preact/preset-vite';
import { defineConfig } from 'vitest/config';

const second = 1000;

/**
 * Browsers and servers share few cores, and what a flow waits for must come in time: two cores for each file. Where the
 * machine does nothing else NEXCHAT_FLOWS may say more.
 */
const flows = Number(process.env['NEXCHAT_FLOWS'] ?? Math.max(1, Math.floor(availableParallelism() / 2)));

/** `unit` runs parts in this process and in parallel; `flow` runs the built product in real browsers. */
export default defineConfig({
  test: {
    teardownTimeout: 20 * second,
    reporters: process.env.CI
      ? ['default', ['json', { outputFile: 'tests/.artifacts/results.json' }]]
      : ['default'],
    projects: [
      {
        plugins: [preact({ reactAliasesEnabled: false })],
        test: {
          name: 'unit',
          environment: 'node',
          include: ['tests/{shared,sync,api,contracts,pwa}/**/*.test.{ts,tsx}', 'tests/*.test.ts'],
          // One core less, which is the default, is one of two on a small machine.
          maxWorkers: availableParallelism(),
          testTimeout: 20 * second,
          hookTimeout: 30 * second,
        },
      },
      {
        test: {
          name: 'flow',
          environment: 'node',
          include: ['tests/flow/**/*.test.ts'],
          globalSetup: ['tests/setup-flow.ts'],
          pool: 'forks',
          maxWorkers: flows,
          fileParallelism: flows > 1,
          isolate: false,
          testTimeout: 90 * second,
          hookTimeout: 120 * second,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
