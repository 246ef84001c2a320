import { useSignal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { HideIcon, ShowIcon } from '../parts/icons.tsx';
import { say } from '../strings.ts';
import { passwordStrength } from './password-strength.ts';

interface Props {
  value: Signal<string>;
  purpose: 'current' | 'new';
  minLength?: number | undefined;
  readOnly?: boolean;
}

const READABLE = { type: 'text' } as const;
const HIDDEN = { type: 'password' } as const;

/** A password with a toggle to read it, and for a new one a hint with a meter. */
export function PasswordField(props: Props) {
  const shown = useSignal(false);
  const id = useId();
  const isNew = props.purpose === 'new';
  return (
    <div class="field">
      <label for={id}>{say.door.password}</label>
      <div class="field-with-button">
        <input
          id={id}
          name="password"
          {...(shown.value ? READABLE : HIDDEN)}
          autocomplete={isNew ? 'new-password' : 'current-password'}
          autocapitalize="none"
          spellcheck={false}
          required
          minLength={props.minLength}
          readOnly={props.readOnly}
          value={props.value.value}
          aria-describedby={isNew ? `${id}-hint` : undefined}
          onInput={(event) => (props.value.value = event.currentTarget.value)}
        />
        <button
          type="button"
          class="icon-button"
          aria-label={shown.value ? say.door.hidePassword : say.door.showPassword}
          onClick={() => (shown.value = !shown.value)}
        >
          {shown.value ? <HideIcon /> : <ShowIcon />}
        </button>
      </div>
      {isNew && (
        <div id={`${id}-hint`}>
          <StrengthMeter password={props.value.value} />
          <p class="field-hint">{say.door.passwordHint}</p>
        </div>
      )}
    </div>
  );
}

function StrengthMeter(props: { password: string }) {
  const strength = passwordStrength(props.password);
  return (
    <div class="strength" data-strength={props.password === '' ? undefined : strength}>
      <span class="strength-bars" aria-hidden="true">
        <i />
        <i />
        <i />
        <i />
      </span>
      <span class="strength-word">{props.password === '' ? '' : say.door.strength[strength]}</span>
    </div>
  );
}
