import { batch } from '@preact/signals';
import { durationOf } from '#shared/call.ts';
import type { OpId, UserId } from '#shared/ids.ts';
import type { Goal, Place, TimelineItem, TimelineModel } from '../models/timeline.ts';
import { unchanged } from '../models/unchanged.ts';
import type { LocalStore, Span, Stop, StoredWindow } from '../store/ports.ts';

/**
 * The part of the open conversation that is shown: at its end, or anywhere in it. However long one reads, it never grows
 * wider than `WIDEST`, and no wider than `MOVING` by being scrolled: it moves along, and lets go of what lies far behind
 * the reader. Only who wants all of it drawn gets as much as they ask for.
 */
export interface Window {
  /** The newest messages; with many `unread`, those around the first of them. */
  open(store: LocalStore, peer: UserId, unread: number): void;
  /** Messages around one of them, which is shown at once if it is there already. */
  openAround(store: LocalStore, peer: UserId, goal: Goal & { readonly id: OpId }): void;
  toNewest(): void;
  loadEarlier(): void;
  loadLater(): void;
  /** Where the reader is; null at the end. What they read is not taken away by what comes in. */
  keepPlace(place: Place | null): void;
  /**
   * Shows a message of one's own at the end while it is being written to the device, from where it then is read in its
   * place.
   */
  write(item: TimelineItem): void;
  /** It could not be written. */
  unwrite(id: OpId): void;
  /** Stops reading. */
  close(): void;
}

/** How many messages a window shows on either side of a goal. */
export const WINDOW = 100;
/** With how many a conversation opens: what is on the screen, and some above it. */
const OPENING = 40;
/** Reading again what is shown, after each change to it, must stay unnoticed. */
export const WIDEST = 500;
/** What moves along with a reader is read again with each step: on a slow phone that must stay unnoticed, too. */
export const MOVING = 250;
/** How many messages a step brings. */
const STEP = 50;

interface Reading {
  readonly report: (error: unknown) => void;
  /** Called with each window that is shown: up to where the conversation was seen here. */
  readonly came: (seen: number) => void;
  /** Called when it is shown. */
  readonly changed: () => void;
}

export function createWindow(timeline: TimelineModel, { report, came, changed }: Reading): Window {
  let stop: Stop = () => {};
  let shown: { readonly store: LocalStore; readonly peer: UserId } | null = null;
  let span: Span = { newest: WINDOW };
  /** The reader is somewhere above the end. */
  let away = false;
  /** One step at a time: the window that was asked for must have come before it grows again. */
  let growing = false;
  let next: (() => void) | null = null;
  /** What is being written, in its order. */
  let writing: readonly TimelineItem[] = [];

  function withWriting(items: readonly TimelineItem[], hasLater: boolean): readonly TimelineItem[] {
    if (writing.length === 0) return items;
    const written = new Set(items.map(({ id }) => id));
    writing = writing.filter(({ id }) => !written.has(id));
    return hasLater ? items : [...items, ...writing];
  }

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

    function show({ items, calls, hasEarlier, hasLater, seen }: StoredWindow): void {
      if (timeline.peer.value !== peer) return;
      growing = false;
      batch(() => {
        // A new list all the same: what is known of a message may have changed beside what is shown of it.
        const all = withWriting(items, hasLater);
        timeline.items.value = [...unchanged(timeline.items.value, all, ({ id }) => id)];
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
        came(seen);
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
      read({ newest: Math.min(timeline.whole.value || WIDEST, Math.max(WINDOW, items.length)) });
    }
  }

  function grow(step: () => void): void {
    if (growing) next = step;
    else step();
  }

  /** How many of so many messages stay when others come. */
  function kept(count: number): number {
    return Math.min(count, (timeline.whole.value || MOVING) - STEP);
  }

  function growEarlier(): void {
    const items = timeline.items.value;
    const [oldest] = items;
    if (oldest === undefined || !timeline.hasEarlier.value) return;
    if ('newest' in span && items.length < span.newest) return;
    const missing = timeline.whole.value - items.length;
    read({ around: oldest.id, earlier: Math.max(STEP, missing), later: kept(items.length) });
  }

  function growLater(): void {
    const items = timeline.items.value;
    const newest = items.at(-1);
    if (newest === undefined || !timeline.hasLater.value) return;
    read({ around: newest.id, earlier: kept(items.length) - 1, later: STEP + 1 });
  }

  return {
    open(store, peer, unread) {
      const opened = { store, peer };
      shown = opened;
      away = false;
      if (unread + OPENING <= WIDEST) return read({ newest: OPENING + unread }, null);
      store.seenUpTo(peer).then((seen) => {
        if (shown === opened) read({ above: seen, earlier: WINDOW, later: WINDOW }, null);
      }, report);
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
    write(item) {
      writing = [...writing, item];
      const { items, loaded, hasLater } = timeline;
      if (loaded.value && !hasLater.value) items.value = [...items.value, item];
    },
    unwrite(id) {
      writing = writing.filter((item) => item.id !== id);
      timeline.items.value = timeline.items.value.filter((item) => item.id !== id || item.tick !== 'writing');
    },
    close() {
      stop();
      stop = () => {};
      shown = null;
      away = false;
      growing = false;
      next = null;
      writing = [];
    },
  };
}
