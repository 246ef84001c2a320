import { EmptyState } from '../parts/EmptyState.tsx';
import { BubbleDrawing } from '../parts/drawings.tsx';
import { say } from '../strings.ts';

/** Beside the list, on wide screens, while no conversation is open. */
export function NothingOpen() {
  return (
    <section class="pane conversation-pane nothing-open" aria-label={say.conversation.pickTitle}>
      <EmptyState
        drawing={<BubbleDrawing />}
        title={say.conversation.pickTitle}
        text={say.conversation.pick}
      />
    </section>
  );
}
