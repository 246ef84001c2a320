import { useSignal, useSignalEffect } from '@preact/signals';
import { useId } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { BrandMark } from '../parts/BrandMark.tsx';
import { ErrorIcon, LockIcon } from '../parts/icons.tsx';
import { say } from '../strings.ts';
import { EntryStages } from './EntryStages.tsx';
import { PASSWORD_MIN } from './password-strength.ts';
import { PasswordField } from './PasswordField.tsx';

type Choice = 'logIn' | 'register';
const CHOICES: readonly Choice[] = ['logIn', 'register'];

/** Sign in and create account, on one card. */
export function Door() {
  const { models, actions, announce } = useApp();
  const { phase, stage, error } = models.session;
  const choice = useSignal<Choice>('logIn');
  const username = useSignal('');
  const password = useSignal('');
  /** The last error belongs to what was chosen then. */
  const outdated = useSignal(false);
  const id = useId();
  const busy = phase.value === 'entering';
  const registering = choice.value === 'register';

  useSignalEffect(() => {
    if (stage.value !== null) announce(say.door.stage[stage.value]);
  });

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
    <main class="door">
      <div class="door-card glass">
        <header class="door-brand">
          <BrandMark />
          <h1>{say.app}</h1>
          <p>{say.tagline}</p>
        </header>

        <div class="segments" role="tablist" aria-label={say.door.choice} onKeyDown={onChoiceKey}>
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
              {say.door[option]}
            </button>
          ))}
        </div>

        <div id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-${choice.value}`} aria-busy={busy}>
          <form class="door-form" onSubmit={submit}>
            <div class="field">
              <label for={`${id}-name`}>{say.door.username}</label>
              <input
                id={`${id}-name`}
                name="username"
                autocomplete="username"
                autocapitalize="none"
                autocorrect="off"
                spellcheck={false}
                required
                minLength={registering ? 3 : undefined}
                maxLength={32}
                readOnly={busy}
                value={username.value}
                aria-describedby={registering ? `${id}-name-hint` : undefined}
                onInput={(event) => (username.value = event.currentTarget.value)}
              />
              {registering && (
                <p class="field-hint" id={`${id}-name-hint`}>
                  {say.door.usernameHint}
                </p>
              )}
            </div>
            <PasswordField
              value={password}
              purpose={registering ? 'new' : 'current'}
              minLength={registering ? PASSWORD_MIN : undefined}
              readOnly={busy}
            />

            {error.value !== null && !busy && !outdated.value && (
              <p class="form-error">
                <ErrorIcon />
                {say.error(error.value)}
              </p>
            )}
            {busy ? (
              <EntryStages stage={stage.value} />
            ) : (
              <button class="button button-primary button-wide" type="submit">
                {say.door[choice.value]}
              </button>
            )}
          </form>
        </div>

        <p class="door-promise">
          <LockIcon />
          <span>
            {say.door.promise}
            {registering && ` ${say.door.noReset}`}
          </span>
        </p>
      </div>
    </main>
  );
}
