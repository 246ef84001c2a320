import type { Cursor } from '#sync/wire/up.ts';
import type { Entry, Page } from '#sync/wire/down.ts';
import type { PageLimits } from '#sync/server/ports.ts';

/** One position of a log, before it is resolved. */
export interface LogRow {
  readonly seq: number;
  readonly tag: number;
  /** What the entry refers to: rows of one page with the same subject are one entry. */
  readonly subject: string;
  /** Envelope bytes of the resolved entry. */
  readonly bytes: number;
  /** The present state of the subject. */
  resolve(): Entry;
}

/** Tells apart the cursors that need no lookup. `'start'` reads from the first entry. */
export function placeOf(cursor: Cursor | null, epoch: string): number | 'start' | 'resync' {
  if (cursor === null) return 'start';
  if (cursor.epoch !== epoch) return 'resync';
  if (cursor.seq > 0) return cursor.seq;
  return cursor.tag === 0 ? 'start' : 'resync';
}

/**
 * Makes a page of `rows`, which come in order and begin AT the cursor's own entry, so that one read both proves
 * the cursor and yields the page. `head` is asked only when the page ends before the log does.
 */
export function buildPage(
  rows: Iterable<LogRow>,
  cursor: Cursor | null,
  limits: PageLimits,
  head: () => number,
): Page | 'resync' {
  const from = cursor?.seq ?? 0;
  let [to, tag, bytes, count] = [from, cursor?.tag ?? 0, 0, 0];
  let proven = from === 0;
  let complete = true;
  const newestBySubject = new Map<string, LogRow>();
  for (const row of rows) {
    if (!proven) {
      if (row.seq !== from || row.tag !== tag) return 'resync';
      proven = true;
      continue;
    }
    if (count > 0 && (count === limits.entries || bytes + row.bytes > limits.bytes)) {
      complete = false;
      break;
    }
    // Deleted first, so that the map's order is the order of the entries that stay.
    newestBySubject.delete(row.subject);
    newestBySubject.set(row.subject, row);
    [to, tag, bytes, count] = [row.seq, row.tag, bytes + row.bytes, count + 1];
  }
  if (!proven) return 'resync';
  const entries = Array.from(newestBySubject.values(), (row) => row.resolve());
  return { from, to, tag, head: complete ? to : head(), entries };
}
