import { useSignal } from '@preact/signals';
import { useApp } from '../app-context.ts';
import { AccountName } from '../door/AccountName.tsx';
import { PasswordField } from '../door/PasswordField.tsx';
import { longDay } from '../format.ts';
import { FormError } from '../parts/FormError.tsx';
import { ErrorIcon, InfoIcon, SuccessIcon } from '../parts/icons.tsx';
import { saySettings } from '../strings/settings.ts';
import { useAttempt } from '../use-attempt.ts';
import { wrongPassword } from './wrong-password.ts';

/** Whether there is a recovery code, and a new one. The code itself then fills the screen; see door/RecoveryCode.tsx. */
export function Recovery() {
  const { models, actions } = useApp();
  const password = useSignal('');
  const attempt = useAttempt();
  const busy = attempt.busy.value;
  const created = models.account.recoveryCreated.value;
  const submit = (event: Event) => {
    event.preventDefault();
    void attempt.run(() => actions.newRecoveryCode(password.value));
  };
  return (
    <>
      <p class="help">{saySettings.recovery.help}</p>
      {models.account.recoveryUnconfirmed.value && (
        <p class="form-error">
          <ErrorIcon />
          {saySettings.recovery.unconfirmed}
        </p>
      )}
      <Current created={created} />
      <form class="card card-padded form" onSubmit={submit}>
        <h2>{saySettings.recovery.title}</h2>
        <p class="help">
          {typeof created === 'number' ? saySettings.recovery.replaceHelp : saySettings.recovery.newHelp}
        </p>
        <AccountName />
        <PasswordField value={password} purpose="current" readOnly={busy} />
        <FormError code={attempt.error.value} text={wrongPassword(attempt.error.value)} />
        <div class="setting-buttons">
          <button type="submit" class="button button-primary" disabled={busy}>
            {busy ? saySettings.working : saySettings.recovery.submit}
          </button>
        </div>
      </form>
    </>
  );
}

function Current(props: { created: number | null | undefined }) {
  const { created } = props;
  const { link } = useApp().models.status;
  if (created === undefined) {
    // It is on its way, unless there is none.
    return (
      link.value === 'offline' && (
        <p class="note">
          <InfoIcon />
          {saySettings.recovery.unknown}
        </p>
      )
    );
  }
  return created === null ? (
    <p class="form-error">
      <ErrorIcon />
      {saySettings.recovery.none}
    </p>
  ) : (
    <p class="note">
      <SuccessIcon />
      {saySettings.recovery.made(longDay(created))}
    </p>
  );
}
