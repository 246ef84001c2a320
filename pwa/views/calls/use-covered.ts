import { useLayoutEffect } from 'preact/hooks';

/** While this view is on the screen, nothing below it can be reached; afterwards focus is where it was. */
export function useCovered(): void {
  useLayoutEffect(() => {
    const shell = document.querySelector<HTMLElement>('.shell');
    const before = document.activeElement;
    if (shell !== null) shell.inert = true;
    return () => {
      if (shell !== null) shell.inert = false;
      const goal = before?.isConnected === true ? before : document.querySelector('.main');
      if (goal instanceof HTMLElement) goal.focus({ preventScroll: true });
    };
  }, []);
}
