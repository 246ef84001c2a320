import { batch } from '@preact/signals';
import { durationOf } from '#shared/call.ts';
import type { OpId, UserId } from '#shared/ids.ts';
import type { Goal, TimelineModel } from '../models/timeline.ts';
import type { LocalStore, Span, Stop } from '../store/ports.ts';

/** The part of the open conversation that is shown: at its end, or anywhere in it. */
export interface Window {
  /** The newest `count` messages. */
  openAtEnd(store: LocalStore, peer: UserId, count?: number): void;
  /** Messages around one of them, which is shown at once if it is there already. */
  openAround(store: LocalStore, peer: UserId, id: OpId): void;
  toNewest(): void;
  loadEarlier(): void;
  loadLater(): void;
  /** Stops reading. */
  close(): void;
}

/** How many messages a window shows at first, on either side of a goal, and grows by. */
export const WINDOW = 100;

export function createWindow(timeline: TimelineModel, changed: () => void): Window {
  let stop: Stop = () => {};
  let shown: { readonly store: LocalStore; readonly peer: UserId } | null = null;
  let span: Span = { newest: WINDOW };
  /** One step at a time: the window that was asked for must have come before it grows again. */
  let growing = false;
  let next: (() => void) | null = null;

  /** Reads `wanted` from now on. A `goal` makes it another window, whose messages replace those before all at once. */
  function read(wanted: Span, goal?: Goal | null): void {
    if (shown === null) return;
    const { store, peer } = shown;
    let first = goal !== undefined;
    span = wanted;
    growing = true;
    next = null;
    stop();
    stop = store.liveTimeline(peer, wanted, ({ items, calls, hasEarlier, hasLater }) => {
      if (timeline.peer.value !== peer) return;
      growing = false;
      batch(() => {
        timeline.items.value = items;
        timeline.calls.value = calls.map((call) => ({
          ...call,
          at: call.startedAt,
          duration: durationOf(call),
        }));
        timeline.hasEarlier.value = hasEarlier;
        timeline.hasLater.value = hasLater;
        timeline.loaded.value = true;
        if (first) {
          timeline.window.value++;
          timeline.goal.value = goal ?? null;
        }
      });
      first = false;
      // It has grown to the newest message: what comes in from now on is part of it.
      if ('around' in span && !hasLater) read({ newest: Math.max(WINDOW, items.length) });
      changed();
      const step = next;
      next = null;
      step?.();
    });
  }

  function grow(step: () => void): void {
    if (growing) next = step;
    else step();
  }

  function growEarlier(): void {
    if (!timeline.hasEarlier.value) return;
    if ('around' in span) read({ ...span, earlier: span.earlier + WINDOW });
    else if (timeline.items.value.length >= span.newest) read({ newest: span.newest + WINDOW });
  }

  function growLater(): void {
    if (timeline.hasLater.value && 'around' in span) read({ ...span, later: span.later + WINDOW });
  }

  return {
    openAtEnd(store, peer, count = WINDOW) {
      shown = { store, peer };
      read({ newest: count }, null);
    },
    openAround(store, peer, id) {
      shown = { store, peer };
      if (timeline.loaded.value && timeline.items.value.some((item) => item.id === id)) {
        timeline.goal.value = { id };
      } else read({ around: id, earlier: WINDOW, later: WINDOW }, { id });
    },
    toNewest() {
      if (timeline.hasLater.value) read({ newest: WINDOW }, { id: null });
      else timeline.goal.value = { id: null };
    },
    loadEarlier: () => grow(growEarlier),
    loadLater: () => grow(growLater),
    close() {
      stop();
      stop = () => {};
      shown = null;
      growing = false;
      next = null;
    },
  };
}
