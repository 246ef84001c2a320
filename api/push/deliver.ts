import { createHash } from 'node:crypto';
import webPush from 'web-push';
import type { PushMessage } from '#shared/schema/push.ts';
import type { PushPlace } from '../store/ports.ts';
import type { VapidKeys } from './vapid.ts';

/** What is sent to one device. */
export interface Delivery {
  /** The sign-in. */
  readonly session: string;
  readonly to: PushPlace;
  readonly message: PushMessage;
  /** Seconds that the push service may keep it for a device that it can't reach. */
  readonly ttl: number;
}

/** What became of it. Only what was `put off` may be tried again: not before `after` milliseconds, if it was said. */
export type Delivered =
  | { readonly outcome: 'sent' }
  /** There is no such device any more. */
  | { readonly outcome: 'gone' }
  | { readonly outcome: 'put off'; readonly why: string; readonly after: number | null }
  | { readonly outcome: 'refused'; readonly why: string };

export type Deliver = (delivery: Delivery) => Promise<Delivered>;

export interface DeliverDeps {
  readonly vapid: VapidKeys;
  readonly subject: string;
  /** Ends what is on the way. */
  readonly signal: AbortSignal;
}

/** How long a push service may take to answer, in ms. */
const PATIENCE = 10_000;
/** All messages have one length: what is in them must not be told by it. */
const PADDED = 32;

/** Says one thing to one push service, sealed for the device (RFC 8291) and signed (RFC 8292). Never rejects. */
export function createDeliver({ vapid, subject, signal }: DeliverDeps): Deliver {
  return async ({ session, to: { endpoint, ...keys }, message, ttl }) => {
    if (signal.aborted) return { outcome: 'put off', why: 'the server stops', after: null };
    try {
      const { headers, body } = webPush.generateRequestDetails(
        { endpoint, keys },
        JSON.stringify(message).padEnd(PADDED),
        { vapidDetails: { subject, ...vapid }, TTL: ttl, urgency: 'high', topic: topicOf(session, message) },
      );
      const response = await fetch(endpoint, {
        method: 'POST',
        headers: textHeaders(headers),
        body: new Uint8Array(body ?? []),
        // Whoever redirects could lead anywhere.
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]),
      });
      await response.body?.cancel();
      return judge(response);
    } catch (error) {
      return { outcome: 'put off', why: reasonOf(error), after: null };
    }
  };
}

/** The push service keeps the newest of each. It sees that two are the same, and not of what. */
function topicOf(session: string, { kind }: PushMessage): string {
  return createHash('sha256').update(`nexchat/topic/v1 ${session} ${kind}`).digest('base64url').slice(0, 32);
}

/** The length is that of the body, which `fetch` counts itself. */
function textHeaders(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  const others = Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'content-length');
  return Object.fromEntries(others.map(([name, value]) => [name, String(value)]));
}

function judge({ ok, status, headers }: Response): Delivered {
  if (ok) return { outcome: 'sent' };
  if (status === 404 || status === 410) return { outcome: 'gone' };
  const why = String(status);
  if (status === 429 || status >= 500) return { outcome: 'put off', why, after: retryAfter(headers) };
  return { outcome: 'refused', why };
}

/** Seconds or a date (RFC 9110), in milliseconds from now. */
function retryAfter(headers: Headers): number | null {
  const text = headers.get('retry-after');
  if (text === null) return null;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}

/** A word without a value of anybody's in it: messages of errors may name addresses. */
function reasonOf(error: unknown): string {
  const cause: unknown = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (!(cause instanceof Error)) return 'unknown';
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
}
