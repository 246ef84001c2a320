import { fromBase64url, toBase64url } from '#shared/bytes.ts';
import type { Bytes } from '#shared/ids.ts';
import type { PushRequest } from '#shared/schema/push.ts';
import type { Waking } from '../models/notices.ts';
import type { PushApi } from '../transport/push-api.ts';

/** What it takes to be woken by the server. */
interface WakingDeps {
  readonly push: PushManager;
  readonly api: PushApi;
  readonly token: () => Promise<string>;
  /** Told why the browser can't be woken. */
  readonly note: (what: string, error: unknown) => void;
}

/** A browser that can't reach its push service may never answer. */
const PATIENCE_MS = 15_000;

/**
 * Tells the server where this device can be woken, also when it knew: one that was restored may have forgotten. Rejects
 * with a Failure when the server can't be asked.
 */
export async function beWoken({ push, api, token, note }: WakingDeps): Promise<Waking> {
  const key = await api.key(await token());
  const bytes = key === null ? undefined : fromBase64url(key);
  if (bytes === undefined) return 'no-server';
  let subscription: PushSubscription;
  try {
    subscription = await inTime(subscribe(push, bytes));
  } catch (error) {
    note('no push subscription', error);
    return 'no-browser';
  }
  await api.put(await token(), placeOf(subscription));
  return 'on';
}

export async function letSleep(push: PushManager): Promise<void> {
  await inTime(push.getSubscription().then((subscription) => subscription?.unsubscribe()));
}

/** One that was made for another key is of no use to the server, and stands in the way of a new one. */
async function subscribe(push: PushManager, key: Bytes): Promise<PushSubscription> {
  const known = await push.getSubscription();
  const before = known?.options.applicationServerKey ?? null;
  if (known !== null && before !== null) {
    if (toBase64url(new Uint8Array(before)) === toBase64url(key)) return known;
    await known.unsubscribe();
  }
  return push.subscribe({ userVisibleOnly: true, applicationServerKey: key });
}

function placeOf(subscription: PushSubscription): PushRequest {
  const { endpoint } = subscription;
  const raw = (name: PushEncryptionKeyName) =>
    toBase64url(new Uint8Array(subscription.getKey(name) ?? new ArrayBuffer()));
  return { endpoint, p256dh: raw('p256dh'), auth: raw('auth') };
}

export function inTime<T>(promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('The browser does not answer')), PATIENCE_MS);
    promise.then(resolve, reject).finally(() => clearTimeout(late));
  });
}
