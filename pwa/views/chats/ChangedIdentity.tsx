import { useEffect } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { WarningIcon } from '../parts/icons.tsx';
import { sayChat } from '../strings/chat.ts';
import { useMedia } from '../use-media.ts';
import type { Friend } from './use-friend.ts';

/**
 * Above the composer while another identity is offered: what that means, and the ways on. One line until it is opened
 * where it would leave nothing of the messages.
 */
export function ChangedIdentity(props: { friend: Friend; verified: boolean }) {
  const { actions, announce } = useApp();
  const { friend, verified } = props;
  const title = sayChat.changed.title(friend.name);
  const tall = useMedia('(min-height: 32rem)');
  useEffect(() => announce(title), [announce, title]);
  return (
    <section aria-label={sayChat.changed.label}>
      <details class="changed" open={tall.value}>
        <summary>
          <WarningIcon />
          <strong>{title}</strong>
        </summary>
        <p>{verified ? sayChat.changed.bodyVerified : sayChat.changed.body}</p>
        <div class="changed-actions">
          <button
            type="button"
            class="button button-small button-primary"
            onClick={() => actions.go({ panel: 'chats', peer: friend.id, safety: true })}
          >
            {sayChat.changed.compare}
          </button>
          {!verified && (
            <button
              type="button"
              class="button button-small"
              onClick={() => void actions.acceptIdentity(friend.id)}
            >
              {sayChat.changed.accept}
            </button>
          )}
        </div>
      </details>
    </section>
  );
}
