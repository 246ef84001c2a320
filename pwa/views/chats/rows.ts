import type { TimelineItem } from '../../models/timeline.ts';
import { dayOf } from '../format.ts';

/** One message as the timeline draws it. Separators belong to the message below, so that a row's key is its message. */
export interface Row {
  readonly item: TimelineItem;
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

/** Neighbours further apart than this stand on their own, in milliseconds. */
const GROUP_GAP = 5 * 60_000;

/**
 * What to draw for a window of messages. While earlier messages exist, nothing is said about the day of the first
 * one, nor of one below missing messages: it may have begun before, and the separator would jump away under the reader
 * when they arrive.
 */
export function rowsOf(
  items: readonly TimelineItem[],
  unreadAfter: number | null,
  hasEarlier: boolean,
): Row[] {
  const firstUnread = firstUnreadIndex(items, unreadAfter);
  const starts = items.map((item, index) => {
    const before = items[index - 1];
    return before === undefined || index === firstUnread || !belongTogether(before, item);
  });
  return items.map((item, index) => {
    const before = items[index - 1];
    const follows = before !== undefined && !item.holeBefore;
    const newDay = follows ? dayOf(before.at) !== dayOf(item.at) : before === undefined && !hasEarlier;
    return {
      item,
      day: newDay ? item.at : null,
      hole: item.holeBefore,
      unread: index === firstUnread,
      first: starts[index] ?? true,
      last: starts[index + 1] ?? true,
    };
  });
}

/** Where the unread divider goes, or -1. */
export function firstUnreadIndex(items: readonly TimelineItem[], unreadAfter: number | null): number {
  if (unreadAfter === null) return -1;
  return items.findIndex((item) => !item.mine && item.n !== null && item.n > unreadAfter);
}

function belongTogether(before: TimelineItem, item: TimelineItem): boolean {
  if (item.holeBefore) return false;
  return before.mine === item.mine && item.at - before.at < GROUP_GAP && dayOf(before.at) === dayOf(item.at);
}
