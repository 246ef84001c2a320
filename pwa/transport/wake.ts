import type { Seat } from './leadership.ts';

/**
 * Tells the sync client what the browser knows about network and sleep. These are hints: `online` may lie, and a
 * page that comes back may hold a socket that died while it slept.
 */
export function watchWake(target: Pick<Seat, 'wake' | 'networkGone'>): () => void {
  const listening = new AbortController();
  const { signal } = listening;
  const visible = () => {
    if (document.visibilityState === 'visible') target.wake();
  };
  window.addEventListener('online', () => target.wake(), { signal });
  window.addEventListener('offline', () => target.networkGone(), { signal });
  window.addEventListener('focus', visible, { signal });
  window.addEventListener(
    'pageshow',
    (event) => {
      if (event.persisted) visible();
    },
    { signal },
  );
  document.addEventListener('visibilitychange', visible, { signal });
  return () => listening.abort();
}
