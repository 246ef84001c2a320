import { effect } from '@preact/signals';
import type { Models } from '../models/models.ts';
import { OUTBOX_TAG } from '../transport/background.ts';
import type { Room } from './inside.ts';
import { note } from './log.ts';

/** Background Sync (WICG), which only Chromium has. */
interface SyncManager {
  register(tag: string): Promise<void>;
}

/**
 * Asks the browser to wake the service worker when there is a network, if what waits has not left by itself: this tab
 * may be closed by then. While the connection is live, nothing waits for longer than a moment, unless the tab goes.
 */
export function createBackgroundSync({ status }: Pick<Models, 'status'>): Room {
  let stop = () => {};

  function ask(): void {
    if (status.queued.peek() === 0 || !('serviceWorker' in navigator)) return;
    navigator.serviceWorker.ready
      .then((registration) => (registration as { sync?: SyncManager }).sync?.register(OUTBOX_TAG))
      // A person may forbid it; then what waits leaves when the app is opened.
      .catch((error: unknown) => note('no sync in the background', error));
  }

  return {
    enter() {
      const stopWatching = effect(() => {
        if (status.queued.value > 0 && status.link.value !== 'live') ask();
      });
      const leaving = new AbortController();
      document.addEventListener(
        'visibilitychange',
        () => {
          if (document.visibilityState === 'hidden') ask();
        },
        { signal: leaving.signal },
      );
      stop = () => {
        stopWatching();
        leaving.abort();
      };
    },
    leave: () => stop(),
  };
}
