import type { OpId } from '#shared/ids.ts';

/** A seeded generator (mulberry32): one seed gives one run. */
export function createRandom(seed: number) {
  let state = seed >>> 0;
  function u32(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
  const next = (): number => u32() / 4_294_967_296;
  const hex = (digits: number): string =>
    Math.floor(next() * 16 ** digits)
      .toString(16)
      .padStart(digits, '0');

  return {
    next,
    u32,
    /** A whole number from `low` up to and including `high`. */
    between: (low: number, high: number) => low + Math.floor(next() * (high - low + 1)),
    chance: (probability: number) => probability > 0 && next() < probability,
    pick<T>(items: readonly T[]): T {
      const item = items[Math.floor(next() * items.length)];
      if (item === undefined) throw new Error('nothing to pick from');
      return item;
    },
    /** 22 characters of base64url: the name of a user or an installation. */
    id: (): string => hex(11) + hex(11),
    /** A UUIDv7 of the moment `time`, milliseconds since 1970. */
    opId(time: number): OpId {
      const at = time.toString(16).padStart(12, '0');
      return `${at.slice(0, 8)}-${at.slice(8, 12)}-7${hex(3)}-8${hex(3)}-${hex(12)}` as OpId;
    },
  };
}
export type SeededRandom = ReturnType<typeof createRandom>;
