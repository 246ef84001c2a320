/** Which generations of an installation are good: the current one, and the one before while its answer may be lost. */
export interface Generations {
  readonly current: number;
  readonly previous: number;
}

/** What becomes of an installation that used `gen` last; see SyncStore.useDevice. */
export function rotate(known: Generations | undefined, gen: number): Generations | 'cloned' {
  const current = known?.current ?? 0;
  if (gen >= current) return { current: gen + 1, previous: gen };
  return known && gen === known.previous ? known : 'cloned';
}
