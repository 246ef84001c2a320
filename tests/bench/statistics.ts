/** The value below which the share `p` (0 to 1) of the values lies. Not of nothing. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = Float64Array.from(values).toSorted();
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))];
  if (value === undefined) throw new Error('There are no values.');
  return value;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);
