import { useApp } from '../app-context.ts';
import { BubbleDrawing } from '../parts/drawings.tsx';
import { EmptyState } from '../parts/EmptyState.tsx';
import { sayChat } from '../strings/chat.ts';

/** An address of a conversation that there is none of. */
export function NoConversation() {
  const { actions } = useApp();
  return (
    <section class="pane conversation-pane conversation nothing-open" aria-label={sayChat.noneTitle}>
      <h1 class="visually-hidden" data-heading tabIndex={-1}>
        {sayChat.noneTitle}
      </h1>
      <EmptyState drawing={<BubbleDrawing />} title={sayChat.noneTitle} text={sayChat.none}>
        <button
          type="button"
          class="button button-primary"
          onClick={() => actions.go({ panel: 'chats', peer: null })}
        >
          {sayChat.noneBack}
        </button>
      </EmptyState>
    </section>
  );
}
