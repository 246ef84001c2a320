import { useEffect, useRef } from 'preact/hooks';
import { useApp } from '../app-context.ts';

/**
 * Reports messages as seen, and only then: the page is visible, its window has focus, and the message is on the
 * screen. The returned function takes the number of the last message of the friend that is fully on the screen.
 */
export function useSeen(): (n: number | null) => void {
  const { actions } = useApp();
  const onScreen = useRef<number | null>(null);
  const reported = useRef(0);

  const report = () => {
    const n = onScreen.current;
    if (n === null || n <= reported.current) return;
    if (document.visibilityState !== 'visible' || !document.hasFocus()) return;
    reported.current = n;
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
