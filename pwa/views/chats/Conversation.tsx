import { useSignal } from '@preact/signals';
import type { UserId } from '#shared/ids.ts';
import { useApp } from '../app-context.ts';
import { Composer } from './Composer.tsx';
import { ConversationHeader } from './ConversationHeader.tsx';
import { NoConversation } from './NoConversation.tsx';
import { Timeline } from './Timeline.tsx';
import { useFriend } from './use-friend.ts';

/** One open conversation: header and composer float over its timeline. */
export function Conversation(props: { peer: UserId }) {
  const { timeline, conversations } = useApp().models;
  const friend = useFriend(props.peer);
  const composerHeight = useSignal(0);
  const ready = timeline.peer.value === props.peer && timeline.loaded.value;
  if (conversations.loaded.value && !friend.known) return <NoConversation />;
  return (
    <section class="pane conversation-pane conversation" aria-label={friend.name}>
      <ConversationHeader friend={friend} />
      {ready ? <Timeline name={friend.name} covered={composerHeight} /> : <div class="timeline" />}
      <Composer friend={friend} height={composerHeight} />
    </section>
  );
}
