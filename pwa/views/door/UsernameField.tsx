import type { Signal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { sayDoor } from '../strings/door.ts';

/** Who somebody is; for a new account with the rule for names. */
export function UsernameField(props: { value: Signal<string>; isNew?: boolean; readOnly: boolean }) {
  const { value, isNew = false, readOnly } = props;
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{sayDoor.username}</label>
      <input
        id={id}
        name="username"
        autocomplete="username"
        autocapitalize="none"
        autocorrect="off"
        spellcheck={false}
        required
        minLength={isNew ? 3 : undefined}
        maxLength={32}
        readOnly={readOnly}
        value={value.value}
        aria-describedby={isNew ? `${id}-hint` : undefined}
        onInput={(event) => (value.value = event.currentTarget.value)}
      />
      {isNew && (
        <p class="field-hint" id={`${id}-hint`}>
          {sayDoor.usernameHint}
        </p>
      )}
    </div>
  );
}
