import {
  type PrecacheEntry,
  cleanupOutdatedCaches,
  createHandlerBoundToURL,
  precacheAndRoute,
} from 'workbox-precaching';

declare const self: ServiceWorkerGlobalScope & { readonly __WB_MANIFEST: (PrecacheEntry | string)[] };

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
  const data: unknown = event.data;
  // A new version waits until the person agrees; see controllers/updates.ts.
  if (typeof data === 'object' && data !== null && 'type' in data && data.type === 'SKIP_WAITING') {
    event.waitUntil(self.skipWaiting());
  }
});

// Without this the first visit is not controlled, and would not survive a reload without network.
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
