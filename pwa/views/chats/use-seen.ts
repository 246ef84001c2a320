import { useEffect, useRef } from 'preact/hooks';
import type { TimelineItem } from '../../models/timeline.ts';
import { useApp } from '../app-context.ts';

/**
 * Reports messages as seen, and only then: the page is visible, its window has focus, and the message is on the
 * screen. The returned function takes the number of the last message of the friend that is on the screen or before it.
 * What changes among the messages is a reason to report again: a number is kept only when none before it is missing.
 */
export function useSeen(items: readonly TimelineItem[]): (n: number | null) => void {
  const { actions } = useApp();
  const onScreen = useRef<number | null>(null);
  const reported = useRef({ n: 0, items });

  const report = () => {
    const n = onScreen.current;
    if (n === null || n < reported.current.n) return;
    if (n === reported.current.n && items === reported.current.items) return;
    if (document.visibilityState !== 'visible' || !document.hasFocus()) return;
    reported.current = { n, items };
    actions.markSeen(n);
  };
  const latest = useRef(report);
  latest.current = report;

  // Coming back to the window shows what arrived in the meantime.
  useEffect(() => {
    const onAttention = () => latest.current();
    window.addEventListener('focus', onAttention);
    document.addEventListener('visibilitychange', onAttention);
    return () => {
      window.removeEventListener('focus', onAttention);
      document.removeEventListener('visibilitychange', onAttention);
    };
  }, []);

  return (n) => {
    onScreen.current = n;
    report();
  };
}
