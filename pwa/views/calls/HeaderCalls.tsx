import '../../styles/calls.css';
import { useApp } from '../app-context.ts';
import type { Friend } from '../chats/use-friend.ts';
import { CallButton } from './CallButton.tsx';
import { MediaMark } from './marks.tsx';
import { whyNot } from './why-not.ts';

/** The two ways to call whoever a conversation is with. */
export function HeaderCalls(props: { friend: Friend }) {
  const { models } = useApp();
  const { friend } = props;
  const why = whyNot(models, friend);
  // To say why it can't be, one is enough: there is little room beside the name.
  const ways = friend.canWrite ? (['voice', 'video'] as const) : (['voice'] as const);
  return (
    <div class="header-calls">
      {ways.map((media) => (
        <CallButton
          key={media}
          peer={friend.id}
          name={friend.name}
          media={media}
          why={why}
          class="icon-button"
        >
          <MediaMark media={media} />
        </CallButton>
      ))}
    </div>
  );
}
