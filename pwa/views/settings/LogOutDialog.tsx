import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { ErrorIcon } from '../parts/icons.tsx';
import { say } from '../strings.ts';
import { saySettings } from '../strings/settings.ts';
import { EndsCall } from './EndsCall.tsx';

/** Says what is lost before it is lost. */
export function LogOutDialog(props: { onClose: () => void }) {
  const { actions } = useApp();
  const unsent = useSignal<number | null>(null);
  const leaving = useSignal(false);

  useEffect(() => {
    void actions.countUnsent().then((count) => (unsent.value = count));
  }, [actions, unsent]);

  return (
    <Dialog title={saySettings.logOut.title} onClose={props.onClose}>
      <p>{saySettings.logOut.body}</p>
      <EndsCall />
      {unsent.value !== null && unsent.value > 0 && (
        <p class="form-error">
          <ErrorIcon />
          {saySettings.logOut.unsent(unsent.value)}
        </p>
      )}
      <div class="dialog-buttons">
        <button type="button" class="button" disabled={leaving.value} onClick={props.onClose}>
          {say.cancel}
        </button>
        <button
          type="button"
          class="button button-danger"
          disabled={leaving.value || unsent.value === null}
          onClick={() => {
            leaving.value = true;
            void actions.logOut();
          }}
        >
          {saySettings.logOut.confirm}
        </button>
      </div>
    </Dialog>
  );
}
