import { useSignal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import { useEffect, useId, useRef } from 'preact/hooks';
import { PASSWORD_MIN, passwordStrength } from '#shared/password-strength.ts';
import type { Strength } from '#shared/password-strength.ts';
import { HideIcon, ShowIcon } from '../parts/more-icons.tsx';
import { sayDoor } from '../strings/door.ts';

interface Props {
  value: Signal<string>;
  purpose: 'current' | 'new';
  label?: string;
  /** Nothing that a password manager should keep as the password of this account. */
  apart?: boolean;
  /** What a new one must not be made of, because others know it. */
  names?: readonly string[];
  readOnly?: boolean;
  /** Takes focus when it appears. */
  focused?: boolean;
}

const READABLE = { type: 'text' } as const;
const HIDDEN = { type: 'password' } as const;

/** A password with a toggle to read it, and for a new one a hint with a meter. */
export function PasswordField(props: Props) {
  const shown = useSignal(false);
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const { focused = false } = props;
  useEffect(() => {
    if (focused) field.current?.focus();
  }, [focused]);
  const isNew = props.purpose === 'new';
  const password = props.value.value;
  const strength = passwordStrength(password, props.names);
  // What is too short the browser says itself.
  const guessable = isNew && strength === 0 && password.length >= PASSWORD_MIN;
  useEffect(() => field.current?.setCustomValidity(guessable ? sayDoor.guessable : ''), [guessable]);
  return (
    <div class="field">
      <label for={id}>{props.label ?? sayDoor.password}</label>
      <div class="field-with-button">
        <input
          ref={field}
          id={id}
          name={props.apart === true ? 'passphrase' : 'password'}
          {...(shown.value ? READABLE : HIDDEN)}
          autocomplete={props.apart === true ? 'off' : isNew ? 'new-password' : 'current-password'}
          autocapitalize="none"
          spellcheck={false}
          required
          minLength={isNew ? PASSWORD_MIN : undefined}
          readOnly={props.readOnly}
          value={password}
          aria-describedby={isNew ? `${id}-hint` : undefined}
          onInput={(event) => (props.value.value = event.currentTarget.value)}
        />
        <button
          type="button"
          class="icon-button"
          aria-label={shown.value ? sayDoor.hidePassword : sayDoor.showPassword}
          onClick={() => (shown.value = !shown.value)}
        >
          {shown.value ? <HideIcon /> : <ShowIcon />}
        </button>
      </div>
      {isNew && (
        <div id={`${id}-hint`}>
          <StrengthMeter strength={strength} empty={password === ''} guessable={guessable} />
          <p class="field-hint">{sayDoor.passwordHint}</p>
        </div>
      )}
    </div>
  );
}

function StrengthMeter(props: { strength: Strength; empty: boolean; guessable: boolean }) {
  const { strength, empty, guessable } = props;
  const word = guessable ? sayDoor.easy : sayDoor.strength[strength];
  return (
    <div class="strength" data-strength={empty ? undefined : strength}>
      <span class="strength-bars" aria-hidden="true">
        <i />
        <i />
        <i />
        <i />
      </span>
      <span class="strength-word">{empty ? '' : word}</span>
    </div>
  );
}
