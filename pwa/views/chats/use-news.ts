import { useEffect } from 'preact/hooks';
import type { TimelineItem } from '../../models/timeline.ts';
import { useApp } from '../app-context.ts';
import { sayChat } from '../strings/chat.ts';

/** Speaks messages of the friend that arrive while the conversation is open. */
export function useNews(fresh: readonly TimelineItem[], name: string): void {
  const { announce } = useApp();
  useEffect(() => {
    for (const item of fresh) {
      if (!item.mine) announce(sayChat.saidBy(name, item.text ?? sayChat.unreadable));
    }
  }, [announce, fresh, name]);
}
