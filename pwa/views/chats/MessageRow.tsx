import { Fragment } from 'preact';
import { useMemo } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { clockTime, fullTime } from '../format.ts';
import { linkify } from '../linkify.ts';
import { LockIcon } from '../parts/more-icons.tsx';
import { TickMark } from '../parts/TickMark.tsx';
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
}

/** One message with the separators above it. The same row is not drawn again, however often the timeline is. */
export function MessageRow({ row, name, goal }: Props) {
  return useMemo(() => <Drawn row={row} name={name} goal={goal} />, [row, name, goal]);
}

function Drawn(props: Props) {
  const { item, day, hole, unread, first, last } = props.row;
  return (
    <>
      {hole && <Hole />}
      <DayLine day={day} />
      {unread && (
        <p class="unread-divider">
          <span>{sayChat.newMessages}</span>
        </p>
      )}
      <article
        class="message"
        data-mine={item.mine}
        data-first={first}
        data-last={last}
        data-failed={item.tick === 'failed'}
        data-goal={props.goal}
        aria-label={item.mine ? sayChat.mine : props.name}
      >
        <div class="bubble">
          <MessageText text={item.text} refused={item.error === 'KEY_CHANGED'} />
          <Meta item={item} />
        </div>
        {item.tick === 'failed' && <Failed row={props.row} />}
        {item.tick === 'queued' && item.error === 'KEY_CHANGED' && <Held row={props.row} />}
      </article>
    </>
  );
}

/** When, and how far it got; pressed, it shows everything about the message. Arrow keys lead from one to the next. */
function Meta(props: { item: TimelineItem }) {
  const { actions } = useApp();
  const { id, at, tick } = props.item;
  const clock = clockTime(at);
  const state = tick === null ? '' : say.conversation.tick[tick];
  return (
    <button
      type="button"
      class="meta"
      tabIndex={-1}
      aria-label={sayChat.inspector.open(clock, state)}
      onClick={() => actions.inspect(id)}
    >
      <time dateTime={new Date(at).toISOString()} title={fullTime(at)}>
        {clock}
      </time>
      {tick !== null && <TickMark tick={tick} />}
    </button>
  );
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
function MessageText(props: { text: string | null; refused: boolean }) {
  if (props.text === null) {
    return (
      <span class="unreadable">
        <LockIcon />
        {props.refused ? sayChat.refused : sayChat.unreadable}
      </span>
    );
  }
  return (
    <span class="text" dir="auto">
      {linkify(props.text).map(({ text, href, host }, index) =>
        href === null ? (
          text
        ) : (
          <Fragment key={index}>
            <a href={href} target="_blank" rel="noopener noreferrer nofollow">
              {text}
            </a>
            {host !== undefined && <bdi class="real-host"> ({host})</bdi>}
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
