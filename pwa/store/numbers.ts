/** Sets of message numbers as ascending, disjoint, non-adjacent ranges [first, last]. Holes are rare and short-lived. */
export type Ranges = readonly (readonly [first: number, last: number])[];

/** The set with `n` in it. */
export function withNumber(ranges: Ranges, n: number): Ranges {
  // Numbers mostly arrive in order, so the place is looked for from the end.
  let at = ranges.length;
  while (at > 0 && (ranges[at - 1]?.[0] ?? 0) > n) at--;
  const before = ranges[at - 1];
  const after = ranges[at];
  if (before !== undefined && n <= before[1]) return ranges;
  const joinsBefore = before !== undefined && before[1] === n - 1;
  const joinsAfter = after !== undefined && after[0] === n + 1;
  const joined = [joinsBefore ? before[0] : n, joinsAfter ? after[1] : n] as const;
  return [...ranges.slice(0, joinsBefore ? at - 1 : at), joined, ...ranges.slice(joinsAfter ? at + 1 : at)];
}

/** The end of the run without a hole that goes on from `known`: the highest k with known + 1 … k all in the set. */
export function runFrom(ranges: Ranges, known: number): number {
  const run = ranges.findLast(([first]) => first <= known + 1);
  return run === undefined ? known : Math.max(known, run[1]);
}

/** The highest number of the set; 0 when it is empty. */
export function lastOf(ranges: Ranges): number {
  return ranges.at(-1)?.[1] ?? 0;
}

/** The numbers of the set above `floor`. */
export function above(ranges: Ranges, floor: number): Ranges {
  return ranges
    .filter(([, last]) => last > floor)
    .map(([first, last]) => [Math.max(first, floor + 1), last] as const);
}

/** How many numbers the set has. */
export function sizeOf(ranges: Ranges): number {
  return ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

/** Whether numbers strictly between both are not in the set, though higher ones are. */
export function isHoleBetween(ranges: Ranges, below: number, upTo: number): boolean {
  const to = Math.min(upTo - 1, lastOf(ranges));
  return to > below && runFrom(ranges, below) < to;
}

/** The number above the highest hole that lies, in part at least, above `floor`; null when there is none. */
export function aboveHole(ranges: Ranges, floor: number): number | null {
  const first = ranges.at(-1)?.[0] ?? 1;
  return first > floor + 1 ? first : null;
}

/** Whether all numbers from `first` to `last` are in the set. */
export function isHeld(ranges: Ranges, first: number, last: number): boolean {
  return ranges.some(([from, to]) => from <= first && last <= to);
}
