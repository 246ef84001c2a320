import type { UserId } from '#shared/ids.ts';
import type { NewsStanding } from '../store/ports.ts';
import { type Notice, type NoticeData, isOver } from './decide.ts';

/** As the specification has it; TypeScript's types name only what every engine has. */
interface ShowOptions extends NotificationOptions {
  readonly renotify: boolean;
  readonly actions: Notice['actions'];
}

/** What of a registration is needed here. */
export type Shows = Pick<ServiceWorkerRegistration, 'showNotification' | 'getNotifications'>;

export async function showNotices(registration: Shows, notices: readonly Notice[]): Promise<void> {
  for (const { title, ...notice } of notices) {
    const options: ShowOptions = {
      ...notice,
      icon: '/icons/icon-192.png',
      badge: '/icons/monochrome-512.png',
    };
    await registration.showNotification(title, options);
  }
}

/** Closes what is out of date; `open` is the conversation that somebody looks at. */
export async function tidyNotices(
  registration: Shows,
  standing: NewsStanding,
  open: UserId | null,
): Promise<void> {
  for (const shown of await registration.getNotifications()) {
    const data = shown.data as NoticeData | null;
    if (data !== null && isOver(data, standing, open)) shown.close();
  }
}

export async function closeNotices(registration: Shows): Promise<void> {
  for (const shown of await registration.getNotifications()) shown.close();
}

/** Everything that stands, where there is a worker that could have shown it. */
export async function closeShown(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  if (registration !== undefined) await closeNotices(registration);
}

/** On the app's icon; only installed apps have one, and some browsers refuse the others. */
export function showBadge(total: number): Promise<void> {
  if (!('setAppBadge' in navigator)) return Promise.resolve();
  return navigator.setAppBadge(total).catch((error: unknown) => {
    if (!(error instanceof DOMException)) throw error;
  });
}
