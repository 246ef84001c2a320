import type { ReadonlySignal } from '@preact/signals';
import { useCallback, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { BubbleDrawing } from '../parts/drawings.tsx';
import { EmptyState } from '../parts/EmptyState.tsx';
import { DownIcon } from '../parts/icons.tsx';
import { say } from '../strings.ts';
import { MessageRow } from './MessageRow.tsx';
import { rowsOf } from './rows.ts';
import { useNews } from './use-news.ts';
import { useSeen } from './use-seen.ts';
import { useVirtualizer } from './use-virtualizer.ts';

/** Room under the floating header (its height in styles/tokens.css plus some air), in pixels. */
const HEAD_ROOM = 76;
/** Room above the floating composer, in pixels. */
const FOOT_ROOM = 2;
/** Between the composer and the button that leads to the end, in pixels. */
const BUTTON_GAP = 12;
/** Closer to the newest message than this counts as being there, in pixels. */
const AT_END = 80;
/** Closer to the oldest loaded message than this asks for earlier ones, in pixels. */
const NEAR_START = 900;

const NOWHERE = { scrollTop: 0, clientHeight: 0, scrollHeight: 0 };

/** The messages. It alone owns its scroll position; only what is near the screen is drawn. */
export function Timeline(props: { name: string; covered: ReadonlySignal<number> }) {
  const { models, actions } = useApp();
  const { items: itemsSignal, hasEarlier: hasEarlierSignal, unreadAfter } = models.timeline;
  const items = itemsSignal.value;
  const hasEarlier = hasEarlierSignal.value;
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useMemo(
    () => rowsOf(items, unreadAfter.value, hasEarlier),
    [items, unreadAfter.value, hasEarlier],
  );

  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    getItemKey: useCallback((index: number) => rows[index]?.item.id ?? index, [rows]),
    estimateSize: useCallback((index: number) => estimate(rows[index]?.item.text ?? null), [rows]),
    overscan: 8,
    paddingStart: HEAD_ROOM,
    paddingEnd: props.covered.value + FOOT_ROOM,
    scrollPaddingStart: HEAD_ROOM,
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: AT_END,
  });

  /** Whether the newest message was on the screen when it was last scrolled; what is drawn meanwhile does not change it. */
  const atEnd = useRef(true);
  const keepAtEnd = useCallback(() => {
    if (atEnd.current) virtualizer.scrollToEnd();
  }, [virtualizer]);

  // Opens at the first unread message, else at the newest one; once.
  const opened = useRef(false);
  useLayoutEffect(() => {
    if (opened.current) return;
    opened.current = true;
    const firstUnread = rows.findIndex((row) => row.unread);
    atEnd.current = firstUnread === -1;
    if (atEnd.current) virtualizer.scrollToEnd();
    else virtualizer.scrollToIndex(firstUnread, { align: 'start' });
  }, [rows, virtualizer]);

  // The composer grows, or the keyboard takes half of the screen: whoever was at the end stays there.
  useLayoutEffect(keepAtEnd, [keepAtEnd, props.covered.value]);
  useLayoutEffect(() => {
    if (scroller.current === null) return;
    const observer = new ResizeObserver(keepAtEnd);
    observer.observe(scroller.current);
    return () => observer.disconnect();
  }, [keepAtEnd]);

  // What one writes oneself is followed from anywhere.
  const newest = items.at(-1);
  const newestBefore = useRef(newest?.id);
  useLayoutEffect(() => {
    if (newest?.id !== newestBefore.current && newest?.tick === 'queued') virtualizer.scrollToEnd();
    newestBefore.current = newest?.id;
  }, [newest, virtualizer]);

  const news = useNews(items, props.name);
  const seen = useSeen();
  const visible = virtualizer.getVirtualItems();

  const look = () => {
    const { scrollTop, clientHeight, scrollHeight } = scroller.current ?? NOWHERE;
    const isAtEnd = scrollHeight - clientHeight - scrollTop <= AT_END;
    // Content that grows below moves nobody away from the end; only scrolling does.
    if (isAtEnd) atEnd.current = true;
    const bottom = scrollTop + clientHeight - props.covered.value;
    const onScreen = visible.findLast(
      ({ index, end }) => end <= bottom && isNumberedIncoming(rows[index]?.item),
    );
    seen(onScreen === undefined ? null : (rows[onScreen.index]?.item.n ?? null));
    news.look(atEnd.current);
  };
  useLayoutEffect(look);

  // Near the start, once for each oldest message.
  const oldest = items[0]?.id;
  const askedBefore = useRef<string | null>(null);
  const askForEarlier = () => {
    if (!hasEarlier || oldest === undefined || oldest === askedBefore.current) return;
    if ((scroller.current?.scrollTop ?? Infinity) > NEAR_START) return;
    askedBefore.current = oldest;
    actions.loadEarlier();
  };

  return (
    <>
      <div
        ref={scroller}
        class="timeline"
        role="log"
        aria-live="off"
        aria-label={say.conversation.messages(props.name)}
        tabIndex={0}
        style={{ '--covered': `${props.covered.value}px` }}
        onScroll={() => {
          atEnd.current = false;
          look();
          askForEarlier();
        }}
      >
        {rows.length === 0 && (
          <EmptyState
            drawing={<BubbleDrawing />}
            title={say.conversation.emptyTitle(props.name)}
            text={say.conversation.empty}
          />
        )}
        <div class="timeline-content" style={{ height: `${virtualizer.getTotalSize()}px` }}>
          <div class="timeline-window" style={{ transform: `translateY(${visible[0]?.start ?? 0}px)` }}>
            {visible.map(({ index, key }) => {
              const row = rows[index];
              return (
                row !== undefined && (
                  <div key={key} data-index={index} ref={virtualizer.measureElement} class="timeline-row">
                    <MessageRow row={row} name={props.name} />
                  </div>
                )
              );
            })}
          </div>
        </div>
      </div>
      {news.away.value && (
        <button
          type="button"
          class="to-end"
          style={{ insetBlockEnd: `${props.covered.value + BUTTON_GAP}px` }}
          aria-label={news.count.value === 0 ? say.conversation.toEnd : undefined}
          onClick={() => virtualizer.scrollToEnd({ behavior: 'smooth' })}
        >
          {news.count.value > 0 && say.conversation.toEndNew(news.count.value)}
          <DownIcon />
        </button>
      )}
    </>
  );
}

function isNumberedIncoming(item: { mine: boolean; n: number | null } | undefined): boolean {
  return item !== undefined && !item.mine && item.n !== null;
}

/** A guess at a row's height before it was drawn once, in pixels. */
function estimate(text: string | null): number {
  return 44 + Math.floor((text?.length ?? 0) / 60) * 22;
}
