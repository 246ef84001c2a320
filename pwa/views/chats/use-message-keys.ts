import { useEffect } from 'preact/hooks';

/**
 * From the timeline, Enter leads to the newest message on the screen; from there arrow keys go from message to message,
 * Enter opens what is known of it, and Escape leads back. A finger that rests on a message
 * opens it, too; a mouse has the menu of the browser.
 */
export function useMessageKeys(scroller: { current: HTMLDivElement | null }): void {
  useEffect(() => {
    const timeline = scroller.current;
    if (timeline === null) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const goal = goalOf(timeline, event);
      if (goal === null) return;
      event.preventDefault();
      goal.focus({ preventScroll: true });
      goal.scrollIntoView({ block: 'nearest' });
    };
    const onRest = (event: MouseEvent) => {
      if (!(event instanceof PointerEvent) || event.pointerType === 'mouse') return;
      const { target } = event;
      if (!(target instanceof Element) || target.closest('a') !== null) return;
      const details = target.closest('.bubble')?.querySelector<HTMLElement>('.meta');
      if (details === null || details === undefined) return;
      event.preventDefault();
      details.click();
    };
    timeline.addEventListener('keydown', onKey);
    timeline.addEventListener('contextmenu', onRest);
    return () => {
      timeline.removeEventListener('keydown', onKey);
      timeline.removeEventListener('contextmenu', onRest);
    };
  }, [scroller]);
}

function goalOf(timeline: HTMLElement, { key, target }: KeyboardEvent): HTMLElement | null {
  const all = [...timeline.querySelectorAll<HTMLElement>('.meta')];
  if (target === timeline) return key === 'Enter' ? (all.findLast(isOnScreen) ?? null) : null;
  const at = all.findIndex((one) => one === target);
  if (at === -1) return null;
  if (key === 'Escape') return timeline;
  if (key === 'ArrowUp') return all[at - 1] ?? null;
  return key === 'ArrowDown' ? (all[at + 1] ?? null) : null;
}

function isOnScreen(element: HTMLElement): boolean {
  const { top, bottom } = element.getBoundingClientRect();
  const { x, y, width } = element.closest('.timeline')?.getBoundingClientRect() ?? new DOMRect();
  const middle = document.elementFromPoint(x + width / 2, (top + bottom) / 2);
  return top >= y && middle?.closest('.timeline') !== null;
}
