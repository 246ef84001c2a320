import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import type { ExportContent } from '../../models/account.ts';
import { useApp } from '../app-context.ts';
import { PasswordField } from '../door/PasswordField.tsx';
import { FormError } from '../parts/FormError.tsx';
import { OpenFileIcon } from '../parts/more-icons.tsx';
import { saySettings } from '../strings/settings.ts';

/** A file that was exported before, and the passphrase that opens it. */
export function OpenExport(props: { onOpened: (content: ExportContent) => void }) {
  const { models, actions, announce } = useApp();
  const file = useSignal<File | null>(null);
  const passphrase = useSignal('');
  const busy = useSignal(false);
  const failed = useSignal<string | null>(null);
  const id = useId();
  const words = saySettings.data;
  const fail = (why: string) => {
    failed.value = why;
    announce(why);
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    if (busy.value) return;
    if (file.value === null) return fail(words.noFile);
    busy.value = true;
    failed.value = null;
    const content = await actions.openExport(file.value, passphrase.value);
    busy.value = false;
    if (content !== null) return props.onOpened(content);
    const wrong = models.account.error.value === 'BAD_CREDENTIALS';
    fail(wrong ? words.wrongPassphrase : words.notExport);
  };
  return (
    <form class="card card-padded form" onSubmit={(event) => void submit(event)}>
      <h2>{words.openTitle}</h2>
      <p class="help">{words.openHelp}</p>
      <div class="field">
        <label for={id}>{words.file}</label>
        <input
          id={id}
          type="file"
          disabled={busy.value}
          onChange={(event) => (file.value = event.currentTarget.files?.[0] ?? null)}
        />
      </div>
      <PasswordField
        value={passphrase}
        label={words.filePassphrase}
        purpose="current"
        apart
        readOnly={busy.value}
      />
      <FormError text={failed.value} />
      <div class="setting-buttons">
        <button type="submit" class="button button-soft" disabled={busy.value}>
          <OpenFileIcon />
          {busy.value ? saySettings.working : words.open}
        </button>
      </div>
    </form>
  );
}
