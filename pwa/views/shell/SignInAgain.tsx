import { useSignal } from '@preact/signals';
import { useApp } from '../app-context.ts';
import { AccountName } from '../door/AccountName.tsx';
import { EntryStages } from '../door/EntryStages.tsx';
import { PasswordField } from '../door/PasswordField.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { FormError } from '../parts/FormError.tsx';
import { say } from '../strings.ts';
import { sayDoor } from '../strings/door.ts';

/** The password of the person who is already inside, because their session at the server has ended. */
export function SignInAgain(props: { onClose: () => void }) {
  const { models, actions } = useApp();
  const { me, phase, stage, error } = models.session;
  const password = useSignal('');

  const name = me.value?.name;
  if (name === undefined) return null;
  const busy = phase.value === 'entering';
  const submit = (event: Event) => {
    event.preventDefault();
    if (!busy) void actions.logIn(name, password.value);
  };
  return (
    <Dialog title={sayDoor.again.title} onClose={props.onClose}>
      <form class="dialog-form" onSubmit={submit}>
        <p>{sayDoor.again.body(name)}</p>
        <AccountName />
        <PasswordField value={password} purpose="current" readOnly={busy} focused />
        {!busy && (
          <FormError
            code={error.value}
            text={error.value === 'BAD_CREDENTIALS' ? sayDoor.again.wrong : null}
          />
        )}
        {busy ? (
          <EntryStages stage={stage.value} />
        ) : (
          <div class="dialog-buttons">
            <button type="button" class="button" onClick={props.onClose}>
              {say.cancel}
            </button>
            <button type="submit" class="button button-primary">
              {sayDoor.again.submit}
            </button>
          </div>
        )}
      </form>
    </Dialog>
  );
}
