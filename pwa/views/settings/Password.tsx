import { useSignal } from '@preact/signals';
import { useApp } from '../app-context.ts';
import { AccountName } from '../door/AccountName.tsx';
import { PasswordField } from '../door/PasswordField.tsx';
import { FormError } from '../parts/FormError.tsx';
import { saySettings } from '../strings/settings.ts';
import { useAttempt } from '../use-attempt.ts';
import { Done } from './Done.tsx';
import { wrongPassword } from './wrong-password.ts';
import { useOwnNames } from './use-own-names.ts';

/** A new password in place of the current one. */
export function Password() {
  const { actions } = useApp();
  const current = useSignal('');
  const next = useSignal('');
  const done = useSignal(false);
  const attempt = useAttempt();
  const names = useOwnNames();
  const busy = attempt.busy.value;
  const submit = async (event: Event) => {
    event.preventDefault();
    done.value = false;
    if (!(await attempt.run(() => actions.changePassword(current.value, next.value)))) return;
    current.value = '';
    next.value = '';
    done.value = true;
  };
  return (
    <>
      <p class="help">{saySettings.password.help}</p>
      {done.value && <Done text={saySettings.password.done} />}
      <form class="card card-padded form" onSubmit={(event) => void submit(event)}>
        <AccountName />
        <PasswordField
          value={current}
          label={saySettings.password.current}
          purpose="current"
          readOnly={busy}
        />
        <PasswordField
          value={next}
          label={saySettings.password.next}
          purpose="new"
          names={names}
          readOnly={busy}
        />
        <FormError code={attempt.error.value} text={wrongPassword(attempt.error.value)} />
        <div class="setting-buttons">
          <button type="submit" class="button button-primary" disabled={busy}>
            {busy ? saySettings.working : saySettings.password.submit}
          </button>
        </div>
      </form>
    </>
  );
}
