import type { Workbox } from 'workbox-window';
import { Failure } from '#shared/errors.ts';
import type { ShellModel } from '../models/shell.ts';
import { SERVICE_WORKER, trustedScript } from '../transport/trusted-scripts.ts';
import { note } from './log.ts';

/** Installs the service worker and lets a new version take over when the person agrees. */
export interface Updates {
  /** Begins when the first screen is drawn, whose files come first, or when that takes too long. */
  begin(drawn: Promise<void>): void;
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

/** A start that hangs can get a better version all the same. */
const DRAWN_WITHIN_MS = 5_000;
/** iOS may change the controller without saying so. */
const RELOAD_ANYWAY_MS = 2_000;
/** An app that is never closed still asks for new versions. */
const CHECK_EVERY_MS = 60 * 60_000;

export function createUpdates({ shell, beforeReload, report }: UpdatesDeps): Updates {
  // The development server has no service worker: it would serve yesterday's modules.
  if (import.meta.env.DEV || !('serviceWorker' in navigator)) {
    return { begin: () => {}, check: () => {}, apply: () => location.reload() };
  }

  let workbox: Workbox | null = null;
  let agreed = false;
  let reloading = false;

  async function install(): Promise<void> {
    const { Workbox: Registration } = await import('workbox-window');
    workbox = watch(new Registration(trustedScript(SERVICE_WORKER)));
    await workbox.register();
    setInterval(check, CHECK_EVERY_MS);
  }

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
    begin(drawn) {
      Promise.race([drawn, new Promise((give) => setTimeout(give, DRAWN_WITHIN_MS))])
        .then(install)
        // The app works without it, until the network is gone.
        .catch((error: unknown) => report(new Failure('STORAGE_UNAVAILABLE', 'service worker', error)));
    },
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
