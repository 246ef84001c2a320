/**
 * What the store does that no first screen waits for: writing, and opening what came before its key. One part of the
 * app, fetched as soon as the database is open.
 */
export { pinOf } from './contacts.ts';
export { details } from './details.ts';
export { createEnvelopes } from './envelopes.ts';
export { queueFriendAction } from './friend-actions.ts';
export { knownKeyring } from './known-keyring.ts';
export { readNotices } from './notices.ts';
export { countQueued } from './outbox.ts';
export { queueMessage, retryAllMessages, retryMessage } from './outgoing.ts';
export { markSeen } from './receipts.ts';
export { changeReports, waitingReports } from './reports.ts';
export { reopenKept } from './reopen.ts';
export { takeBack } from './take-back.ts';
