import { useComputed } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { Trust } from '../../models/account.ts';
import type { ConversationRow } from '../../models/conversations.ts';
import { useApp } from '../app-context.ts';
import { fullTime, listTime } from '../format.ts';
import { isMissed } from '../../models/is-missed.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { BlockedIcon, CallsIcon, WarningIcon } from '../parts/icons.tsx';
import { TickMark } from '../parts/TickMark.tsx';
import { TypingDots } from '../parts/TypingDots.tsx';
import { VerifiedMark } from '../parts/VerifiedMark.tsx';
import { say } from '../strings.ts';
import { useOnline } from '../use-online.ts';
import { today } from '../use-today.ts';

interface Props {
  readonly row: ConversationRow;
}

/** One conversation in the list. The same row is not drawn again, however often the list is. */
export function ConversationItem({ row }: Props) {
  return useMemo(() => <Drawn row={row} />, [row]);
}

function Drawn({ row }: Props) {
  const { models, actions } = useApp();
  // Of two hundred rows, only those are drawn again of which it changes.
  const open = useComputed(() => {
    const route = models.shell.route.value;
    return route.panel === 'chats' && route.peer === row.peer;
  }).value;
  const known = useOnline(row.peer);
  const typing = useComputed(() => models.people.typing.value.has(row.peer)).value;
  const contact = useComputed(() => models.people.contactsById.value.get(row.peer)).value;
  // The contacts come after the list.
  const trust = contact?.trust ?? row.trust;
  const blocked = contact === undefined ? row.blocked : contact.standing === 'blocked';
  const online = row.canWrite && !blocked ? known : undefined;
  return (
    <li>
      <button
        type="button"
        class="conversation-item"
        data-roving
        data-row={row.peer}
        data-unread={row.unread > 0}
        aria-current={open ? 'true' : undefined}
        onClick={() => actions.go({ panel: 'chats', peer: row.peer })}
      >
        <Avatar name={row.name} online={online} />
        <span class="item-name marked-name">
          <bdi>{row.name}</bdi>
          {trust === 'verified' && <VerifiedMark />}
          {online === true && <span class="visually-hidden">, {say.list.online}</span>}
        </span>
        {row.lastAt > 0 && (
          <time class="item-time" dateTime={new Date(row.lastAt).toISOString()} title={fullTime(row.lastAt)}>
            {listTime(row.lastAt, today.value)}
          </time>
        )}
        <Preview
          row={row}
          trust={trust}
          blocked={blocked}
          pending={contact?.pending === true}
          open={open}
          typing={typing}
        />
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

function Preview(props: {
  row: ConversationRow;
  trust: Trust;
  blocked: boolean;
  /** What makes them friends has not reached the server. */
  pending: boolean;
  open: boolean;
  typing: boolean;
}) {
  const { row, trust, blocked, pending, open, typing } = props;
  if (blocked) {
    return (
      <span class="item-preview">
        <BlockedIcon />
        {say.list.blocked}
      </span>
    );
  }
  if (trust === 'changed' || trust === 'changed-verified') {
    return (
      <span class="item-preview item-warning">
        <WarningIcon />
        <span class="item-text">{say.list.changed}</span>
      </span>
    );
  }
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
  if (row.lastCall !== null) {
    return (
      <span class={`item-preview ${isMissed(row.lastCall) ? 'item-warning' : ''}`}>
        <CallsIcon />
        <span class="item-text">{say.list.call(row.lastCall)}</span>
      </span>
    );
  }
  const tick = row.lastAt === 0 && pending ? 'queued' : row.lastTick;
  return (
    <span class="item-preview">
      {tick !== null && <TickMark tick={tick} />}
      <span class="item-text" dir="auto">
        {row.lastAt === 0 ? say.list.nothingSaid : row.lastText}
      </span>
    </span>
  );
}
