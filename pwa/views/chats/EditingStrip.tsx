import type { Editing } from '../../models/timeline.ts';
import { useApp } from '../app-context.ts';
import { CloseIcon } from '../parts/icons.tsx';
import { EditIcon } from '../parts/more-icons.tsx';
import { sayChat } from '../strings/chat.ts';

/** Which message the field holds, above it; whoever empties the field is offered to withdraw the message. */
export function EditingStrip(props: {
  id: string;
  edit: Editing;
  empty: boolean;
  onCancel: () => void;
  onDiscard: () => void;
}) {
  const { edit, empty } = props;
  const { items, hasLater } = useApp().models.timeline;
  const found = items.value.find(({ id }) => id === edit.id)?.tick;
  // Whatever waits stands at the end. What is missing there was sent once more, as another message.
  const tick = found ?? (hasLater.value ? 'queued' : 'sent');
  const { waits, failed, gone } = sayChat.editing;
  return (
    <div class="editing">
      <EditIcon />
      <div class="editing-words" id={props.id}>
        <p class="editing-title">{tick === 'queued' ? waits : tick === 'failed' ? failed : gone}</p>
        <p class="editing-was" dir="auto">
          {edit.was}
        </p>
      </div>
      {empty && (
        <button type="button" class="button button-danger-soft button-small" onClick={props.onDiscard}>
          {tick === 'failed' ? sayChat.discard : sayChat.inspector.cancel}
        </button>
      )}
      <button
        type="button"
        class="icon-button"
        aria-label={sayChat.editing.cancel}
        disabled={edit.saving}
        onClick={props.onCancel}
      >
        <CloseIcon />
      </button>
    </div>
  );
}
