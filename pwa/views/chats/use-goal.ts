import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { OpId } from '#shared/ids.ts';
import type { Goal } from '../../models/timeline.ts';
import { useApp } from '../app-context.ts';
import { isCalm } from '../is-calm.ts';
import { sayChat } from '../strings/chat.ts';
import type { Row } from './rows.ts';
import type { End, Scroller } from './use-end.ts';

interface Way {
  readonly rows: readonly Row[];
  readonly virtualizer: Scroller;
  readonly end: End;
  readonly scroller: { readonly current: HTMLDivElement | null };
  /** Of the friend. */
  readonly name: string;
}

/** How long a goal is marked, in milliseconds. */
const MARKED = 2400;

/** The row that leads to, or -1 for the end: without a goal, the first unread message. */
export function goalIndex(rows: readonly Row[], goal: Goal | null): number {
  const wanted = goal?.id ?? null;
  return rows.findIndex((row) => (wanted === null ? goal === null && row.unread : row.key === wanted));
}

/**
 * Takes the reader where they want to be: at first to the goal, which may be where they were reading before, else to the first unread message, else to the newest
 * one; later to each new goal. Gives the message that is marked at the moment.
 */
export function useGoal({ rows, virtualizer, end, scroller, name }: Way): OpId | null {
  const { models, announce } = useApp();
  const goal = models.timeline.goal.value;
  const marked = useSignal<OpId | null>(null);
  /** The goal that was gone to; undefined at first. */
  const gone = useRef<Goal | null | undefined>(undefined);

  useLayoutEffect(() => {
    const first = gone.current === undefined;
    if (goal === gone.current) return;
    gone.current = goal;
    const wanted = goal?.id ?? null;
    const index = goalIndex(rows, goal);
    if (index === -1) {
      if (first) end.follow();
      else if (goal !== null) virtualizer.scrollToEnd({ behavior: isCalm() ? 'auto' : 'smooth' });
    } else if (first || wanted !== null) {
      const isMarked = wanted !== null && goal?.at === undefined;
      end.leave();
      virtualizer.scrollToIndex(index, { align: isMarked ? 'center' : 'start' });
      marked.value = isMarked ? wanted : null;
    }
    // The button that was pressed went away with the window before.
    if (goal !== null && document.activeElement === document.body) {
      scroller.current?.focus({ preventScroll: true });
    }
  }, [end, goal, marked, rows, scroller, virtualizer]);

  useEffect(() => {
    const item = models.timeline.items.peek().find(({ id }) => id === goal?.id);
    if (item === undefined || goal?.at !== undefined) return;
    announce(sayChat.saidBy(item.mine ? sayChat.mine : name, item.text ?? sayChat.unreadable));
  }, [announce, goal, models, name]);

  useEffect(() => {
    if (marked.value === null) return;
    const timer = setTimeout(() => (marked.value = null), MARKED);
    return () => clearTimeout(timer);
  }, [goal, marked, marked.value]);
  return marked.value;
}
