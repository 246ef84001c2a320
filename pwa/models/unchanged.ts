/**
 * `next`, in which whatever is equal to what was there before is the same object as before: who draws it sees by
 * identity what has changed. `before` itself when nothing has.
 */
export function unchanged<T extends object>(
  before: readonly T[],
  next: readonly T[],
  keyOf: (one: T) => string,
): readonly T[] {
  const known = new Map(before.map((one) => [keyOf(one), one]));
  const kept = next.map((one) => {
    const same = known.get(keyOf(one));
    return same !== undefined && isEqual(same, one) ? same : one;
  });
  return kept.length === before.length && kept.every((one, index) => one === before[index]) ? before : kept;
}

/** Of two objects of one kind, field by field. */
function isEqual<T extends object>(a: T, b: T): boolean {
  for (const field in b) if (a[field] !== b[field]) return false;
  return true;
}
