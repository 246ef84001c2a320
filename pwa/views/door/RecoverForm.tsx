import { useSignal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { FormError } from '../parts/FormError.tsx';
import { InfoIcon } from '../parts/icons.tsx';
import { useFocusHere } from '../parts/use-focus-here.ts';
import { sayDoor } from '../strings/door.ts';
import { EntryStages } from './EntryStages.tsx';
import { PasswordField } from './PasswordField.tsx';
import { UsernameField } from './UsernameField.tsx';

/** Back in with the recovery code, and a new password at once. */
export function RecoverForm(props: { username: Signal<string>; onBack: () => void }) {
  const { models, actions } = useApp();
  const { phase, stage, error } = models.session;
  const { username } = props;
  const code = useSignal('');
  const password = useSignal('');
  const tried = useSignal(false);
  const form = useFocusHere<HTMLFormElement>();
  const id = useId();
  const busy = phase.value === 'entering';
  const wrong = error.value === 'BAD_CREDENTIALS' ? sayDoor.recover.wrong : null;

  const submit = (event: Event) => {
    event.preventDefault();
    if (busy) return;
    tried.value = true;
    void actions.recover(username.value.trim().toLowerCase(), code.value.trim(), password.value);
  };
  return (
    <>
      <form ref={form} tabIndex={-1} class="door-form" aria-label={sayDoor.recover.title} onSubmit={submit}>
        <UsernameField value={username} readOnly={busy} />
        <div class="field">
          <label for={id}>{sayDoor.recover.code}</label>
          <input
            id={id}
            name="recovery-code"
            class="code-field"
            autocomplete="off"
            autocapitalize="characters"
            autocorrect="off"
            spellcheck={false}
            required
            readOnly={busy}
            value={code.value}
            aria-describedby={`${id}-hint`}
            onInput={(event) => (code.value = event.currentTarget.value)}
          />
          <p class="field-hint" id={`${id}-hint`}>
            {sayDoor.recover.codeHint}
          </p>
        </div>
        <PasswordField
          value={password}
          label={sayDoor.recover.password}
          purpose="new"
          names={[username.value]}
          readOnly={busy}
        />
        {!busy && tried.value && <FormError code={error.value} text={wrong} />}
        {busy ? (
          <EntryStages stage={stage.value} />
        ) : (
          <>
            <button class="button button-primary button-wide" type="submit">
              {sayDoor.recover.submit}
            </button>
            <button type="button" class="button-link" onClick={props.onBack}>
              {sayDoor.recover.back}
            </button>
          </>
        )}
      </form>
      <p class="door-promise">
        <InfoIcon />
        <span>{sayDoor.recover.none}</span>
      </p>
    </>
  );
}
