import { useSignal } from '@preact/signals';
import { useId, useState } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { FormError } from '../parts/FormError.tsx';
import { useFocusHere } from '../parts/use-focus-here.ts';
import { sayDoor } from '../strings/door.ts';
import { isGroup } from './recovery-groups.ts';

interface Props {
  readonly groups: readonly string[];
  readonly onBack: () => void;
  readonly onConfirmed: () => void;
}

/** Asks for one group of the code: who only pressed a button has written nothing down. */
export function CheckCode(props: Props) {
  const { announce } = useApp();
  const { groups, onBack, onConfirmed } = props;
  const [asked] = useState(() => Math.floor(Math.random() * groups.length));
  const typed = useSignal('');
  const wrong = useSignal(false);
  const field = useFocusHere<HTMLInputElement>();
  const id = useId();
  const words = sayDoor.code;

  const submit = (event: Event) => {
    event.preventDefault();
    if (isGroup(typed.value, groups[asked] ?? '')) return onConfirmed();
    wrong.value = true;
    announce(words.wrong);
  };
  return (
    <form class="door-form" onSubmit={submit}>
      <p class="help" id={`${id}-hint`}>
        {words.check(asked + 1)}
      </p>
      <div class="field">
        <label for={id}>{words.group(asked + 1)}</label>
        <input
          ref={field}
          id={id}
          class="code-field"
          autocomplete="off"
          autocapitalize="characters"
          autocorrect="off"
          spellcheck={false}
          required
          maxLength={8}
          aria-invalid={wrong.value}
          aria-describedby={`${id}-hint`}
          value={typed.value}
          onInput={(event) => {
            typed.value = event.currentTarget.value;
            wrong.value = false;
          }}
        />
      </div>
      <FormError text={wrong.value ? words.wrong : null} />
      <button type="submit" class="button button-primary button-wide">
        {words.confirm}
      </button>
      <button type="button" class="button-link" onClick={onBack}>
        {words.show}
      </button>
    </form>
  );
}
