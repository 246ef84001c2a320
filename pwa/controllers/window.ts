import { batch } from '@preact/signals';
import { durationOf } from '#shared/call.ts';
import type { OpId, UserId } from '#shared/ids.ts';
import type { Goal, Place, TimelineModel } from '../models/timeline.ts';
import { unchanged } from '../models/unchanged.ts';
import type { LocalStore, Span, Stop, StoredWindow } from '../store/ports.ts';

/**
 * The part of the open conversation that is shown: at its end, or anywhere in it. However long one reads, it never grows
 * wider than `WIDEST`, and no wider than `MOVING` by being scrolled: it moves along, and lets go of what lies far behind
 * the reader.
 */
export interface Window {
  /** The newest messages; with many `unread`, those around the first that is numbered above `seen`. */
  open(store: LocalStore, peer: UserId, unread: number, seen: number): void;
  /** Messages around one of them, which is shown at once if it is there already. */
  openAround(store: LocalStore, peer: UserId, goal: Goal & { readonly id: OpId }): void;
  toNewest(): void;
  loadEarlier(): void;
  loadLater(): void;
  /** Where the reader is; null at the end. What they read is not taken away by what comes in. */
  keepPlace(place: Place | null): void;
  /** Stops reading. */
  close(): void;
}

/** How many messages a window shows at first, and on either side of a goal. */
export const WINDOW = 100;
/** Reading again what is shown, after each change to it, must stay unnoticed. */
export const WIDEST = 500;
/** What moves along with a reader is read again with each step: on a slow phone that must stay unnoticed, too. */
export const MOVING = 250;
/** How many messages a step brings. */
const STEP = 50;

export function createWindow(timeline: TimelineModel, changed: () => void): Window {
  let stop: Stop = () => {};
  let shown: { readonly store: LocalStore; readonly peer: UserId } | null = null;
  let span: Span = { newest: WINDOW };
  /** The reader is somewhere above the end. */
  let away = false;
  /** One step at a time: the window that was asked for must have come before it grows again. */
  let growing = false;
  let next: (() => void) | null = null;

  /** Reads `wanted` from now on. A `goal` makes it another window, whose messages replace those before all at once. */
  function read(wanted: Span, goal?: Goal | null): void {
    if (shown === null) return;
    const { store, peer } = shown;
    let first = goal !== undefined;
    let moves = !first;
    let waiting = 0;
    span = wanted;
    growing = true;
    next = null;
    stop();

    function show({ items, calls, hasEarlier, hasLater }: StoredWindow): void {
      if (timeline.peer.value !== peer) return;
      growing = false;
      batch(() => {
        // A new list all the same: what is known of a message may have changed beside what is shown of it.
        timeline.items.value = [...unchanged(timeline.items.value, items, ({ id }) => id)];
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
      hold();
      changed();
      const step = next;
      next = null;
      step?.();
    }

    const stopReading = store.liveTimeline(peer, wanted, (messages) => {
      clearTimeout(waiting);
      // A step was read for somebody who scrolls: opening it was one piece of work, and drawing it is another.
      if (moves) waiting = window.setTimeout(show, 0, messages);
      else show(messages);
      moves = false;
    });
    stop = () => {
      clearTimeout(waiting);
      stopReading();
    };
  }

  /**
   * At the end the window is the newest messages, whichever those are: what comes in pushes the oldest out. For somebody
   * who reads further up it begins where it begins.
   */
  function hold(): void {
    const items = timeline.items.value;
    const [oldest] = items;
    if (oldest === undefined) return;
    const isNewest = 'newest' in span;
    if (isNewest && away) {
      // What fills a hole above it belongs to it.
      const earlier = oldest.holeBefore ? WINDOW : 0;
      read({ around: oldest.id, earlier, later: items.length + WIDEST });
    } else if (!isNewest && !away && !timeline.hasLater.value) {
      read({ newest: Math.min(WIDEST, Math.max(WINDOW, items.length)) });
    }
  }

  function grow(step: () => void): void {
    if (growing) next = step;
    else step();
  }

  /** How many of so many messages stay when others come. */
  function kept(count: number): number {
    return Math.min(count, (timeline.whole.value ? WIDEST : MOVING) - STEP);
  }

  function growEarlier(): void {
    const items = timeline.items.value;
    const [oldest] = items;
    if (oldest === undefined || !timeline.hasEarlier.value) return;
    if ('newest' in span && items.length < span.newest) return;
    read({ around: oldest.id, earlier: STEP, later: kept(items.length) });
  }

  function growLater(): void {
    const items = timeline.items.value;
    const newest = items.at(-1);
    if (newest === undefined || !timeline.hasLater.value) return;
    read({ around: newest.id, earlier: kept(items.length) - 1, later: STEP + 1 });
  }

  return {
    open(store, peer, unread, seen) {
      shown = { store, peer };
      away = false;
      if (unread + WINDOW <= WIDEST) read({ newest: WINDOW + unread }, null);
      else read({ above: seen, earlier: WINDOW, later: WINDOW }, null);
    },
    openAround(store, peer, goal) {
      shown = { store, peer };
      if (timeline.loaded.value && timeline.items.value.some(({ id }) => id === goal.id)) {
        timeline.goal.value = goal;
        return;
      }
      away = true;
      read({ around: goal.id, earlier: WINDOW, later: WINDOW }, goal);
    },
    toNewest() {
      away = false;
      if (timeline.hasLater.value) read({ newest: WINDOW }, { id: null });
      else timeline.goal.value = { id: null };
    },
    loadEarlier: () => grow(growEarlier),
    loadLater: () => grow(growLater),
    keepPlace(place) {
      if (away === (place !== null)) return;
      away = place !== null;
      if (!growing) hold();
    },
    close() {
      stop();
      stop = () => {};
      shown = null;
      away = false;
      growing = false;
      next = null;
    },
  };
}
