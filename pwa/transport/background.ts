/** The name under which the browser promises the service worker another chance to send what waits. */
export const OUTBOX_TAG = 'nexchat-outbox';
