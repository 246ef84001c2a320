import type { TimelineItem, TimelineNotice } from '../../models/timeline.ts';
import { dayOf } from '../format.ts';

/** One message, or one remark of the app, as the timeline draws it. */
export type Row = ItemRow | NoticeRow;

/** Separators belong to the message below, so that a row's key is its message. */
export interface ItemRow {
  readonly key: string;
  readonly item: TimelineItem;
  readonly notice: null;
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

export interface NoticeRow {
  readonly key: string;
  readonly item: null;
  readonly notice: TimelineNotice;
  readonly unread: false;
}

/** Neighbours further apart than this stand on their own, in milliseconds. */
const GROUP_GAP = 5 * 60_000;

/**
 * What to draw for a window of messages. While earlier messages exist, nothing is said about the day of the first
 * one, nor of one below missing messages: it may have begun before, and the separator would jump away under the reader
 * when they arrive. Notices begin no day: they stand at a number, and their times are of this device alone.
 */
export function rowsOf(
  items: readonly TimelineItem[],
  notices: readonly TimelineNotice[],
  unreadAfter: number | null,
  hasEarlier: boolean,
  hasLater = false,
): Row[] {
  const firstUnread = firstUnreadIndex(items, unreadAfter);
  const above = noticesAbove(items, notices, hasEarlier);
  const starts = items.map((item, index) => {
    const before = items[index - 1];
    const apart = before === undefined || index === firstUnread || above.has(index);
    return apart || !belongTogether(before, item);
  });
  const rows = items.flatMap((item, index): Row[] => {
    const before = items[index - 1];
    const follows = before !== undefined && !item.holeBefore;
    const newDay = follows ? dayOf(before.at) !== dayOf(item.at) : before === undefined && !hasEarlier;
    const row: ItemRow = {
      key: item.id,
      item,
      notice: null,
      day: newDay ? item.at : null,
      hole: item.holeBefore,
      unread: index === firstUnread,
      first: starts[index] ?? true,
      last: starts[index + 1] ?? true,
    };
    return [...(above.get(index) ?? []).map(noticeRow), row];
  });
  // Below the last message of a window stands what belongs to later ones.
  const below = hasLater ? [] : (above.get(items.length) ?? []);
  return [...rows, ...below.map(noticeRow)];
}

/** Where the unread divider goes, or -1. */
export function firstUnreadIndex(items: readonly TimelineItem[], unreadAfter: number | null): number {
  if (unreadAfter === null) return -1;
  return items.findIndex((item) => !item.mine && item.n !== null && item.n > unreadAfter);
}

/**
 * The notices by the index of the message that they stand above; below all, the number of messages. One that belongs
 * to earlier messages waits until those are here.
 */
function noticesAbove(
  items: readonly TimelineItem[],
  notices: readonly TimelineNotice[],
  hasEarlier: boolean,
): ReadonlyMap<number, readonly TimelineNotice[]> {
  const above = new Map<number, TimelineNotice[]>();
  for (const notice of notices) {
    const index = 1 + items.findLastIndex(({ n }) => n !== null && n <= notice.after);
    if (index === 0 && hasEarlier) continue;
    above.set(index, [...(above.get(index) ?? []), notice]);
  }
  return above;
}

const noticeRow = (notice: TimelineNotice): NoticeRow => ({
  key: `notice-${notice.id}`,
  item: null,
  notice,
  unread: false,
});

function belongTogether(before: TimelineItem, item: TimelineItem): boolean {
  if (item.holeBefore) return false;
  return before.mine === item.mine && item.at - before.at < GROUP_GAP && dayOf(before.at) === dayOf(item.at);
}
