import type { SyncStore, Timers } from '#sync/server/ports.ts';

export interface MaintenanceDeps {
  readonly store: Pick<SyncStore, 'longLogs' | 'truncate'>;
  readonly timers: Timers;
  /** A log longer than so many entries is cut to its newest half. */
  readonly keep: number;
  /** Told what a round has done, and what stopped one: the next one goes on. */
  readonly onRound: (forgotten: number) => void;
  readonly onError: (error: unknown) => void;
}

const INTERVAL = 300_000;
/** Logs that are cut in one round, so that a round is short whatever has piled up. */
const LOGS_PER_ROUND = 50;

/** Keeps logs from growing for ever, a little every few minutes. Half is cut, so that a log is cut seldom. */
export function startMaintenance({ store, timers, keep, onRound, onError }: MaintenanceDeps): () => void {
  let stopped = false;
  let cancel = timers.after(INTERVAL, () => void round());

  async function round(): Promise<void> {
    try {
      let forgotten = 0;
      for (const { user, head } of await store.longLogs(keep, LOGS_PER_ROUND)) {
        if (stopped) return;
        forgotten += await store.truncate(user, head + 1 - Math.floor(keep / 2));
      }
      onRound(forgotten);
    } catch (error) {
      if (!stopped) onError(error);
    }
    if (!stopped) cancel = timers.after(INTERVAL, () => void round());
  }

  return () => {
    stopped = true;
    cancel();
  };
}
