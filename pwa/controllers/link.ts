import { Failure } from '#shared/errors.ts';
import type { SyncListener } from '#sync/client/ports.ts';
import type { Models } from '../models/models.ts';
import type { Stop } from '../store/ports.ts';
import type { Room } from './inside.ts';
import type { Toasts } from './toasts.ts';

/** How things stand between this device and the server. */
export interface Link extends Room {
  /** What is heard from the sync client, in whichever tab it runs. */
  readonly status: SyncListener['status'];
  /** The server refuses this device's session: only the password helps now. */
  sessionEnded(): void;
}

interface LinkDeps {
  readonly models: Pick<Models, 'status' | 'session'>;
  readonly toasts: Toasts;
  /** Called when the server speaks only with newer versions of the app. */
  readonly outdated: () => void;
}

export function createLink({ models, toasts, outdated }: LinkDeps): Link {
  const { status, session } = models;
  let stopQueued: Stop | null = null;

  function sessionEnded(): void {
    if (stopQueued !== null) session.needsSignIn.value = true;
  }

  return {
    sessionEnded,
    status(next) {
      status.link.value = next.link;
      status.progress.value = next.progress;
      if (next.link !== 'stopped') return;
      if (next.reason === 'SESSION_ENDED') sessionEnded();
      if (next.reason !== 'UNSUPPORTED_VERSION') return;
      toasts.report(new Failure('UNSUPPORTED_VERSION'));
      outdated();
    },
    enter({ store }) {
      stopQueued = store.liveQueued((queued) => {
        status.queued.value = queued;
      });
    },
    leave() {
      stopQueued?.();
      stopQueued = null;
      status.link.value = 'offline';
      status.progress.value = null;
      status.queued.value = 0;
    },
  };
}
