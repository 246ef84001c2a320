import * as v from 'valibot';
import { base64url } from './http.ts';

/**
 * Web Push (RFC 8030): how a device says where it can be woken while no tab of it is open, and what it is woken with.
 * The push service in between belongs to the maker of the browser.
 */

/** GET /api/push: with which key the server signs what it sends (RFC 8292); null where it sends nothing. */
export const pushKeyResponse = v.object({
  /** An uncompressed P-256 point, base64url. */
  key: v.nullable(v.string()),
});

/** PUT /api/push: where the device that is signed in wants to be woken. Replaces what it said before. */
export const pushRequest = v.strictObject({
  endpoint: v.pipe(v.string(), v.maxLength(1024), v.url()),
  /** 65 and 16 bytes: what the push service must not read is sealed with them (RFC 8291). */
  p256dh: base64url(87, 87),
  auth: base64url(22, 22),
});
export type PushRequest = v.InferOutput<typeof pushRequest>;

/**
 * What a device is woken with. It says nothing of whom or of what, not even sealed: the device fetches that itself, as
 * when a tab is opened.
 */
export const pushMessage = v.variant('kind', [
  v.object({ kind: v.literal('message') }),
  v.object({ kind: v.literal('request') }),
  /** It rings, or it no longer does. */
  v.object({ kind: v.literal('call'), rings: v.boolean() }),
]);
export type PushMessage = v.InferOutput<typeof pushMessage>;
