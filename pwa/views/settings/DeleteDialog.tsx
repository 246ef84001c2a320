import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { PasswordField } from '../door/PasswordField.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { FormError } from '../parts/FormError.tsx';
import { say } from '../strings.ts';
import { saySettings } from '../strings/settings.ts';
import { useAttempt } from '../use-attempt.ts';
import { EndsCall } from './EndsCall.tsx';
import { wrongPassword } from './wrong-password.ts';

/** The end of an account: nobody does this by a slip, so the name is typed and the password asked for. */
export function DeleteDialog(props: { onClose: () => void }) {
  const { models, actions } = useApp();
  const typed = useSignal('');
  const password = useSignal('');
  const attempt = useAttempt();
  const id = useId();
  const name = models.session.me.value?.name ?? '';
  const busy = attempt.busy.value;
  const words = saySettings.data;
  const submit = (event: Event) => {
    event.preventDefault();
    if (typed.value.trim() === name) void attempt.run(() => actions.deleteAccount(password.value));
  };
  return (
    <Dialog title={words.deleteAsk(name)} onClose={props.onClose}>
      <form class="dialog-form" onSubmit={submit}>
        <p>{words.deleteHelp}</p>
        <p>{words.deleteBody}</p>
        <EndsCall />
        <div class="field">
          <label for={id}>{words.typeName(name)}</label>
          <input
            id={id}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            required
            readOnly={busy}
            value={typed.value}
            onInput={(event) => (typed.value = event.currentTarget.value)}
          />
        </div>
        <PasswordField value={password} purpose="current" readOnly={busy} />
        <FormError code={attempt.error.value} text={wrongPassword(attempt.error.value)} />
        <div class="dialog-buttons">
          <button type="button" class="button" disabled={busy} onClick={props.onClose}>
            {say.cancel}
          </button>
          <button
            type="submit"
            class="button button-danger"
            disabled={busy || typed.value.trim() !== name || password.value === ''}
          >
            {busy ? saySettings.working : words.deleteConfirm}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
