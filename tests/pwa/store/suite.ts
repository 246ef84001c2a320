import { CLIENT_STORE_CASES } from '#tests/contracts/client-store.ts';
import { same } from '#tests/support/check.ts';
import { LOCAL_STORE_CASES } from './cases/all.ts';
import { actions } from './tab-actions.ts';
import { newWorld } from './world.ts';

/** Runs in the browser: one case by its title, and what tests do to several tabs. */
const suite = {
  async run(title: string): Promise<void> {
    const contract = CLIENT_STORE_CASES.find((one) => one.title === title);
    const local = LOCAL_STORE_CASES.find((one) => one.title === title);
    const world = await newWorld();
    try {
      if (contract !== undefined) await contract.run(world.subject);
      else if (local !== undefined) await local.run(world);
      else throw new Error(`No case “${title}”`);
      same(world.errors.map(String), [], 'failures that were reported');
    } finally {
      world.store.close();
    }
  },
  ...actions,
};
export type Suite = typeof suite;

Object.assign(globalThis, { suite });
