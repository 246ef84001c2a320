import { useMemo, useRef } from 'preact/hooks';
import type { TimelineItem } from '../../models/timeline.ts';

/**
 * What came since the last drawing, wherever it stands: while own messages wait for their numbers, those of the friend
 * come in before them. History that was loaded before the first known message is not new.
 */
export function useFresh(items: readonly TimelineItem[]): readonly TimelineItem[] {
  const known = useRef<ReadonlySet<string> | null>(null);
  return useMemo(() => {
    const before = known.current;
    known.current = new Set(items.map(({ id }) => id));
    if (before === null) return [];
    const from = before.size === 0 ? 0 : items.findIndex(({ id }) => before.has(id));
    return from === -1 ? [] : items.slice(from).filter(({ id }) => !before.has(id));
  }, [items]);
}
