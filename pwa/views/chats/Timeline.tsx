import { useComputed, useSignal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { useCallback, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { Place } from '../../models/timeline.ts';
import { unchanged } from '../../models/unchanged.ts';
import { useApp } from '../app-context.ts';
import { CallLine } from '../calls/CallLine.tsx';
import { BubbleDrawing } from '../parts/drawings.tsx';
import { EmptyState } from '../parts/EmptyState.tsx';
import { DownIcon } from '../parts/more-icons.tsx';
import { sayChat } from '../strings/chat.ts';
import { MessageRow, tellTime } from './MessageRow.tsx';
import { NoticeLine } from './NoticeLine.tsx';
import { heightOf } from './row-height.ts';
import { type Row, rowsOf } from './rows.ts';
import { AT_END, useEnd } from './use-end.ts';
import { useEndKey } from './use-end-key.ts';
import { useFresh } from './use-fresh.ts';
import { goalIndex, useGoal } from './use-goal.ts';
import { useHole } from './use-hole.ts';
import { useNear } from './use-near.ts';
import { useNews } from './use-news.ts';
import { useSeen } from './use-seen.ts';
import { useMessageKeys } from './use-message-keys.ts';
import { useVirtualizer } from './use-virtualizer.ts';
import { WHOLE, useWhole } from './use-whole.ts';

/** Room under the floating header (its height in styles/tokens.css plus some air), in pixels. */
const HEAD_ROOM = 76;
/** Room above the floating composer, in pixels. */
const FOOT_ROOM = 2;
/** Room for the button that draws earlier messages, where there is one, in pixels. */
const EARLIER_ROOM = 60;
/** Between the composer and the button that leads to the end, in pixels. */
const BUTTON_GAP = 12;
/**
 * Closer to the oldest or newest loaded message than this asks for more, which takes a moment to come, in pixels. A window
 * that moves is more than twice as high: nobody in it is near to both.
 */
const NEAR = 3_000;

/** A position that browsers take for the end, in pixels. */
const PAST_END = 1e7;

/** The messages. It alone owns its scroll position; only what is near the screen is drawn. */
export function Timeline(props: { name: string; covered: ReadonlySignal<number> }) {
  const { models, actions } = useApp();
  const { peer } = models.timeline;
  const items = models.timeline.items.value;
  const calls = models.timeline.calls.value;
  const notices = models.timeline.notices.value;
  const unreadAfter = models.timeline.unreadAfter.value;
  const hasEarlier = models.timeline.hasEarlier.value;
  const hasLater = models.timeline.hasLater.value;
  const scroller = useRef<HTMLDivElement>(null);
  const width = useRef(window.innerWidth);
  const known = useRef<readonly Row[]>([]);
  const rows = useMemo(() => {
    const next = rowsOf({ items, calls, notices, unreadAfter, hasEarlier, hasLater });
    known.current = unchanged(known.current, next, ({ key }) => key);
    return known.current;
  }, [items, calls, notices, unreadAfter, hasEarlier, hasLater]);

  const keys = useMemo(() => rows.map(({ key }) => key), [rows]);

  const whole = useWhole();
  const isWhole = whole.value > 0;
  const headRoom = isWhole ? HEAD_ROOM + EARLIER_ROOM : HEAD_ROOM;
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    getItemKey: useCallback((index: number) => keys[index] ?? index, [keys]),
    estimateSize: useCallback((index: number) => heightOf(rows[index], width.current), [rows]),
    // What is drawn first is what is on the screen then, as near as it can be guessed.
    initialRect: { width: 0, height: window.innerHeight },
    initialOffset: () => {
      const index = goalIndex(rows, models.timeline.goal.peek());
      return index === -1
        ? PAST_END
        : rows.slice(0, index).reduce((sum, row) => sum + heightOf(row, width.current), 0);
    },
    rangeExtractor: useNear(keys, isWhole),
    paddingStart: headRoom,
    paddingEnd: props.covered.value + FOOT_ROOM,
    // A reader who comes back finds the first message as far above the edge as it was.
    scrollPaddingStart: HEAD_ROOM - (models.timeline.goal.value?.at ?? 0),
    anchorTo: 'end',
    followOnAppend: !hasLater,
    scrollEndThreshold: AT_END,
  });

  width.current = virtualizer.scrollRect?.width || width.current;

  // What comes and goes inside a row does so at its top. Above the fold, or under the header, that moves nobody.
  virtualizer.shouldAdjustScrollPositionOnItemSizeChange = ({ start }, _delta, { scrollOffset }) =>
    start <= (scrollOffset ?? 0) + headRoom;

  // Before all effects that look at the position: it moves the view to the end where that is wanted.
  const end = useEnd(virtualizer, scroller, hasLater);

  const goal = useGoal({ rows, virtualizer, end, scroller, name: props.name });

  // What one writes oneself is followed from anywhere.
  const fresh = useFresh(items, hasLater);
  useLayoutEffect(() => {
    if (fresh.some(({ mine }) => mine)) end.follow();
  }, [end, fresh]);

  useNews(fresh, props.name);
  useMessageKeys(scroller);
  useEndKey(scroller, hasLater);
  const seen = useSeen(items);
  const edited = useComputed(() => models.timeline.editing.value?.id);
  const away = useSignal(false);
  const unread = useComputed(
    () => models.conversations.rows.value.find((row) => row.peer === peer.value)?.unread ?? 0,
  );
  const visible = virtualizer.getVirtualItems();

  const holes = visible.map(({ index }) => rows[index]?.item).filter((item) => item?.holeBefore === true);
  useHole(holes.at(-1)?.n ?? null);

  const placeAt = (edge: number): Place | null => {
    const first = visible.find(({ index, end: bottom }) => bottom > edge && rows[index]?.item);
    const id = first && rows[first.index]?.item?.id;
    return first === undefined || !id ? null : { id, at: edge - first.start };
  };

  const look = () => {
    // As the virtualizer knows it: the element would have to lay everything out to answer.
    const top = virtualizer.scrollOffset ?? 0;
    const bottom = top + (virtualizer.scrollRect?.height ?? 0) - props.covered.value;
    const lowest = visible.findLast((drawn) => drawn.end <= bottom)?.index ?? -1;
    // Own messages below may have pushed it off the screen: whoever reads on has seen it.
    let at = lowest;
    while (at >= 0 && !isTheirs(rows[at])) at--;
    seen(rows[at]?.item?.n ?? null);
    away.value = !end.isNear();
    actions.keepPlace(away.value ? placeAt(top + HEAD_ROOM) : null);
  };
  useLayoutEffect(look);

  // Near the start, once for each oldest message; where the window has another end, near that, too.
  const asked = useRef<{ oldest?: string; newest?: string }>({});
  useLayoutEffect(() => {
    // What was asked for has come, and may have to be asked for again when the window has moved back.
    if (items[0]?.id !== asked.current.oldest) delete asked.current.oldest;
    if (items.at(-1)?.id !== asked.current.newest) delete asked.current.newest;
  }, [items]);
  const askForMore = () => {
    const { scrollTop, scrollHeight, clientHeight } = scroller.current ?? {};
    if (scrollTop === undefined || scrollHeight === undefined || clientHeight === undefined) return;
    const [oldest, newest] = [items[0]?.id, items.at(-1)?.id];
    if (oldest === undefined || newest === undefined) return;
    if (hasEarlier && !isWhole && scrollTop <= NEAR && oldest !== asked.current.oldest) {
      asked.current.oldest = oldest;
      actions.loadEarlier();
    }
    if (hasLater && scrollHeight - clientHeight - scrollTop <= NEAR && newest !== asked.current.newest) {
      asked.current.newest = newest;
      actions.loadLater();
    }
  };

  return (
    <>
      <button
        type="button"
        class="skip button"
        aria-pressed={isWhole}
        onClick={() => (whole.value = isWhole ? 0 : WHOLE)}
      >
        {sayChat.whole}
      </button>
      <div
        ref={scroller}
        class="timeline"
        role="log"
        aria-live="off"
        aria-label={sayChat.messages(props.name)}
        tabIndex={0}
        style={{ '--covered': `${props.covered.value}px` }}
        onPointerOver={tellTime}
        onScroll={() => {
          end.scrolled();
          look();
          askForMore();
        }}
      >
        {items.length === 0 && calls.length === 0 && (
          <EmptyState
            drawing={<BubbleDrawing />}
            title={sayChat.emptyTitle(props.name)}
            text={sayChat.empty}
          />
        )}
        <div class="timeline-content" style={{ height: isWhole ? '' : `${virtualizer.getTotalSize()}px` }}>
          <div
            class="timeline-window"
            data-whole={isWhole}
            style={
              isWhole
                ? { paddingBlock: `${headRoom}px ${props.covered.value + FOOT_ROOM}px` }
                : { transform: `translateY(${visible[0]?.start ?? 0}px)` }
            }
          >
            {isWhole && hasEarlier && (
              <button type="button" class="button earlier" onClick={() => (whole.value += WHOLE)}>
                {sayChat.wholeEarlier(WHOLE)}
              </button>
            )}
            {visible.map(({ index, key }) => {
              const row = rows[index];
              return (
                row !== undefined && (
                  <div
                    key={key}
                    data-index={index}
                    data-key={key}
                    ref={virtualizer.measureElement}
                    class="timeline-row"
                  >
                    {row.item !== null && (
                      <MessageRow
                        row={row}
                        name={props.name}
                        goal={row.key === goal}
                        edited={row.key === edited.value}
                      />
                    )}
                    {row.call !== null && <CallLine row={row} />}
                    {row.notice !== null && <NoticeLine notice={row.notice} name={props.name} />}
                  </div>
                )
              );
            })}
          </div>
        </div>
      </div>
      {away.value && (
        <button
          type="button"
          class="to-end"
          style={{ insetBlockEnd: `${props.covered.value + BUTTON_GAP}px` }}
          aria-label={unread.value === 0 ? sayChat.toEnd : undefined}
          onClick={() => actions.toNewest()}
        >
          {unread.value > 0 && sayChat.toEndNew(unread.value)}
          <DownIcon />
        </button>
      )}
    </>
  );
}

/** A message of the friend that has its number. */
const isTheirs = (row: Row | undefined) => row?.item?.mine === false && row.item.n !== null;
