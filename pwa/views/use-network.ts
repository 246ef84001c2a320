import { useSignal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

/** Whether the browser has any network at all; it says nothing of the server. */
export function useNetwork(): ReadonlySignal<boolean> {
  const up = useSignal(navigator.onLine);
  useEffect(() => {
    const ask = () => (up.value = navigator.onLine);
    ask();
    window.addEventListener('online', ask);
    window.addEventListener('offline', ask);
    return () => {
      window.removeEventListener('online', ask);
      window.removeEventListener('offline', ask);
    };
  }, [up]);
  return up;
}
