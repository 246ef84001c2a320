import { useSignal } from '@preact/signals';
import { useId, useRef } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { Fingerprint } from '../parts/Fingerprint.tsx';
import { BackIcon, FingerprintIcon, MenuIcon, UnfriendIcon } from '../parts/icons.tsx';
import { TypingDots } from '../parts/TypingDots.tsx';
import { say } from '../strings.ts';
import type { Friend } from './use-friend.ts';

/** Who is at the other end, and what can be done about it. */
export function ConversationHeader(props: { friend: Friend }) {
  const { actions } = useApp();
  const { friend } = props;
  const dialog = useSignal<'fingerprint' | 'unfriend' | null>(null);
  const close = () => (dialog.value = null);
  return (
    <header class="conversation-header glass">
      <button
        type="button"
        class="icon-button only-phone"
        aria-label={say.back}
        onClick={() => actions.back()}
      >
        <BackIcon />
      </button>
      <Avatar name={friend.name} online={friend.online} />
      <div class="header-words">
        <h1 data-heading tabIndex={-1}>
          <bdi>{friend.name}</bdi>
        </h1>
        <Presence friend={friend} />
      </div>
      <Menu
        friend={friend}
        onFingerprint={() => (dialog.value = 'fingerprint')}
        onUnfriend={() => (dialog.value = 'unfriend')}
      />
      {dialog.value === 'fingerprint' && (
        <Dialog title={say.fingerprint.ofFriend(friend.name)} onClose={close}>
          {friend.fingerprint === '' ? (
            <p>{say.fingerprint.unknown}</p>
          ) : (
            <>
              <Fingerprint value={friend.fingerprint} />
              <p>{say.fingerprint.compare(friend.name)}</p>
            </>
          )}
          <div class="dialog-buttons">
            <button type="button" class="button button-primary" onClick={close}>
              {say.close}
            </button>
          </div>
        </Dialog>
      )}
      {dialog.value === 'unfriend' && (
        <Dialog title={say.unfriend.title(friend.name)} onClose={close}>
          <p>{say.unfriend.body}</p>
          <div class="dialog-buttons">
            <button type="button" class="button" onClick={close}>
              {say.cancel}
            </button>
            <button
              type="button"
              class="button button-danger"
              onClick={() => {
                close();
                void actions.removeFriend(friend.id);
              }}
            >
              {say.unfriend.confirm}
            </button>
          </div>
        </Dialog>
      )}
    </header>
  );
}

function Presence(props: { friend: Friend }) {
  const { canWrite, typing, online } = props.friend;
  if (!canWrite) return <p class="presence">{say.conversation.notFriends}</p>;
  if (typing) {
    return (
      <p class="presence presence-typing">
        <TypingDots />
        {say.conversation.typing}
      </p>
    );
  }
  if (online === undefined) return <p class="presence" />;
  return <p class="presence">{online ? say.conversation.online : say.conversation.offline}</p>;
}

function Menu(props: { friend: Friend; onFingerprint: () => void; onUnfriend: () => void }) {
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
        aria-label={say.conversation.menu}
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
        <button type="button" role="menuitem" tabIndex={-1} onClick={choose(props.onFingerprint)}>
          <FingerprintIcon />
          {say.conversation.fingerprint}
        </button>
        {props.friend.canWrite && (
          <button
            type="button"
            role="menuitem"
            tabIndex={-1}
            class="menu-danger"
            onClick={choose(props.onUnfriend)}
          >
            <UnfriendIcon />
            {say.conversation.unfriend}
          </button>
        )}
      </div>
    </>
  );
}
