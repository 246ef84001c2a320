import type { Clock } from './ports.ts';

export interface BucketOptions {
  readonly perSecond: number;
  /** The most that can be saved up. */
  readonly burst: number;
  readonly clock: Clock;
}

/** A token bucket: `take` is false when too much was taken too fast. */
export function createBucket({ perSecond, burst, clock }: BucketOptions): { take(): boolean } {
  let left = burst;
  let last = clock.now();
  return {
    take() {
      const now = clock.now();
      // A clock that was set back gives nothing and takes nothing.
      left = Math.min(burst, left + (Math.max(0, now - last) * perSecond) / 1000);
      last = now;
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}
