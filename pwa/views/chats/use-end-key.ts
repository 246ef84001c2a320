import { useEffect } from 'preact/hooks';
import { useApp } from '../app-context.ts';

/** End leads to the newest message, also from where that is not loaded: the browser knows only what is. */
export function useEndKey(scroller: { current: HTMLDivElement | null }, hasLater: boolean): void {
  const { actions } = useApp();
  useEffect(() => {
    const timeline = scroller.current;
    if (timeline === null || !hasLater) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'End' || event.target !== timeline) return;
      event.preventDefault();
      actions.toNewest();
    };
    timeline.addEventListener('keydown', onKey);
    return () => timeline.removeEventListener('keydown', onKey);
  }, [actions, scroller, hasLater]);
}
