import { signal } from '@preact/signals';

/** What a notification gives away: who wrote and what, only who, or only that there is something. */
export type Preview = 'text' | 'name' | 'nothing';

/**
 * Whether the browser shows notifications of this app: it can't at all, only once the app is installed (iOS), nobody has
 * asked the person yet, they said no, or they said yes.
 */
export type NoticeLeave = 'missing' | 'install' | 'unasked' | 'refused' | 'given';

/** Whether this device is woken while the app is closed: not known, it is, the server wakes nobody, or the browser can't be. */
export type Waking = 'unknown' | 'on' | 'no-server' | 'no-browser';

/** Notifications on this device. */
export function createNoticesModel() {
  return {
    /** The person's choice, whatever the browser says. */
    wanted: signal(false),
    preview: signal<Preview>('text'),
    /** Null until it was looked at. */
    leave: signal<NoticeLeave | null>(null),
    waking: signal<Waking>('unknown'),
    /** A choice is being carried out. */
    busy: signal(false),
  };
}
export type NoticesModel = ReturnType<typeof createNoticesModel>;
