import { liveQuery } from 'dexie';
import type { Stop } from './ports.ts';

export interface Live<Raw, Shown> {
  /** Reads rows; runs again after every change to what it read, in whichever tab. Awaits nothing but the database. */
  readonly query: () => Promise<Raw>;
  /** Opens what was read, outside of the query's transaction. */
  readonly present: (raw: Raw) => Promise<Shown>;
  readonly listener: (shown: Shown) => void;
  readonly report: (error: unknown) => void;
}

/** Calls back with the present state and after every change. An older state never follows a newer one. */
export function live<Raw, Shown>({ query, present, listener, report }: Live<Raw, Shown>): Stop {
  let started = 0;
  let shown = 0;
  let stopped = false;

  async function show(raw: Raw): Promise<void> {
    const turn = ++started;
    try {
      const value = await present(raw);
      if (stopped || turn < shown) return;
      shown = turn;
      listener(value);
    } catch (error) {
      report(error);
    }
  }

  const subscription = liveQuery(query).subscribe({ next: (raw) => void show(raw), error: report });
  return () => {
    stopped = true;
    subscription.unsubscribe();
  };
}
