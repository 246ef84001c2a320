import { useApp } from '../app-context.ts';
import { BubbleDrawing } from '../parts/drawings.tsx';
import { EmptyState } from '../parts/EmptyState.tsx';
import { say } from '../strings.ts';

/** An address of a conversation that there is none of. */
export function NoConversation() {
  const { actions } = useApp();
  return (
    <section class="pane conversation-pane conversation nothing-open" aria-label={say.conversation.noneTitle}>
      <h1 class="visually-hidden" data-heading tabIndex={-1}>
        {say.conversation.noneTitle}
      </h1>
      <EmptyState drawing={<BubbleDrawing />} title={say.conversation.noneTitle} text={say.conversation.none}>
        <button
          type="button"
          class="button button-primary"
          onClick={() => actions.go({ panel: 'chats', peer: null })}
        >
          {say.conversation.noneBack}
        </button>
      </EmptyState>
    </section>
  );
}
