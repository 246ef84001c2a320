import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ExportContent } from '../../models/account.ts';
import { useApp } from '../app-context.ts';
import { PasswordField } from '../door/PasswordField.tsx';
import { ConfirmDialog } from '../parts/ConfirmDialog.tsx';
import { FormError } from '../parts/FormError.tsx';
import { EraseIcon, InstallIcon } from '../parts/more-icons.tsx';
import { sayDoor } from '../strings/door.ts';
import { saySettings } from '../strings/settings.ts';
import { useAttempt } from '../use-attempt.ts';
import { DeleteDialog } from './DeleteDialog.tsx';
import { Done } from './Done.tsx';
import { EndsCall } from './EndsCall.tsx';
import { ExportViewer } from './ExportViewer.tsx';
import { OpenExport } from './OpenExport.tsx';
import { useOwnNames } from './use-own-names.ts';

/** Taking everything along, reading it again, and leaving nothing behind. */
export function Data() {
  const { models, actions } = useApp();
  const opened = useSignal<ExportContent | null>(null);
  const route = models.shell.route.value;
  const reading = route.panel === 'settings' && route.file === true;
  // Whoever went back has closed it.
  useEffect(() => {
    if (!reading) opened.value = null;
  }, [opened, reading]);
  if (opened.value !== null && reading) {
    return <ExportViewer content={opened.value} onClose={() => actions.back()} />;
  }
  return (
    <>
      <Export />
      <OpenExport
        onOpened={(content) => {
          opened.value = content;
          actions.go({ panel: 'settings', section: 'data', file: true });
        }}
      />
      <Leave />
    </>
  );
}

function Export() {
  const { actions, models } = useApp();
  const { fetching, lacking } = models.account;
  const passphrase = useSignal('');
  const names = useOwnNames();
  const done = useSignal(false);
  const attempt = useAttempt();
  const busy = attempt.busy.value;
  const words = saySettings.data;
  const submit = async (event: Event) => {
    event.preventDefault();
    done.value = false;
    if (!(await attempt.run(() => actions.exportData(passphrase.value)))) return;
    passphrase.value = '';
    done.value = true;
  };
  return (
    <form class="card card-padded form" onSubmit={(event) => void submit(event)}>
      <h2>{words.exportTitle}</h2>
      <p class="help">{words.exportHelp}</p>
      <PasswordField
        value={passphrase}
        label={words.passphrase}
        purpose="new"
        names={names}
        apart
        readOnly={busy}
      />
      <FormError code={attempt.error.value} />
      {(fetching.value ?? 0) > 0 && <p class="note">{words.fetching(fetching.value ?? 0)}</p>}
      {done.value && <Done text={lacking.value === 0 ? words.exported : words.exportedPart(lacking.value)} />}
      <div class="setting-buttons">
        <button type="submit" class="button button-primary" disabled={busy}>
          <InstallIcon />
          {busy ? saySettings.working : words.export}
        </button>
      </div>
    </form>
  );
}

function Leave() {
  const { actions } = useApp();
  const asking = useSignal<'delete' | 'wipe' | null>(null);
  const close = () => (asking.value = null);
  const words = saySettings.data;
  return (
    <>
      <section class="card card-padded">
        <h2>{words.deleteTitle}</h2>
        <p class="help">{words.deleteHelp}</p>
        <div class="setting-buttons">
          <button type="button" class="button button-danger-soft" onClick={() => (asking.value = 'delete')}>
            {words.delete}
          </button>
        </div>
      </section>
      <section class="card card-padded">
        <h2>{words.wipeTitle}</h2>
        <p class="help">{words.wipeHelp}</p>
        <div class="setting-buttons">
          <button type="button" class="button button-danger-soft" onClick={() => (asking.value = 'wipe')}>
            <EraseIcon />
            {words.wipe}
          </button>
        </div>
      </section>
      {asking.value === 'delete' && <DeleteDialog onClose={close} />}
      {asking.value === 'wipe' && (
        <ConfirmDialog
          title={sayDoor.lock.wipeTitle}
          body={sayDoor.lock.wipeBody}
          confirm={sayDoor.lock.wipeConfirm}
          act={() => actions.wipe()}
          onClose={close}
          danger
        >
          <EndsCall />
        </ConfirmDialog>
      )}
    </>
  );
}
