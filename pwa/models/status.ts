import { signal } from '@preact/signals';

export type Link = 'offline' | 'connecting' | 'catching-up' | 'live' | 'stopped';

/** Whether the server would hear us now. */
export const isConnected = (link: Link) => link === 'live' || link === 'catching-up';

/** The one place that says how things stand between this device and the server. */
export function createStatusModel() {
  return {
    link: signal<Link>('offline'),
    /** Messages and friend actions written here and not yet at the server. */
    queued: signal(0),
    /** While catching up. */
    progress: signal<{ readonly done: number; readonly total: number } | null>(null),
  };
}
export type StatusModel = ReturnType<typeof createStatusModel>;
