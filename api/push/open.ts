import type { KeyObject } from 'node:crypto';
import type { Settings } from '../config.ts';
import type { RouteDeps } from '../routes/deps.ts';
import { type Pusher, type PusherDeps, createPusher } from './pusher.ts';
import { createPushServices } from './services.ts';
import { vapidKeysOf, vapidSubject } from './vapid.ts';

export interface OpenPushDeps extends Omit<PusherDeps, 'vapid' | 'subject' | 'services'> {
  /** What the keys are made from. */
  readonly secret: KeyObject;
}

/** What wakes devices, and what routes say of it; undefined and null where the settings want nobody woken. */
export function openPush(
  { push, origins }: Pick<Settings, 'push' | 'origins'>,
  { secret, ...deps }: OpenPushDeps,
): { readonly pusher: Pusher | undefined; readonly offered: RouteDeps['push'] } {
  if (!push) return { pusher: undefined, offered: null };
  const vapid = vapidKeysOf(secret);
  const services = createPushServices(push.hosts);
  const subject = vapidSubject(push.contact, origins);
  return {
    pusher: createPusher({ ...deps, vapid, subject, services }),
    offered: { key: vapid.publicKey, services },
  };
}
