import { useId, useMemo, useRef } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { say } from '../strings.ts';
import { sayChat } from '../strings/chat.ts';

/** Asks for a day of the open conversation, at first that of its newest loaded message, and goes to the first of it. */
export function DayDialog(props: { onClose: () => void }) {
  const { models, actions } = useApp();
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  const { today, first } = useMemo(() => {
    const now = Date.now();
    // The clock of whoever wrote it may be ahead.
    const newest = Math.min(models.timeline.items.peek().at(-1)?.at ?? now, now);
    return { today: dateOf(new Date(now)), first: dateOf(new Date(newest)) };
  }, [models]);
  return (
    <Dialog title={sayChat.day.title} onClose={props.onClose}>
      <form
        class="dialog-form"
        onSubmit={(event) => {
          event.preventDefault();
          const at = midnightOf(field.current?.value ?? '');
          if (at === null) return;
          props.onClose();
          actions.jumpToDay(at);
        }}
      >
        <div class="field">
          <label for={id}>{sayChat.day.label}</label>
          <input ref={field} id={id} type="date" name="day" required max={today} defaultValue={first} />
        </div>
        <div class="dialog-buttons">
          <button type="button" class="button" onClick={props.onClose}>
            {say.cancel}
          </button>
          <button type="submit" class="button button-primary">
            {sayChat.day.confirm}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** `2026-05-04`, of this device's calendar. */
function dateOf(day: Date): string {
  const two = (part: number) => String(part).padStart(2, '0');
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

/** The local midnight at which such a day begins; as one text it would be that of Greenwich. */
function midnightOf(date: string): number | null {
  const [year, month, day] = date.split('-').map(Number);
  if (year === undefined || month === undefined || day === undefined) return null;
  return new Date(year, month - 1, day).getTime();
}
