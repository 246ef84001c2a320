import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { dayOf } from './format.ts';

/** The local midnight that the present day began with, in milliseconds since 1970. Whoever reads it is drawn again on the next day. */
export const today = signal(dayOf(Date.now()));

/** Keeps `today`, also after a page or a machine has slept through midnight. */
export function useMidnight(): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      clearTimeout(timer);
      const now = Date.now();
      today.value = dayOf(now);
      timer = setTimeout(look, new Date(now).setHours(24, 0, 0, 0) - now);
    };
    look();
    document.addEventListener('visibilitychange', look);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, []);
}
