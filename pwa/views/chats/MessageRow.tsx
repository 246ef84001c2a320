import { Fragment } from 'preact';
import { useMemo } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { clockTime, fullTime } from '../format.ts';
import { linkify } from '../linkify.ts';
import { LockIcon } from '../parts/more-icons.tsx';
import { drawTick, useJustSeen } from '../parts/TickMark.tsx';
import { say } from '../strings.ts';
import { sayChat } from '../strings/chat.ts';
import type { TimelineItem } from '../../models/timeline.ts';
import { DayLine } from './DayLine.tsx';
import type { ItemRow } from './rows.ts';
import { isConnected } from '../../models/status.ts';

interface Props {
  readonly row: ItemRow;
  /** Of the friend. */
  readonly name: string;
  readonly goal: boolean;
  /** Its words are in the field. */
  readonly edited: boolean;
}

/**
 * One message with the separators above it. The same row is not drawn again, however often the timeline is. Rows come by
 * the dozen while somebody scrolls: what every one of them has is drawn here, without a component of its own.
 */
export function MessageRow({ row, name, goal, edited }: Props) {
  const { actions } = useApp();
  const pops = useJustSeen(row.item.tick);
  return useMemo(() => {
    const { item, day, hole, unread, first, last } = row;
    const { id, at, mine, tick, error } = item;
    const clock = clockTime(at);
    return (
      <>
        {hole && <Hole />}
        {day !== null && <DayLine day={day} />}
        {unread && (
          <p class="unread-divider">
            <span>{sayChat.newMessages}</span>
          </p>
        )}
        <article
          class="message"
          data-mine={mine || undefined}
          data-first={first || undefined}
          data-last={last || undefined}
          data-failed={tick === 'failed' || undefined}
          data-goal={goal || undefined}
          aria-current={edited || undefined}
          aria-label={mine ? sayChat.mine : name}
        >
          <div class="bubble">
            {wordsOf(item)}
            {/* Pressed, it shows everything about the message. Arrow keys lead from one to the next. */}
            <button
              type="button"
              class="meta"
              tabIndex={-1}
              aria-label={sayChat.inspector.open(clock, tick === null ? '' : say.conversation.tick[tick])}
              onClick={() => actions.inspect(id)}
            >
              <time dateTime={new Date(at).toISOString()}>{clock}</time>
              {tick !== null && drawTick(tick, pops)}
            </button>
          </div>
          {tick === 'failed' && <Failed row={row} />}
          {tick === 'queued' && error === 'KEY_CHANGED' && <Held row={row} />}
        </article>
      </>
    );
  }, [row, name, goal, edited, pops, actions]);
}

/** Tells everything about the moment that the pointer rests on: put into words only then, and not with every row. */
export function tellTime({ target }: PointerEvent): void {
  if (!(target instanceof Element)) return;
  const meta = target.closest<HTMLElement>('.meta');
  const time = meta?.querySelector('time');
  if (meta && time) meta.title = fullTime(Date.parse(time.dateTime));
}

/** Stands for messages that are at the server and not here yet. They are asked for as soon as it comes near the screen. */
function Hole() {
  const { status } = useApp().models;
  return (
    <p class="hole">
      <span>{isConnected(status.link.value) ? sayChat.earlier : sayChat.earlierOffline}</span>
    </p>
  );
}

/** Text nodes and links only: what a friend writes never becomes markup. */
function wordsOf({ text, error }: TimelineItem) {
  if (text === null) {
    return (
      <span class="unreadable">
        <LockIcon />
        {error === 'KEY_CHANGED' ? sayChat.refused : sayChat.unreadable}
      </span>
    );
  }
  return (
    <span class="text" dir="auto">
      {linkify(text).map((part, index) =>
        part.href === null ? (
          part.text
        ) : (
          <Fragment key={index}>
            <a href={part.href} target="_blank" rel="noopener noreferrer nofollow">
              {part.text}
            </a>
            {part.host !== undefined && <bdi class="real-host"> ({part.host})</bdi>}
          </Fragment>
        ),
      )}
    </span>
  );
}

function Failed(props: { row: ItemRow }) {
  const { actions } = useApp();
  const { id, error } = props.row.item;
  return (
    <div class="failed">
      <p>{error === null ? say.conversation.tick.failed : say.error(error)}</p>
      <span class="failed-actions">
        {error !== 'ACCOUNT_GONE' && (
          <button type="button" class="button-link" onClick={() => void actions.retry(id)}>
            {sayChat.retry}
          </button>
        )}
        <button type="button" class="button-link" onClick={() => void actions.discard(id)}>
          {sayChat.discard}
        </button>
      </span>
    </div>
  );
}

/** Waits for the person to say whether the new identity is their friend; what to do about it stands by the composer. */
function Held(props: { row: ItemRow }) {
  const { actions } = useApp();
  return (
    <div class="failed">
      <span class="failed-actions">
        <button type="button" class="button-link" onClick={() => void actions.discard(props.row.item.id)}>
          {sayChat.discard}
        </button>
      </span>
    </div>
  );
}
