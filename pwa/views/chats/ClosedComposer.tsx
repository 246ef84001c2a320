import type { Standing } from '../../models/people.ts';
import { useApp } from '../app-context.ts';
import { PendingIcon } from '../parts/more-icons.tsx';
import { sayChat } from '../strings/chat.ts';
import { sayPeople } from '../strings/people.ts';
import type { Friend } from './use-friend.ts';

/** Where one would write: why one can’t, and what can be done about it. */
export function ClosedComposer({ friend }: { friend: Friend }) {
  const { models } = useApp();
  const standing = models.people.contactsById.value.get(friend.id)?.standing ?? 'none';
  return (
    <div class="composer-closed">
      <p>{whyClosed(friend, standing === 'received')}</p>
      {friend.pending && (
        <p class="composer-pending">
          <PendingIcon />
          {sayPeople.pending}
        </p>
      )}
      {(friend.blocked || !friend.gone) && <Acts friend={friend} standing={standing} />}
    </div>
  );
}

function whyClosed({ name, blocked, gone }: Friend, asks: boolean): string {
  if (blocked) return sayChat.composer.blocked(name);
  if (gone) return sayChat.composer.gone;
  return asks ? sayChat.composer.asks(name) : sayChat.composer.closed;
}

function Acts(props: { friend: Friend; standing: Standing }) {
  const { actions } = useApp();
  const { id, name, blocked } = props.friend;
  if (blocked) return <Act words={sayChat.composer.unblock} act={() => actions.unblockPerson(id)} />;
  switch (props.standing) {
    case 'received':
      return (
        <div class="composer-acts">
          <Act words={sayPeople.decline} act={() => actions.rejectFriend(id)} />
          <Act words={sayPeople.accept} tone="primary" act={() => actions.acceptFriend(id)} />
        </div>
      );
    case 'sent':
      return <Act words={sayChat.composer.withdraw} act={() => actions.removeFriend(id)} />;
    default:
      return <Act words={sayChat.composer.ask} act={() => actions.requestFriend(id, name)} />;
  }
}

function Act(props: { words: string; tone?: 'primary'; act: () => Promise<void> }) {
  return (
    <button type="button" class={`button button-${props.tone ?? 'soft'}`} onClick={() => void props.act()}>
      {props.words}
    </button>
  );
}
