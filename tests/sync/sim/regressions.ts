import type { Scenario } from './scenario.ts';

/** A run that failed once, and what was wrong. */
export interface Regression {
  readonly story: string;
  readonly scenario: Scenario;
}

/**
 * What the simulation has found, played again: each of these runs fails when its bug is put back. A seed draws another
 * run when the simulation changes, so what concerns the cores is also a planted bug (mutants.ts) and has a unit test.
 */
export const REGRESSIONS: readonly Regression[] = [
  {
    story:
      'A device was acknowledged while a snapshot was on its way, so that it had no cursor. The server was restored, ' +
      'had no cursor to refuse, and what it had lost was not offered again.',
    scenario: { seed: 235, actions: 500 },
  },
  {
    story:
      'Between two exchanges a hole was found that could not be asked for at that moment. It counted as asked for, ' +
      'as long as exchanges followed one another.',
    scenario: { seed: 72, actions: 500 },
  },
  {
    story:
      'A snapshot of a restored server had made new receipts on the disk, and the client still held old ones. They went ' +
      'out with its last part: messages showed as delivered and seen that never were.',
    scenario: { seed: 11, actions: 500 },
  },
  {
    story:
      'The same, by the hello of the next connection: it had waited for that last part, and not for the outbox to be ' +
      'read again.',
    scenario: { seed: 56, actions: 500 },
  },
  {
    story:
      'An exchange ended without a word about a hole that had been asked for. It counted as asked for, as long as ' +
      'exchanges followed one another.',
    scenario: { seed: 1203, actions: 1_000 },
  },
];
