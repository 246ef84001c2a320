import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import type { Actions } from '../../controllers/actions.ts';
import { useApp } from '../app-context.ts';
import type { Friend } from '../chats/use-friend.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { FormError } from '../parts/FormError.tsx';
import { say } from '../strings.ts';
import { sayTrust } from '../strings/trust.ts';
import { useAttempt } from '../use-attempt.ts';

type Reason = Parameters<Actions['report']>[0]['reason'];
const REASONS: readonly Reason[] = ['spam', 'harassment', 'impersonation', 'other'];
/** As shared/schema/account.ts allows, in characters. */
const NOTE_LIMIT = 1000;

/** Tells the operator of the server about somebody; the conversation itself stays unreadable to them. */
export function ReportDialog(props: { friend: Friend; onClose: () => void }) {
  const { actions, announce } = useApp();
  const { friend, onClose } = props;
  const words = sayTrust.reporting;
  const id = useId();
  const reason = useSignal<Reason>('spam');
  const note = useSignal('');
  const alsoBlock = useSignal(false);
  const outcome = useSignal<'sent' | 'queued' | null>(null);
  const attempt = useAttempt();

  const send = async (event: Event) => {
    event.preventDefault();
    // Blocking first: it works without a network, and holds whatever becomes of the report.
    const reported = await attempt.run(async () => {
      if (alsoBlock.value && !friend.blocked) await actions.blockPerson(friend.id);
      outcome.value = await actions.report({
        about: friend.name,
        reason: reason.value,
        note: note.value.trim(),
      });
      return outcome.value !== null;
    });
    if (reported && outcome.value !== null) announce(words[outcome.value]);
  };

  if (outcome.value !== null && !attempt.busy.value) {
    const queued = outcome.value === 'queued';
    return (
      <Dialog title={queued ? words.queuedTitle : words.sentTitle} onClose={onClose}>
        <p>{words[outcome.value]}</p>
        <div class="dialog-buttons">
          <button type="button" class="button button-primary" onClick={onClose}>
            {say.close}
          </button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={words.title(friend.name)} onClose={onClose}>
      <form class="dialog-form" onSubmit={(event) => void send(event)}>
        <p>{words.body}</p>
        <fieldset class="choices">
          <legend>{words.reason}</legend>
          {REASONS.map((option) => (
            <label key={option} class="choice">
              <input
                type="radio"
                name="reason"
                checked={reason.value === option}
                onChange={() => (reason.value = option)}
              />
              {words.reasons[option]}
            </label>
          ))}
        </fieldset>
        <div class="field">
          <label for={id}>{words.note}</label>
          <textarea
            id={id}
            class="area"
            rows={3}
            maxLength={NOTE_LIMIT}
            value={note.value}
            onInput={(event) => (note.value = event.currentTarget.value)}
          />
        </div>
        {!friend.blocked && (
          <label class="choice">
            <input
              type="checkbox"
              checked={alsoBlock.value}
              onChange={(event) => (alsoBlock.value = event.currentTarget.checked)}
            />
            {words.alsoBlock(friend.name)}
          </label>
        )}
        <FormError code={attempt.error.value} />
        <div class="dialog-buttons">
          <button type="button" class="button" onClick={onClose}>
            {say.cancel}
          </button>
          <button type="submit" class="button button-primary" disabled={attempt.busy.value}>
            {attempt.busy.value ? words.sending : words.send}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
