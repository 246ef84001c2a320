import { useSignal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { FormError } from '../parts/FormError.tsx';
import { LockIcon } from '../parts/more-icons.tsx';
import { sayDoor } from '../strings/door.ts';
import { EntryStages } from './EntryStages.tsx';
import { PasswordField } from './PasswordField.tsx';
import { UsernameField } from './UsernameField.tsx';

type Choice = 'logIn' | 'register';
const CHOICES: readonly Choice[] = ['logIn', 'register'];

interface Props {
  readonly username: Signal<string>;
  /** The last error belongs to the form that the person comes back from. */
  readonly returned: boolean;
  readonly onForgotten: () => void;
}

/** Sign in and create account. */
export function EnterForm(props: Props) {
  const { models, actions } = useApp();
  const { phase, stage, error } = models.session;
  const { username } = props;
  const choice = useSignal<Choice>('logIn');
  const password = useSignal('');
  /** The last error belongs to what was chosen then. */
  const outdated = useSignal(props.returned);
  const id = useId();
  const busy = phase.value === 'entering';
  const registering = choice.value === 'register';

  const submit = (event: Event) => {
    event.preventDefault();
    if (busy) return;
    outdated.value = false;
    void actions[choice.value](username.value.trim().toLowerCase(), password.value);
  };
  const choose = (next: Choice) => {
    choice.value = next;
    outdated.value = true;
  };
  const onChoiceKey = (event: KeyboardEvent) => {
    if (!['ArrowLeft', 'ArrowRight'].includes(event.key) || busy) return;
    event.preventDefault();
    const next = registering ? 'logIn' : 'register';
    choose(next);
    document.getElementById(`${id}-${next}`)?.focus();
  };

  return (
    <>
      <div class="segments" role="tablist" aria-label={sayDoor.choice} onKeyDown={onChoiceKey}>
        {CHOICES.map((option) => (
          <button
            key={option}
            type="button"
            id={`${id}-${option}`}
            role="tab"
            aria-selected={choice.value === option}
            aria-controls={`${id}-panel`}
            tabIndex={choice.value === option ? 0 : -1}
            disabled={busy}
            onClick={() => choose(option)}
          >
            {sayDoor[option]}
          </button>
        ))}
      </div>

      <div id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-${choice.value}`} aria-busy={busy}>
        <form class="door-form" onSubmit={submit}>
          <UsernameField value={username} isNew={registering} readOnly={busy} />
          <PasswordField
            value={password}
            purpose={registering ? 'new' : 'current'}
            names={[username.value]}
            readOnly={busy}
          />
          {!busy && !outdated.value && <FormError code={error.value} />}
          {busy ? (
            <EntryStages stage={stage.value} />
          ) : (
            <button class="button button-primary button-wide" type="submit">
              {sayDoor[choice.value]}
            </button>
          )}
          {!registering && !busy && (
            <button type="button" class="button-link" onClick={props.onForgotten}>
              {sayDoor.forgot}
            </button>
          )}
        </form>
      </div>

      <p class="door-promise">
        <LockIcon />
        <span>
          {sayDoor.promise}
          {registering && ` ${sayDoor.noReset}`}
        </span>
      </p>
    </>
  );
}
