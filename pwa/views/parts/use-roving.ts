import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/**
 * One tab stop for a list: up, down, Home and End move between rows, left and right inside a row. Its controls carry
 * `data-roving`; the one that had focus last (else `aria-current`, else the first) is reached by Tab.
 */
export function useRoving<T extends HTMLElement>(): RefObject<T | null> {
  const ref = useRef<T>(null);
  const last = useRef<HTMLElement | null>(null);

  useLayoutEffect(() => {
    const list = ref.current;
    if (list === null) return;
    const onFocus = (event: FocusEvent) => {
      if (event.target instanceof HTMLElement && event.target.matches('[data-roving]')) {
        last.current = event.target;
        stopAt(list, event.target);
      }
    };
    const onKey = (event: KeyboardEvent) => {
      const next = target(list, event);
      if (next === null) return;
      event.preventDefault();
      next.focus();
    };
    list.addEventListener('focusin', onFocus);
    list.addEventListener('keydown', onKey);
    return () => {
      list.removeEventListener('focusin', onFocus);
      list.removeEventListener('keydown', onKey);
    };
  });

  // After each drawing, because rows come and go.
  useLayoutEffect(() => {
    const list = ref.current;
    if (list === null) return;
    const kept = last.current !== null && list.contains(last.current) ? last.current : null;
    stopAt(
      list,
      kept ?? list.querySelector('[data-roving][aria-current]') ?? list.querySelector('[data-roving]'),
    );
  });

  return ref;
}

function stopAt(list: HTMLElement, stop: Element | null): void {
  for (const control of list.querySelectorAll<HTMLElement>('[data-roving]')) {
    control.tabIndex = control === stop ? 0 : -1;
  }
}

function target(list: HTMLElement, event: KeyboardEvent): HTMLElement | null {
  if (!(event.target instanceof HTMLElement) || !event.target.matches('[data-roving]')) return null;
  const row = event.target.closest('li');
  const inRow = row === null ? [] : [...row.querySelectorAll<HTMLElement>('[data-roving]')];
  const firsts = [...list.querySelectorAll('li')].flatMap(
    (item) => item.querySelector<HTMLElement>('[data-roving]') ?? [],
  );
  const rowIndex = firsts.findIndex((control) => row?.contains(control));
  const column = inRow.indexOf(event.target);
  const forward = getComputedStyle(list).direction === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
  const backward = forward === 'ArrowLeft' ? 'ArrowRight' : 'ArrowLeft';
  switch (event.key) {
    case 'ArrowDown':
      return firsts[rowIndex + 1] ?? null;
    case 'ArrowUp':
      return firsts[rowIndex - 1] ?? null;
    case 'Home':
      return firsts[0] ?? null;
    case 'End':
      return firsts.at(-1) ?? null;
    case forward:
      return inRow[column + 1] ?? null;
    case backward:
      return inRow[column - 1] ?? null;
    default:
      return null;
  }
}
