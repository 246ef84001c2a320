import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { useFocusHere } from '../parts/use-focus-here.ts';
import { say } from '../strings.ts';
import { sayTrust } from '../strings/trust.ts';

interface Props {
  readonly name: string;
  readonly onCode: (code: string) => Promise<void>;
  readonly onCancel: () => void;
}

/** For two people who are not in the same place: a code that came over another way. */
export function Paster(props: Props) {
  const field = useFocusHere<HTMLTextAreaElement>();
  const code = useSignal('');
  const id = useId();
  const submit = (event: Event) => {
    event.preventDefault();
    if (code.value.trim() !== '') void props.onCode(code.value.trim());
  };
  return (
    <form class="dialog-form" onSubmit={submit}>
      <div class="field">
        <label for={id}>{sayTrust.paster.label(props.name)}</label>
        <textarea
          ref={field}
          id={id}
          class="area area-code"
          rows={3}
          spellcheck={false}
          autocapitalize="none"
          aria-describedby={`${id}-hint`}
          value={code.value}
          onInput={(event) => (code.value = event.currentTarget.value)}
        />
        <p class="field-hint" id={`${id}-hint`}>
          {sayTrust.paster.hint}
        </p>
      </div>
      <div class="dialog-buttons">
        <button type="button" class="button" onClick={props.onCancel}>
          {say.cancel}
        </button>
        <button type="submit" class="button button-primary">
          {sayTrust.paster.compare}
        </button>
      </div>
    </form>
  );
}
