import type { World } from '../world.ts';

/** Runs in the browser, with a device and a peer of its own. */
export interface LocalStoreCase {
  readonly title: string;
  run(world: World): Promise<void>;
}
