import { useMemo, useRef } from 'preact/hooks';
import type { TimelineItem } from '../../models/timeline.ts';

/**
 * What came since the last drawing, wherever it stands: while own messages wait for their numbers, those of the friend
 * come in before them. History is not new, whether it was loaded before the first known message or fills a hole.
 */
export function useFresh(items: readonly TimelineItem[], hasLater: boolean): readonly TimelineItem[] {
  const known = useRef<readonly TimelineItem[] | null>(null);
  return useMemo(() => {
    const before = known.current;
    // What a reader far from the end comes to is not new, the last of it neither.
    known.current = hasLater ? null : items;
    return before === null || hasLater ? [] : freshAmong(items, before);
  }, [items, hasLater]);
}

export function freshAmong(
  items: readonly TimelineItem[],
  before: readonly TimelineItem[],
): readonly TimelineItem[] {
  const known = new Set(before.map(({ id }) => id));
  const from = before.length === 0 ? 0 : items.findIndex(({ id }) => known.has(id));
  if (from === -1) return [];
  // One of ours may have got its number before the friend's that stands above it has come.
  const last = Math.max(0, ...before.map(({ n }) => n ?? 0));
  const lastOfFriend = Math.max(0, ...before.map(({ n, mine }) => (mine ? 0 : (n ?? 0))));
  return items
    .slice(from)
    .filter(({ id, n, mine }) => !known.has(id) && (n === null || n > (mine ? last : lastOfFriend)));
}
