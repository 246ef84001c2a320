import type { Row } from './rows.ts';

/** Of styles/timeline.css, in pixels: a line of a message, and what a row has besides. */
const LINE = 21.7;
const BESIDES = 18.5;
const AFTER_LAST = 7;
const DIVIDER = 49;
/** Of letters, on average. */
const LETTER = 7.4;
/** So many letters are as wide as the time that stands behind the last one, and the tick. */
const TIME = 6;
const TICK = 3;

/**
 * A guess at a row's height before it was drawn once, in pixels, where the timeline is `width` wide. The better it is, the
 * less has to be put right after a row was drawn.
 */
export function heightOf(row: Row | undefined, width: number): number {
  if (row === undefined || row.item === null) return LINE * 2;
  const { item, day, hole, unread, last } = row;
  const bubble = Math.min(544, 0.82 * Math.min(808, width - (width < 720 ? 24 : 40)));
  const inLine = Math.max(1, (bubble - 24) / LETTER);
  const text = item.text ?? '';
  let lines = 0;
  for (let from = 0; from <= text.length;) {
    const end = text.indexOf('\n', from);
    const to = end === -1 ? text.length : end;
    const room = end === -1 ? TIME + (item.mine ? TICK : 0) : 0;
    lines += Math.max(1, Math.ceil((to - from + room) / inLine));
    from = to + 1;
  }
  const dividers = [day !== null, hole, unread].filter(Boolean).length;
  return Math.round(BESIDES + lines * LINE + (last ? AFTER_LAST : 0) + dividers * DIVIDER);
}
