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

let turn: Promise<unknown> = Promise.resolve();

/** Chromium may forget a notification that is being shown while it is asked which ones stand: one after the other. */
function inTurn<T>(task: () => Promise<T>): Promise<T> {
  const mine = turn.then(task, task);
  turn = mine;
  return mine;
}

export function showNotices(registration: Shows, notices: readonly Notice[]): Promise<void> {
  return inTurn(async () => {
    for (const { title, ...notice } of notices) {
      const options: ShowOptions = {
        ...notice,
        icon: '/icons/icon-192.png',
        badge: '/icons/monochrome-512.png',
      };
      await registration.showNotification(title, options);
    }
  });
}

/** Closes what is out of date; `open` is the conversation that somebody looks at. */
export const tidyNotices = (registration: Shows, standing: NewsStanding, open: UserId | null) =>
  closeThose(registration, (data) => data !== null && isOver(data, standing, open));

/** Closes what rings. */
export const closeRinging = (registration: Shows) =>
  closeThose(registration, (data) => data?.about === 'call');

export const closeNotices = (registration: Shows) => closeThose(registration, () => true);

/** Whether there are any. */
export const standsAny = (registration: Shows): Promise<boolean> =>
  inTurn(async () => (await registration.getNotifications()).length > 0);

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

/** What older versions showed has no data. */
function closeThose(registration: Shows, which: (data: NoticeData | null) => boolean): Promise<void> {
  return inTurn(async () => {
    for (const shown of await registration.getNotifications()) {
      if (which(shown.data as NoticeData | null)) shown.close();
    }
  });
}
