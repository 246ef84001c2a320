import type { Virtualizer } from '@tanstack/virtual-core';
import { useCallback, useLayoutEffect, useMemo, useRef } from 'preact/hooks';

export type Scroller = Virtualizer<HTMLDivElement, HTMLDivElement>;

/** Keeps whoever reads the newest message there, whatever is drawn, measured or put in another order meanwhile. */
export interface End {
  /** True while the newest message is followed, or so near that it makes no difference. */
  isNear(): boolean;
  /** `follow` moves there at once and stays; `leave` gives way to a move to elsewhere. */
  follow(): void;
  leave(): void;
  /** To be called for each scroll event: a person who scrolls up leaves the end, and nothing else does. */
  scrolled(): void;
}

/** Closer to the newest message than this counts as being there, in pixels. */
export const AT_END = 80;
/** Further from the newest message than this nothing depends on where it is exactly, in pixels. */
const FAR = 1_500;
/** Browsers round positions, in pixels. */
const ROUNDING = 2;
/** A scroll event this soon after a person's hand is theirs, in milliseconds. */
const HAND = 200;
/** Keys that may scroll towards earlier messages. */
const UPWARD = new Set(['ArrowUp', 'PageUp', 'Home', ' ']);
/** The way to where a conversation opens takes some frames, which may pass the end, in milliseconds. */
const WAY = 300;

/** `apart` while the newest message is not among those that are drawn: then there is no end to be at. */
export function useEnd(
  virtualizer: Scroller,
  scroller: { current: HTMLDivElement | null },
  apart: boolean,
): End {
  const following = useRef(!apart);
  const isApart = useRef(apart);
  isApart.current = apart;
  const handAt = useRef(-Infinity);
  const leftAt = useRef(-Infinity);
  /** Where everything was when we last looked. */
  const known = useRef({ top: 0, content: 0, view: 0 });

  const look = useCallback(() => {
    const { scrollTop: top = 0, scrollHeight: content = 0, clientHeight: view = 0 } = scroller.current ?? {};
    const before = known.current;
    known.current = { top, content, view };
    return { before, now: known.current, left: content - view - top };
  }, [scroller]);

  const arrived = useCallback((left: number) => {
    const arrives = !isApart.current && left <= ROUNDING && performance.now() - leftAt.current > WAY;
    if (arrives) following.current = true;
    return arrives;
  }, []);

  /** As the virtualizer knows it: to ask for the layout between two drawings is to pay for it. */
  const isFar = useCallback(() => {
    if (following.current) return false;
    const { scrollOffset, scrollRect } = virtualizer;
    const left = virtualizer.getTotalSize() - (scrollRect?.height ?? 0) - (scrollOffset ?? 0);
    return isApart.current || left > FAR;
  }, [virtualizer]);

  const keep = useCallback(() => {
    if (isFar()) return;
    if (arrived(look().left)) return;
    if (following.current) {
      virtualizer.scrollToEnd();
      look();
    }
  }, [arrived, isFar, look, virtualizer]);

  // After every drawing: rows get heights, and queued messages their places, only by and by.
  useLayoutEffect(keep);
  // The keyboard takes half of the screen.
  useLayoutEffect(() => {
    if (scroller.current === null) return;
    const observer = new ResizeObserver(keep);
    observer.observe(scroller.current);
    return () => observer.disconnect();
  }, [keep, scroller]);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const hand = (event: Event) => {
      const elsewhere =
        (event instanceof WheelEvent && event.deltaY >= 0) ||
        (event instanceof KeyboardEvent && !UPWARD.has(event.key));
      if (!elsewhere) handAt.current = performance.now();
    };
    const listening = new AbortController();
    for (const type of ['wheel', 'touchmove', 'pointerdown', 'keydown']) {
      element.addEventListener(type, hand, { passive: true, signal: listening.signal });
    }
    return () => listening.abort();
  }, [scroller]);

  return useMemo(
    () => ({
      isNear() {
        if (isApart.current || isFar()) return false;
        const { scrollTop = 0, scrollHeight = 0, clientHeight = 0 } = scroller.current ?? {};
        return following.current || scrollHeight - clientHeight - scrollTop <= AT_END;
      },
      follow() {
        following.current = true;
        virtualizer.scrollToEnd();
      },
      leave() {
        following.current = false;
        leftAt.current = performance.now();
      },
      scrolled() {
        const { before, now, left } = look();
        const up = now.top < before.top - 0.5;
        // A layout that shrank moves the view up, too; a person moves it while the layout stays.
        const stayed = now.content === before.content && now.view === before.view;
        const byHand = performance.now() - handAt.current < HAND;
        if (up && (stayed || byHand)) following.current = false;
        else arrived(left);
      },
    }),
    [arrived, isFar, look, scroller, virtualizer],
  );
}
