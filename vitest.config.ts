import { preact } from '@preact/preset-vite';
import { defineConfig } from 'vitest/config';

const second = 1000;

/** `unit` runs parts in this process and in parallel; `flow` runs the built product in real browsers, one by one. */
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
          // Browsers and servers share few cores: one file at a time, in one worker.
          pool: 'forks',
          maxWorkers: 1,
          fileParallelism: false,
          isolate: false,
          testTimeout: 90 * second,
          hookTimeout: 120 * second,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
