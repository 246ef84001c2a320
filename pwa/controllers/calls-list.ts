import { durationOf } from '#shared/call.ts';
import type { OpId } from '#shared/ids.ts';
import type { CallsModel } from '../models/calls.ts';
import type { LocalStore, Stop } from '../store/ports.ts';

/** The list of calls, while somebody looks at it. */
export interface CallList {
  open(): void;
  more(): void;
  close(): void;
}

interface CallListDeps {
  readonly calls: CallsModel;
  readonly store: Pick<LocalStore, 'calls'>;
  readonly report: (error: unknown) => void;
}

const STEP = 50;

export function createCallList({ calls, store, report }: CallListDeps): CallList {
  let limit = STEP;
  let stop: Stop | null = null;
  /** What was news when the list was opened stays marked until it is closed. */
  const fresh = new Set<OpId>();

  function read(): void {
    stop?.();
    stop = store.calls.liveHistory(limit, (rows) => {
      const unseen = rows.filter(({ mine, seen, endedAt }) => !mine && !seen && endedAt !== null);
      for (const { id } of unseen) fresh.add(id);
      calls.history.value = rows.map((call) => ({
        id: call.id,
        peer: call.peer,
        name: call.name,
        mine: call.mine,
        media: call.media,
        status: call.status,
        at: call.startedAt,
        duration: durationOf(call),
        fresh: fresh.has(call.id),
      }));
      calls.hasMoreHistory.value = rows.length >= limit;
      calls.historyLoaded.value = true;
      if (unseen.length > 0 && document.visibilityState === 'visible') see();
    });
  }

  function see(): void {
    store.calls.markSeen(null).catch(report);
  }

  function seeAgain(): void {
    if (document.visibilityState === 'visible' && calls.missed.value > 0) see();
  }

  return {
    open() {
      if (stop !== null) return;
      document.addEventListener('visibilitychange', seeAgain);
      read();
    },
    more() {
      if (stop === null || !calls.hasMoreHistory.value) return;
      limit += STEP;
      read();
    },
    close() {
      document.removeEventListener('visibilitychange', seeAgain);
      stop?.();
      stop = null;
      limit = STEP;
      fresh.clear();
      calls.history.value = [];
      calls.historyLoaded.value = false;
      calls.hasMoreHistory.value = false;
    },
  };
}
