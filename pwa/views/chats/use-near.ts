import type { Range } from '@tanstack/virtual-core';
import { useCallback, useLayoutEffect, useReducer, useRef } from 'preact/hooks';

/** So many rows on either side of the screen are drawn ahead of the reader. */
const AHEAD = 8;
/** So many of them, on either side, come with one frame: a slow phone draws no more without a pause. */
const PORTION = 3;
/** After a leap to where nothing was drawn, whoever leaps on needs none of them, in milliseconds. */
const STILL = 120;

interface Drawn {
  readonly from: number;
  readonly to: number;
  /** As the rows were counted then. */
  readonly keys: readonly string[];
  /** All that belongs there is drawn. */
  readonly complete: boolean;
  /** How often the reader has come to where nothing was drawn before, and whether in this turn. */
  readonly leaps: number;
  readonly leapt: boolean;
  /** Which turn it was drawn in: no frame draws more for being drawn twice. */
  readonly turn: number;
}

/**
 * Which rows to draw: what is on the screen at once, what is near it a few rows with each frame, and what was drawn as
 * long as it is near. `whole` draws all.
 */
export function useNear(
  keys: readonly string[],
  whole: boolean,
): (range: Pick<Range, 'startIndex' | 'endIndex'>) => number[] {
  const [turn, goOn] = useReducer((turns: number) => turns + 1, 0);
  const drawn = useRef<Drawn | null>(null);
  const waiting = useRef<{ turn: number; leaps: number; cancel: () => void } | null>(null);
  const extract = useCallback(
    ({ startIndex, endIndex }: Pick<Range, 'startIndex' | 'endIndex'>) => {
      drawn.current = whole
        ? { from: 0, to: keys.length - 1, keys, complete: true, leaps: 0, leapt: false, turn }
        : nextDrawn(drawn.current, keys, turn, startIndex, endIndex);
      const { from, to } = drawn.current;
      return Array.from({ length: to - from + 1 }, (_, at) => from + at);
    },
    // Another turn draws more of the same.
    [keys, whole, turn],
  );

  useLayoutEffect(() => {
    const { complete, leaps, leapt } = drawn.current ?? { complete: true, leaps: 0, leapt: false };
    const before = waiting.current;
    if (!complete && before?.turn === turn && before.leaps === leaps) return;
    before?.cancel();
    const more = () => goOn(undefined);
    const wait = () => (leapt ? afterMs(more, STILL) : afterFrame(more));
    waiting.current = complete ? null : { turn, leaps, cancel: wait() };
  });
  useLayoutEffect(() => () => waiting.current?.cancel(), []);
  return extract;
}

/** What is drawn next, where rows `start` to `end` are on the screen. */
export function nextDrawn(
  before: Drawn | null,
  keys: readonly string[],
  turn: number,
  start: number,
  end: number,
): Drawn {
  const least = Math.max(0, start - AHEAD);
  const most = Math.min(keys.length - 1, end + AHEAD);
  const known = before === null ? null : inTermsOf(keys, before);
  if (before === null || known === null || known.to < start - 1 || known.from > end + 1) {
    const leaps = 1 + (before?.leaps ?? 0);
    const complete = start === least && end === most;
    return { from: start, to: end, keys, turn, complete, leaps, leapt: true };
  }
  const more = turn === before.turn ? 0 : PORTION;
  const from = Math.max(least, Math.min(start, known.from) - more);
  const to = Math.min(most, Math.max(end, known.to) + more);
  const complete = from === least && to === most;
  return { from, to, keys, turn, complete, leaps: before.leaps, leapt: before.leapt && more === 0 };
}

/** Rows come and go at both ends, and what was drawn has other places then. */
function inTermsOf(keys: readonly string[], { from, to, keys: before }: Drawn) {
  if (keys === before) return { from, to };
  for (let at = from; at <= to; at++) {
    const index = keys.indexOf(before[at] ?? '');
    if (index !== -1)
      return { from: Math.max(0, index - at + from), to: Math.min(keys.length - 1, index - at + to) };
  }
  return null;
}

/** In a task of its own, after the frame that is made now. */
function afterFrame(task: () => void): () => void {
  let timer = 0;
  const frame = requestAnimationFrame(() => (timer = window.setTimeout(task)));
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}

function afterMs(task: () => void, ms: number): () => void {
  const timer = setTimeout(task, ms);
  return () => clearTimeout(timer);
}
