import type { ReadonlySignal } from '@preact/signals';

/** A sentence to speak; the id keeps two equal ones apart. */
export interface Announcement {
  readonly id: number;
  readonly text: string;
}

/** The one live region of the app: additions are spoken when the person is idle, in order. */
export function Announcer(props: { announcements: ReadonlySignal<readonly Announcement[]> }) {
  return (
    <div class="visually-hidden announcer" role="log" aria-live="polite" aria-relevant="additions">
      {props.announcements.value.map((announcement) => (
        <p key={announcement.id}>{announcement.text}</p>
      ))}
    </div>
  );
}
