import { useApp } from '../app-context.ts';
import { EmptyState } from '../parts/EmptyState.tsx';
import { AddIcon } from '../parts/icons.tsx';
import { LettersDrawing } from '../parts/drawings.tsx';
import { PanelHeader } from '../parts/PanelHeader.tsx';
import { useRoving } from '../parts/use-roving.ts';
import { say } from '../strings.ts';
import { ConversationItem } from './ConversationItem.tsx';

/** All conversations, newest first. */
export function ConversationList(props: { open: string | null }) {
  const { models, actions } = useApp();
  const { rows, loaded } = models.conversations;
  const list = useRoving<HTMLUListElement>();
  return (
    <section class="pane list-pane" aria-label={say.list.label}>
      <PanelHeader title={say.list.title} />
      <div class="pane-scroll">
        {rows.value.length > 0 && (
          <ul class="conversations" ref={list}>
            {rows.value.map((row) => (
              <ConversationItem key={row.peer} row={row} open={row.peer === props.open} />
            ))}
          </ul>
        )}
        {loaded.value && rows.value.length === 0 && (
          <EmptyState drawing={<LettersDrawing />} title={say.list.emptyTitle} text={say.list.empty}>
            <button
              type="button"
              class="button button-primary"
              onClick={() => actions.go({ panel: 'people' })}
            >
              <AddIcon />
              {say.list.find}
            </button>
          </EmptyState>
        )}
      </div>
    </section>
  );
}
