import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { FormError } from '../parts/FormError.tsx';
import { say } from '../strings.ts';
import { saySettings } from '../strings/settings.ts';
import { useAttempt } from '../use-attempt.ts';

/** As shared/schema/account.ts allows, in characters. */
const NAME_LIMIT = 80;

/** A name by which one knows a device again. */
export function RenameDialog(props: {
  device: { readonly id: string; readonly name: string };
  onClose: () => void;
}) {
  const { actions } = useApp();
  const { device, onClose } = props;
  const name = useSignal(device.name);
  const attempt = useAttempt();
  const id = useId();
  const submit = async (event: Event) => {
    event.preventDefault();
    const wanted = name.value.trim();
    if (wanted === '') return;
    if (await attempt.run(() => actions.renameDevice(device.id, wanted))) onClose();
  };
  return (
    <Dialog title={saySettings.devices.renameTitle} onClose={onClose}>
      <form class="dialog-form" onSubmit={(event) => void submit(event)}>
        <div class="field">
          <label for={id}>{saySettings.devices.nameLabel}</label>
          <input
            id={id}
            autocomplete="off"
            required
            maxLength={NAME_LIMIT}
            value={name.value}
            onInput={(event) => (name.value = event.currentTarget.value)}
          />
        </div>
        <FormError code={attempt.error.value} />
        <div class="dialog-buttons">
          <button type="button" class="button" onClick={onClose}>
            {say.cancel}
          </button>
          <button type="submit" class="button button-primary" disabled={attempt.busy.value}>
            {attempt.busy.value ? saySettings.working : saySettings.save}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
