import type { TimelineCall, TimelineItem, TimelineNotice } from '../../models/timeline.ts';
import { dayOf } from '../format.ts';

/** One message, one call, or one remark of the app, as the timeline draws it. */
export type Row = ItemRow | CallRow | NoticeRow;

/** Separators belong to the message below, so that a row's key is its message. */
export interface ItemRow {
  readonly key: string;
  readonly item: TimelineItem;
  readonly notice: null;
  readonly call: null;
  /** A moment of the day that begins with this message, or null. */
  readonly day: number | null;
  /** Messages are missing above this one. */
  readonly hole: boolean;
  /** The first message that was unread when the conversation was opened. */
  readonly unread: boolean;
  /** First and last of neighbours by the same author within a few minutes. */
  readonly first: boolean;
  readonly last: boolean;
}

export interface CallRow {
  readonly key: string;
  readonly item: null;
  readonly notice: null;
  readonly call: TimelineCall;
  /** A moment of the day that begins with this call, or null. */
  readonly day: number | null;
  readonly unread: false;
}

export interface NoticeRow {
  readonly key: string;
  readonly item: null;
  readonly notice: TimelineNotice;
  readonly call: null;
  readonly unread: false;
}

/** Neighbours further apart than this stand on their own, in milliseconds. */
const GROUP_GAP = 5 * 60_000;

/** The part of a conversation that is here, and what else belongs between its messages. */
export interface TimelineWindow {
  readonly items: readonly TimelineItem[];
  readonly calls: readonly TimelineCall[];
  readonly notices: readonly TimelineNotice[];
  readonly unreadAfter: number | null;
  readonly hasEarlier: boolean;
  readonly hasLater: boolean;
}

/**
 * What to draw for a window of messages. While earlier messages exist, nothing is said about the day of the first
 * one, nor of one below missing messages: it may have begun before, and the separator would jump away under the reader
 * when they arrive. Notices begin no day: they stand at a number, and their times are of this device alone.
 */
export function rowsOf({ items, calls, notices, unreadAfter, hasEarlier, hasLater }: TimelineWindow): Row[] {
  const firstUnread = firstUnreadIndex(items, unreadAfter);
  const noticesAt = placed(items, notices, hasEarlier);
  const callsAt = placed(items, calls, hasEarlier);
  const isOneDay = createDays();
  const starts = items.map((item, index) => {
    const before = items[index - 1];
    if (before === undefined || index === firstUnread || noticesAt.has(index) || callsAt.has(index))
      return true;
    return !belongTogether(before, item) || !isOneDay(before.at, item.at);
  });

  /** When the message or call above was; undefined at the start. */
  let above: number | undefined;
  const dayAt = (at: number, hole = false): number | null => {
    const begins = above === undefined ? !hasEarlier : !hole && !isOneDay(above, at);
    above = at;
    return begins ? at : null;
  };
  const rows: Row[] = [];
  const remark = (index: number): void => {
    if (!noticesAt.has(index) && !callsAt.has(index)) return;
    const all = [...(noticesAt.get(index) ?? []), ...(callsAt.get(index) ?? [])];
    for (const one of all.toSorted((a, b) => a.at - b.at)) {
      rows.push('kind' in one ? noticeRow(one) : callRow(one, dayAt(one.at)));
    }
  };

  for (const [index, item] of items.entries()) {
    remark(index);
    rows.push({
      key: item.id,
      item,
      notice: null,
      call: null,
      day: dayAt(item.at, item.holeBefore),
      hole: item.holeBefore,
      unread: index === firstUnread,
      first: starts[index] ?? true,
      last: starts[index + 1] ?? true,
    });
  }
  // Below the last message of a window stands what belongs to later ones.
  if (!hasLater) remark(items.length);
  return rows;
}

/** Tells whether two moments are of one day. Neighbours mostly are, of the same one as those before: it is kept. */
function createDays(): (a: number, b: number) => boolean {
  let [from, to] = [0, 0];
  return (a, b) => {
    if (a < from || a >= to) {
      from = dayOf(a);
      to = new Date(a).setHours(24, 0, 0, 0);
    }
    return b >= from && b < to;
  };
}

/** Where the unread divider goes, or -1. */
export function firstUnreadIndex(items: readonly TimelineItem[], unreadAfter: number | null): number {
  if (unreadAfter === null) return -1;
  return items.findIndex((item) => !item.mine && item.n !== null && item.n > unreadAfter);
}

/**
 * Calls or notices by the index of the message that they stand above; below all, the number of messages. One that
 * belongs to earlier messages waits until those are here.
 */
function placed<T extends { readonly after: number }>(
  items: readonly TimelineItem[],
  remarks: readonly T[],
  hasEarlier: boolean,
): ReadonlyMap<number, readonly T[]> {
  const above = new Map<number, T[]>();
  for (const remark of remarks) {
    const index = 1 + items.findLastIndex(({ n }) => n !== null && n <= remark.after);
    if (index === 0 && hasEarlier) continue;
    above.set(index, [...(above.get(index) ?? []), remark]);
  }
  return above;
}

const noticeRow = (notice: TimelineNotice): NoticeRow => ({
  key: `notice-${notice.id}`,
  item: null,
  notice,
  call: null,
  unread: false,
});

const callRow = (call: TimelineCall, day: number | null): CallRow => ({
  key: `call-${call.id}`,
  item: null,
  notice: null,
  call,
  day,
  unread: false,
});

function belongTogether(before: TimelineItem, item: TimelineItem): boolean {
  if (item.holeBefore) return false;
  return before.mine === item.mine && item.at - before.at < GROUP_GAP;
}
