import type { Cursor } from '#sync/wire/up.ts';
import type { Entry, Page } from '#sync/wire/down.ts';
import type { PageLimits } from '#sync/server/ports.ts';

/** One position of a log. */
export interface PlacedRow {
  readonly seq: number;
  readonly tag: number;
  /** What the entry refers to: rows of one page with the same subject are one entry. */
  readonly subject: string;
  /** Envelope bytes of the resolved entry. */
  readonly bytes: number;
}
/** The same, before it is resolved. */
export interface LogRow extends PlacedRow {
  /** The present state of the subject. */
  resolve(): Entry;
}
/** Which positions make a page. */
export interface Selection<Row> extends Omit<Page, 'entries' | 'head'> {
  /** Whether the log ends where the page does. */
  readonly complete: boolean;
  readonly rows: readonly Row[];
}

/** Tells apart the cursors that need no lookup. `'start'` reads from the first entry. */
export function placeOf(cursor: Cursor | null, epoch: string): number | 'start' | 'resync' {
  if (cursor === null) return 'start';
  if (cursor.epoch !== epoch) return 'resync';
  if (cursor.seq > 0) return cursor.seq;
  return cursor.tag === 0 ? 'start' : 'resync';
}

/**
 * Chooses a page of `rows`, which come in order and begin AT the cursor's own entry, so that one read both proves the
 * cursor and yields the page.
 */
export function selectRows<Row extends PlacedRow>(
  rows: Iterable<Row>,
  cursor: Cursor | null,
  limits: PageLimits,
): Selection<Row> | 'resync' {
  const from = cursor?.seq ?? 0;
  let [to, tag, bytes, count] = [from, cursor?.tag ?? 0, 0, 0];
  let proven = from === 0;
  let complete = true;
  const newestBySubject = new Map<string, Row>();
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
  return { from, to, tag, complete, rows: [...newestBySubject.values()] };
}

/** The page of the rows that `selectRows` chooses. `head` is asked only when the page ends before the log does. */
export function buildPage(
  rows: Iterable<LogRow>,
  cursor: Cursor | null,
  limits: PageLimits,
  head: () => number,
): Page | 'resync' {
  const selection = selectRows(rows, cursor, limits);
  if (selection === 'resync') return 'resync';
  const { from, to, tag, complete } = selection;
  const entries = selection.rows.map((row) => row.resolve());
  return { from, to, tag, head: complete ? to : head(), entries };
}
