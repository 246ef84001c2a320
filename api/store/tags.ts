import { randomFillSync } from 'node:crypto';

const POOL = 1_024;

/** Random 32-bit numbers for log entries, drawn from the system many at a time: one call each would show. */
export function createTags(): () => number {
  const pool = new Uint32Array(POOL);
  let used = POOL;
  return () => {
    if (used === POOL) {
      randomFillSync(pool);
      used = 0;
    }
    return pool[used++] ?? 0;
  };
}
