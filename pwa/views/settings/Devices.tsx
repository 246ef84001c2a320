import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { AccountModel } from '../../models/account.ts';
import { isConnected } from '../../models/status.ts';
import { useApp } from '../app-context.ts';
import { ConfirmDialog } from '../parts/ConfirmDialog.tsx';
import { FormError } from '../parts/FormError.tsx';
import { OfflineIcon } from '../parts/icons.tsx';
import { ComputerIcon, DeviceIcon } from '../parts/more-icons.tsx';
import { RowsSkeleton } from '../parts/RowsSkeleton.tsx';
import { saySettings } from '../strings/settings.ts';
import { useAttempt } from '../use-attempt.ts';
import { today } from '../use-today.ts';
import { Done } from './Done.tsx';
import { RenameDialog } from './RenameDialog.tsx';
import { whenAt } from './when.ts';

type Device = NonNullable<AccountModel['devices']['value']>[number];
type Asking = { readonly what: 'rename' | 'end'; readonly device: Device } | { readonly what: 'others' };

/** Where the account is signed in, and new keys for when one of these places is no longer one's own. */
export function Devices() {
  const { models, actions } = useApp();
  const { devices } = models.account;
  const asking = useSignal<Asking | null>(null);
  const connected = isConnected(models.status.link.value);
  // Again when the connection is back: what was asked without one was not answered.
  useEffect(() => {
    if (connected) actions.loadDevices();
  }, [actions, connected]);
  const close = () => (asking.value = null);
  const all = devices.value;
  const others = all?.filter(({ current }) => !current).length ?? 0;
  const ask = asking.value;
  return (
    <>
      <p class="help">{saySettings.devices.help}</p>
      {all === null && connected && <RowsSkeleton saying={saySettings.devices.loading} rows={2} />}
      {all === null && !connected && (
        <div class="note">
          <OfflineIcon />
          <p>{saySettings.devices.failed}</p>
        </div>
      )}
      {all !== null && (
        <ul class="people card" aria-label={saySettings.devices.label}>
          {all.map((device) => (
            <DeviceRow
              key={device.id}
              device={device}
              onRename={() => (asking.value = { what: 'rename', device })}
              onEnd={() => (asking.value = { what: 'end', device })}
            />
          ))}
        </ul>
      )}
      {others > 0 && (
        <div class="setting-buttons">
          <button
            type="button"
            class="button button-danger-soft"
            onClick={() => (asking.value = { what: 'others' })}
          >
            {saySettings.devices.endOthers}
          </button>
        </div>
      )}
      <RotateKeys />
      {ask?.what === 'rename' && <RenameDialog device={ask.device} onClose={close} />}
      {ask?.what === 'end' && (
        <ConfirmDialog
          title={saySettings.devices.endTitle(ask.device.name)}
          body={saySettings.devices.endBody}
          confirm={saySettings.devices.endConfirm}
          act={() => actions.endDevice(ask.device.id)}
          onClose={close}
          danger
        />
      )}
      {ask?.what === 'others' && (
        <ConfirmDialog
          title={saySettings.devices.endOthersTitle}
          body={saySettings.devices.endOthersBody(others)}
          confirm={saySettings.devices.endOthers}
          act={() => actions.endOtherDevices()}
          onClose={close}
          danger
        />
      )}
    </>
  );
}

/** Names tell what a device is: `Firefox on Android`. */
const MOBILE = /android|iphone|ipad|ios/iu;

function DeviceRow(props: { device: Device; onRename: () => void; onEnd: () => void }) {
  const { name, current, seen, started } = props.device;
  const Icon = MOBILE.test(name) ? DeviceIcon : ComputerIcon;
  const { devices } = saySettings;
  return (
    <li class="person device" data-current={current}>
      <span class="device-icon">
        <Icon />
      </span>
      <div class="person-words">
        <bdi class="person-name">{name}</bdi>
        <span class="person-line">
          {current ? (
            <strong class="device-current">{devices.current}</strong>
          ) : (
            devices.seen(whenAt(seen, today.value))
          )}
        </span>
        <span class="person-line">{devices.started(whenAt(started, today.value))}</span>
      </div>
      <div class="person-actions">
        <button
          type="button"
          class="button button-small"
          aria-label={devices.renameName(name)}
          onClick={props.onRename}
        >
          {devices.rename}
        </button>
        {!current && (
          <button
            type="button"
            class="button button-small button-danger-soft"
            aria-label={devices.endName(name)}
            onClick={props.onEnd}
          >
            {devices.end}
          </button>
        )}
      </div>
    </li>
  );
}

function RotateKeys() {
  const { actions } = useApp();
  const attempt = useAttempt();
  const done = useSignal(false);
  const rotate = async () => {
    done.value = false;
    done.value = await attempt.run(() => actions.rotateKeys());
  };
  return (
    <section class="card card-padded">
      <h2>{saySettings.devices.keys}</h2>
      <p class="help">{saySettings.devices.keysHelp}</p>
      <FormError code={attempt.error.value} />
      {done.value && <Done text={saySettings.devices.rotated} />}
      <div class="setting-buttons">
        <button
          type="button"
          class="button button-soft"
          disabled={attempt.busy.value}
          onClick={() => void rotate()}
        >
          {attempt.busy.value ? saySettings.working : saySettings.devices.rotate}
        </button>
      </div>
    </section>
  );
}
