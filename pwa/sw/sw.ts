import {
  type PrecacheEntry,
  cleanupOutdatedCaches,
  createHandlerBoundToURL,
  precacheAndRoute,
} from 'workbox-precaching';
import { OUTBOX_TAG } from '../transport/background.ts';
import type { FromTab } from './on-push.ts';

declare const self: ServiceWorkerGlobalScope & { readonly __WB_MANIFEST: (PrecacheEntry | string)[] };

/** Background Sync (WICG) is not in TypeScript's types, because only Chromium has it. */
interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
}

/**
 * Serves the app itself from the device, so that it starts with no network. Answers of the API are never cached:
 * what the person has seen is in the local database.
 */
precacheAndRoute(self.__WB_MANIFEST);
cleanupOutdatedCaches();

const appShell = createHandlerBoundToURL('/index.html');

// Hears only what the precache did not answer: its listener came first, and an answer stops the event.
self.addEventListener('fetch', (event) => {
  if (event.request.mode !== 'navigate') return;
  const url = new URL(event.request.url);
  if (url.origin !== self.location.origin || isServerPath(url.pathname)) return;
  event.respondWith(appShell({ event, request: event.request, url }));
});

/** Paths that the server answers itself; everything else is a screen of the app. */
function isServerPath(pathname: string): boolean {
  return pathname === '/api' || pathname.startsWith('/api/') || pathname === '/healthz';
}

self.addEventListener('message', (event) => {
  const data = event.data as { readonly type?: string } | FromTab | null;
  if (typeof data !== 'object' || data === null) return;
  // A new version waits until the person agrees; see controllers/updates.ts.
  if (data.type === 'SKIP_WAITING') event.waitUntil(self.skipWaiting());
  if (data.type === 'GONE') {
    const source = event.source instanceof Client ? event.source.id : null;
    event.waitUntil(import('./on-push.ts').then(({ onGone }) => onGone(source)));
  }
  if ('notices' in data) {
    event.waitUntil(import('./on-push.ts').then(({ showFromTab }) => showFromTab(data)));
  }
});

// Without this the first visit is not controlled, and would not survive a reload without network.
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(import('./on-click.ts').then(({ onClick }) => onClick(event)));
});

self.addEventListener('push', (event) => {
  event.waitUntil(import('./on-push.ts').then(({ onPush }) => onPush(event.data)));
});

self.addEventListener('pushsubscriptionchange', (event) => {
  event.waitUntil(import('./on-resubscribe.ts').then(({ onResubscribe }) => onResubscribe()));
});

// The network is back, and maybe no tab is there any more to send what was written without it. The worker is built into
// one file, so that this loads nothing: it only leaves what a start of the app does not need unevaluated.
self.addEventListener('sync' as 'activate', (event) => {
  if ((event as SyncEvent).tag !== OUTBOX_TAG) return;
  event.waitUntil(import('./drain.ts').then(({ drain }) => drain()));
});
