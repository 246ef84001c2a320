import { useSignal } from '@preact/signals';
import { useApp } from '../app-context.ts';
import { HeaderCalls } from '../calls/HeaderCalls.tsx';
import { later } from '../later.tsx';
import { Avatar } from '../parts/Avatar.tsx';
import { BackIcon } from '../parts/icons.tsx';
import { TypingDots } from '../parts/TypingDots.tsx';
import { VerifiedMark } from '../parts/VerifiedMark.tsx';
import { DayDialog } from '../search/DayDialog.tsx';
import { say } from '../strings.ts';
import { sayChat } from '../strings/chat.ts';
import { ConversationMenu } from './ConversationMenu.tsx';
import type { Asking } from './ConversationMenu.tsx';
import { UnfriendDialog } from './UnfriendDialog.tsx';
import type { Friend } from './use-friend.ts';

const BlockDialog = later(async () => (await import('../trust/BlockDialog.tsx')).BlockDialog);
const ReportDialog = later(async () => (await import('../trust/ReportDialog.tsx')).ReportDialog);

/** Who is at the other end, and what can be done about it. */
export function ConversationHeader(props: { friend: Friend }) {
  const { actions } = useApp();
  const { friend } = props;
  const asking = useSignal<Asking | null>(null);
  const close = () => (asking.value = null);
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
        <h1 class="marked-name" data-heading tabIndex={-1}>
          <bdi>{friend.name}</bdi>
          {friend.trust === 'verified' && <VerifiedMark />}
        </h1>
        <Presence friend={friend} />
      </div>
      {!friend.blocked && <HeaderCalls friend={friend} />}
      <ConversationMenu friend={friend} onAsk={(what) => (asking.value = what)} />
      {asking.value === 'unfriend' && <UnfriendDialog friend={friend} onClose={close} />}
      {asking.value === 'block' && <BlockDialog friend={friend} onClose={close} />}
      {asking.value === 'day' && <DayDialog onClose={close} />}
      {asking.value === 'report' && <ReportDialog friend={friend} onClose={close} />}
    </header>
  );
}

function Presence(props: { friend: Friend }) {
  const { canWrite, blocked, gone, typing, online } = props.friend;
  if (gone) return <p class="presence">{sayChat.gone}</p>;
  if (blocked) return <p class="presence">{sayChat.blocked}</p>;
  if (!canWrite) return <p class="presence">{sayChat.notFriends}</p>;
  if (typing) {
    return (
      <p class="presence presence-typing">
        <TypingDots />
        {sayChat.typing}
      </p>
    );
  }
  if (online === undefined) return null;
  return <p class="presence">{online ? sayChat.online : sayChat.offline}</p>;
}
