import type { Workbox } from 'workbox-window';
import { Failure } from '#shared/errors.ts';
import type { ShellModel } from '../models/shell.ts';
import { SERVICE_WORKER, trustedScript } from '../transport/trusted-scripts.ts';
import { note } from './log.ts';

/** Installs the service worker and lets a new version take over when the person agrees. */
export interface Updates {
  /** Asks now whether there is a new version. */
  check(): void;
  apply(): void;
}

interface UpdatesDeps {
  readonly shell: Pick<ShellModel, 'updateReady'>;
  /** Resolves when nothing that was typed would be lost by a reload. */
  readonly beforeReload: () => Promise<void>;
  readonly report: (error: unknown) => void;
}

/** iOS may change the controller without saying so. */
const RELOAD_ANYWAY_MS = 2_000;
/** An app that is never closed still asks for new versions. */
const CHECK_EVERY_MS = 60 * 60_000;

export function createUpdates({ shell, beforeReload, report }: UpdatesDeps): Updates {
  // The development server has no service worker: it would serve yesterday's modules.
  if (import.meta.env.DEV || !('serviceWorker' in navigator)) {
    return { check: () => {}, apply: () => location.reload() };
  }

  let workbox: Workbox | null = null;
  let agreed = false;
  let reloading = false;

  // Not needed for the first paint, so not part of what the first paint waits for.
  import('workbox-window')
    .then(async ({ Workbox: Registration }) => {
      workbox = watch(new Registration(trustedScript(SERVICE_WORKER)));
      await workbox.register();
      setInterval(check, CHECK_EVERY_MS);
    })
    // The app works without it, until the network is gone.
    .catch((error: unknown) => report(new Failure('STORAGE_UNAVAILABLE', 'service worker', error)));

  function watch(registration: Workbox): Workbox {
    registration.addEventListener('waiting', () => {
      shell.updateReady.value = true;
    });
    registration.addEventListener('controlling', (event) => {
      // `isUpdate` is not set for the first service worker that ever took this page.
      if (agreed) reload();
      // Another tab agreed: this page would go on with files that are gone from the cache.
      else if (event.isUpdate === true) beforeReload().then(reload, report);
    });
    return registration;
  }

  function check(): void {
    workbox?.update().catch(ignoreOffline);
  }

  function reload(): void {
    if (reloading) return;
    reloading = true;
    location.reload();
  }

  /** Asking for a new version with no network is no failure; the next hour asks again. */
  function ignoreOffline(error: unknown): void {
    if (navigator.onLine) note('asking for a new version failed', error);
  }

  return {
    check,
    apply() {
      agreed = true;
      beforeReload().then(() => {
        workbox?.messageSkipWaiting();
        setTimeout(reload, RELOAD_ANYWAY_MS);
      }, report);
    },
  };
}
