import { useSignal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { TimelineItem } from '../../models/timeline.ts';
import { useApp } from '../app-context.ts';
import { say } from '../strings.ts';

interface News {
  /** The reader has scrolled away from the newest message. */
  readonly away: ReadonlySignal<boolean>;
  /** Messages of the friend that came in the meantime. */
  readonly count: ReadonlySignal<number>;
  /** To be called with every change of scroll position or content. */
  look(atEnd: boolean): void;
}

/** Speaks and counts messages that arrive while the conversation is open; its history is neither. */
export function useNews(items: readonly TimelineItem[], name: string): News {
  const { announce } = useApp();
  const away = useSignal(false);
  const count = useSignal(0);
  /** The newest message when the reader was last at the end. */
  const readTo = useRef(items.at(-1)?.id);
  const spokenTo = useRef(items.at(-1)?.id);

  useEffect(() => {
    for (const item of newerThan(items, spokenTo.current)) {
      if (!item.mine) announce(say.conversation.saidBy(name, item.text ?? say.conversation.unreadable));
    }
    spokenTo.current = items.at(-1)?.id;
  }, [announce, items, name]);

  return {
    away,
    count,
    look(atEnd) {
      if (atEnd) readTo.current = items.at(-1)?.id;
      away.value = !atEnd;
      count.value = newerThan(items, readTo.current).filter((item) => !item.mine).length;
    },
  };
}

/** What follows the message `id`. Nothing when it is not there any more: better silent than all of history. */
function newerThan(items: readonly TimelineItem[], id: string | undefined): readonly TimelineItem[] {
  if (id === undefined) return items;
  const at = items.findLastIndex((item) => item.id === id);
  return at === -1 ? [] : items.slice(at + 1);
}
