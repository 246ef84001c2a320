import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { BlockedIcon, SearchIcon } from '../parts/icons.tsx';
import { DateIcon, MenuIcon, ReportIcon, SafetyIcon, UnfriendIcon } from '../parts/more-icons.tsx';
import { sayChat } from '../strings/chat.ts';
import { sayTrust } from '../strings/trust.ts';
import type { Friend } from './use-friend.ts';

/** What is asked about before it is done. */
export type Asking = 'unfriend' | 'block' | 'report' | 'day';

/** What can be done about a person. */
export function ConversationMenu(props: { friend: Friend; onAsk: (what: Asking) => void }) {
  const { actions } = useApp();
  const { friend, onAsk } = props;
  const id = useId();
  const menu = useRef<HTMLDivElement>(null);
  const items = () => [...(menu.current?.querySelectorAll('button') ?? [])];
  const choose = (act: () => void) => () => {
    menu.current?.hidePopover();
    act();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const all = items();
    const at = all.findIndex((item) => item === document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === 'Tab') menu.current?.hidePopover();
    if (next === undefined) return;
    event.preventDefault();
    all.at(next % all.length)?.focus();
  };
  return (
    <>
      <button
        type="button"
        class="icon-button"
        aria-label={sayChat.menu}
        aria-haspopup="menu"
        popovertarget={id}
      >
        <MenuIcon />
      </button>
      <div
        ref={menu}
        id={id}
        class="menu"
        role="menu"
        popover="auto"
        onKeyDown={onKeyDown}
        onToggle={(event) => {
          if (event.newState === 'open') items()[0]?.focus();
        }}
      >
        <Item onClick={choose(() => actions.find(''))}>
          <SearchIcon />
          {sayChat.find.act}
        </Item>
        <Item onClick={choose(() => onAsk('day'))}>
          <DateIcon />
          {sayChat.day.act}
        </Item>
        <Item onClick={choose(() => actions.go({ panel: 'chats', peer: friend.id, safety: true }))}>
          <SafetyIcon />
          {sayTrust.safety}
        </Item>
        <Item onClick={choose(() => onAsk('report'))}>
          <ReportIcon />
          {sayTrust.report}
        </Item>
        {friend.blocked ? (
          <Item onClick={choose(() => void actions.unblockPerson(friend.id))}>
            <BlockedIcon />
            {sayTrust.unblock}
          </Item>
        ) : (
          <Item danger onClick={choose(() => onAsk('block'))}>
            <BlockedIcon />
            {sayTrust.block}
          </Item>
        )}
        {friend.canWrite && (
          <Item danger onClick={choose(() => onAsk('unfriend'))}>
            <UnfriendIcon />
            {sayChat.unfriend.act}
          </Item>
        )}
      </div>
    </>
  );
}

function Item(props: { danger?: boolean; onClick: () => void; children: ComponentChildren }) {
  return (
    <button
      type="button"
      role="menuitem"
      tabIndex={-1}
      class={props.danger === true ? 'menu-danger' : undefined}
      onClick={props.onClick}
    >
      {props.children}
    </button>
  );
}
