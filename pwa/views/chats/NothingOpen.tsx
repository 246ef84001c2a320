import { useApp } from '../app-context.ts';
import { EmptyState } from '../parts/EmptyState.tsx';
import { BubbleDrawing } from '../parts/drawings.tsx';
import { say } from '../strings.ts';

/** Beside the list, on wide screens, while no conversation is open. */
export function NothingOpen() {
  const { rows, loaded } = useApp().models.conversations;
  const { pickTitle, pick, noneTitle } = say.conversation;
  const isEmpty = loaded.value && rows.value.length === 0;
  const title = isEmpty ? noneTitle : pickTitle;
  return (
    <section class="pane conversation-pane nothing-open" aria-label={title}>
      <EmptyState drawing={<BubbleDrawing />} title={title} text={pick} />
    </section>
  );
}
