import type { UserId } from '#shared/ids.ts';
import { useApp } from '../app-context.ts';
import { later } from '../later.tsx';
import { FindBar } from '../search/FindBar.tsx';
import { ROOMY, useMedia } from '../use-media.ts';
import { Composer } from './Composer.tsx';
import { composerHeight } from './composer-height.ts';
import { ConversationHeader } from './ConversationHeader.tsx';
import { NoConversation } from './NoConversation.tsx';
import { Timeline } from './Timeline.tsx';
import { useFriend } from './use-friend.ts';

const Inspector = later(async () => (await import('./Inspector.tsx')).Inspector);
const Safety = later(async () => (await import('../trust/Safety.tsx')).Safety);

/** One open conversation: header and composer float over its timeline; the safety number stands beside, or covers it. */
export function Conversation(props: { peer: UserId; safety: boolean }) {
  const { timeline, conversations, search } = useApp().models;
  const friend = useFriend(props.peer);
  const roomy = useMedia(ROOMY);
  const ready = timeline.peer.value === props.peer && timeline.loaded.value;
  if (conversations.loaded.value && !friend.known) return <NoConversation />;
  return (
    <section class="pane conversation-pane conversation" data-safety={props.safety} aria-label={friend.name}>
      <div class="talk" inert={props.safety && !roomy.value}>
        <ConversationHeader friend={friend} />
        {search.find.value !== null && <FindBar find={search.find.value} />}
        {ready ? (
          <Timeline key={timeline.window.value} name={friend.name} covered={composerHeight} />
        ) : (
          <div class="timeline" />
        )}
        <Composer friend={friend} />
      </div>
      {props.safety && <Safety friend={friend} />}
      {timeline.details.value !== null && <Inspector details={timeline.details.value} friend={friend} />}
    </section>
  );
}
