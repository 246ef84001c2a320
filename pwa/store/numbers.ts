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

/** The end of the part that has no hole: the highest k with 1…k all in the set; 0 when 1 is missing. */
export function prefixOf(ranges: Ranges): number {
  const first = ranges[0];
  return first?.[0] === 1 ? first[1] : 0;
}
