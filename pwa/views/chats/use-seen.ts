import { useComputed, useSignalEffect } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { TimelineItem } from '../../models/timeline.ts';
import { useApp } from '../app-context.ts';
import { isAsking } from '../parts/Dialog.tsx';
import { ROOMY, useMedia } from '../use-media.ts';
import { useRecentInput } from './use-recent-input.ts';

/**
 * Reports messages as seen, and only then: the page is visible, its window has focus, the message is on the screen,
 * nothing lies over it, and somebody used the window within the last minute; else it waits for their next input. The
 * returned function takes the number of the last message of the friend that is on the screen or before it.
 * What changes among the messages is a reason to report again: a number is kept only when none before it is missing.
 */
export function useSeen(items: readonly TimelineItem[]): (n: number | null) => void {
  const { actions } = useApp();
  const covered = useIsCovered();
  const onScreen = useRef<number | null>(null);
  const reported = useRef({ n: 0, items });

  const report = () => {
    const n = onScreen.current;
    if (n === null || n < reported.current.n) return;
    if (n === reported.current.n && items === reported.current.items) return;
    if (document.visibilityState !== 'visible' || !document.hasFocus()) return;
    if (covered.peek() || !isThere()) return;
    reported.current = { n, items };
    actions.markSeen(n);
  };
  const latest = useRef(report);
  latest.current = report;
  // Whoever comes back finds what arrived in the meantime.
  const isThere = useRecentInput(report);

  useSignalEffect(() => {
    if (!covered.value) latest.current();
  });

  return (n) => {
    onScreen.current = n;
    report();
  };
}

/** Whether the messages lie under a call, a modal question, or, where there is little room, the safety number. */
function useIsCovered(): ReadonlySignal<boolean> {
  const { calls, shell } = useApp().models;
  const roomy = useMedia(ROOMY);
  return useComputed(() => {
    const called = calls.current.value !== null && !calls.minimised.value;
    const route = shell.route.value;
    const compared = route.panel === 'chats' && route.safety === true && !roomy.value;
    return called || isAsking.value || compared;
  });
}
