import { batch } from '@preact/signals';
import { durationOf } from '#shared/call.ts';
import type { OpId, UserId } from '#shared/ids.ts';
import type { Goal, Place, TimelineItem, TimelineModel } from '../models/timeline.ts';
import { unchanged } from '../models/unchanged.ts';
import type { LocalStore, Span, Stop } from '../store/ports.ts';

/**
 * The part of the open conversation that is shown: at its end, or anywhere in it. However long one reads, it never grows
 * wider than `WIDEST`: it moves along, and lets go of what lies far behind the reader.
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

/** How many messages a window shows on either side of a goal, and grows by. */
export const WINDOW = 100;
/** With how many a conversation opens: what is on the screen, and some above it. */
const OPENING = 40;
/** Reading again what is shown, after each change to it, must stay unnoticed. */
export const WIDEST = 500;

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
    span = wanted;
    growing = true;
    next = null;
    stop();
    stop = store.liveTimeline(peer, wanted, ({ items, calls, hasEarlier, hasLater, seen }) => {
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
    });
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

  function growEarlier(): void {
    const items = timeline.items.value;
    const [oldest] = items;
    if (oldest === undefined || !timeline.hasEarlier.value) return;
    if ('newest' in span && items.length < span.newest) return;
    read({ around: oldest.id, earlier: WINDOW, later: Math.min(items.length, WIDEST - WINDOW) });
  }

  function growLater(): void {
    const items = timeline.items.value;
    const newest = items.at(-1);
    if (newest === undefined || !timeline.hasLater.value) return;
    const earlier = Math.min(items.length, WIDEST - WINDOW) - 1;
    read({ around: newest.id, earlier, later: WINDOW + 1 });
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
