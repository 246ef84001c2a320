import type { ConversationRow } from '../../models/conversations.ts';
import { useApp } from '../app-context.ts';
import { fullTime, listTime } from '../format.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { TickMark } from '../parts/TickMark.tsx';
import { TypingDots } from '../parts/TypingDots.tsx';
import { say } from '../strings.ts';
import { useOnline } from '../use-online.ts';

/** One conversation in the list. */
export function ConversationItem(props: { row: ConversationRow; open: boolean }) {
  const { models, actions } = useApp();
  const { row, open } = props;
  const online = useOnline(row.peer);
  const typing = models.people.typing.value.has(row.peer);
  return (
    <li>
      <button
        type="button"
        class="conversation-item"
        data-roving
        data-peer={row.peer}
        data-unread={row.unread > 0}
        aria-current={open ? 'true' : undefined}
        onClick={() => actions.go({ panel: 'chats', peer: row.peer })}
      >
        <Avatar name={row.name} online={online} />
        <span class="item-name">
          <bdi>{row.name}</bdi>
          {online === true && <span class="visually-hidden">, {say.list.online}</span>}
        </span>
        {row.lastAt > 0 && (
          <time class="item-time" dateTime={new Date(row.lastAt).toISOString()} title={fullTime(row.lastAt)}>
            {listTime(row.lastAt, Date.now())}
          </time>
        )}
        <Preview row={row} open={open} typing={typing} />
        {row.unread > 0 && (
          <span class="badge item-badge">
            <span aria-hidden="true">{say.list.badge(row.unread)}</span>
            <span class="visually-hidden">{say.list.unread(row.unread)}</span>
          </span>
        )}
      </button>
    </li>
  );
}

function Preview(props: { row: ConversationRow; open: boolean; typing: boolean }) {
  const { row, open, typing } = props;
  if (typing) {
    return (
      <span class="item-preview item-typing">
        <TypingDots />
        {say.list.typing}
      </span>
    );
  }
  // The draft of the open conversation is in front of the person anyway.
  if (row.draft !== '' && !open) {
    return (
      <span class="item-preview">
        <span class="item-draft">{say.list.draft}</span>
        <span class="item-text" dir="auto">
          {row.draft}
        </span>
      </span>
    );
  }
  return (
    <span class="item-preview">
      {row.lastTick !== null && <TickMark tick={row.lastTick} />}
      <span class="item-text" dir="auto">
        {row.lastAt === 0 ? say.list.nothingSaid : row.lastText}
      </span>
    </span>
  );
}
