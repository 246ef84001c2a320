import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import type { Lock } from '../../models/account.ts';
import { useApp } from '../app-context.ts';
import { PasswordField } from '../door/PasswordField.tsx';
import { ConfirmDialog } from '../parts/ConfirmDialog.tsx';
import { FormError } from '../parts/FormError.tsx';
import { AppLockIcon, KeyIcon } from '../parts/more-icons.tsx';
import { sayDoor } from '../strings/door.ts';
import { saySettings } from '../strings/settings.ts';
import { useAttempt } from '../use-attempt.ts';
import { Done } from './Done.tsx';
import { useEndingCall } from './EndsCall.tsx';
import { useOwnNames } from './use-own-names.ts';

/** How long one may be away, in minutes. */
const MINUTES: readonly number[] = [1, 5, 15, 30, 60];
const DEFAULT_MINUTES = 5;

/** The lock of this device: on with a passphrase, and then how soon it closes and what else opens it. */
export function AppLock() {
  const { lock } = useApp().models.account;
  /** What the person just did here. */
  const said = useSignal<'on' | 'off' | null>(null);
  const words = saySettings.lock;
  return (
    <>
      <p class="help">{words.help}</p>
      {said.value === 'off' && <Done key="off" text={words.disabled} />}
      {said.value === 'on' && lock.value !== null && <Done key="on" text={words.done(lock.value.minutes)} />}
      {lock.value === null ? (
        <TurnOn onDone={() => (said.value = 'on')} />
      ) : (
        <>
          <Locking lock={lock.value} />
          <TurnOff onDone={() => (said.value = 'off')} />
        </>
      )}
    </>
  );
}

function TurnOn(props: { onDone: () => void }) {
  const { actions } = useApp();
  const passphrase = useSignal('');
  const again = useSignal('');
  const minutes = useSignal(DEFAULT_MINUTES);
  const different = useSignal(false);
  const names = useOwnNames();
  const attempt = useAttempt();
  const busy = attempt.busy.value;
  const words = saySettings.lock;
  const submit = async (event: Event) => {
    event.preventDefault();
    different.value = passphrase.value !== again.value;
    if (different.value) return;
    if (await attempt.run(() => actions.enableLock(passphrase.value, minutes.value))) props.onDone();
  };
  return (
    <form class="card card-padded form" onSubmit={(event) => void submit(event)}>
      <h2>{words.off}</h2>
      <PasswordField
        value={passphrase}
        label={words.passphrase}
        purpose="new"
        names={names}
        apart
        readOnly={busy}
      />
      <PasswordField value={again} label={words.repeat} purpose="current" apart readOnly={busy} />
      <MinutesField value={minutes.value} onChange={(chosen) => (minutes.value = chosen)} />
      <p class="help">{words.warning}</p>
      <FormError code={attempt.error.value} text={different.value ? words.different : null} />
      <div class="setting-buttons">
        <button type="submit" class="button button-primary" disabled={busy}>
          {busy ? saySettings.working : words.enable}
        </button>
      </div>
    </form>
  );
}

function Locking(props: { lock: Lock }) {
  const { actions } = useApp();
  const { lock } = props;
  /** The call that would end. */
  const asking = useSignal<string | null>(null);
  const call = useEndingCall();
  const words = saySettings.lock;
  return (
    <section class="card card-padded">
      <div class="setting-head">
        <h2>{words.on}</h2>
        <button
          type="button"
          class="button button-primary"
          onClick={() => (call === null ? actions.lockNow() : (asking.value = call))}
        >
          <AppLockIcon />
          {words.now}
        </button>
      </div>
      <MinutesField value={lock.minutes} onChange={(chosen) => actions.setLockMinutes(chosen)} />
      <div class="setting">
        <PlatformKey hasKey={lock.hasKey} />
      </div>
      {asking.value !== null && (
        <ConfirmDialog
          title={words.nowTitle}
          body={saySettings.endsCall(asking.value)}
          confirm={words.now}
          act={() => actions.lockNow()}
          onClose={() => (asking.value = null)}
        />
      )}
    </section>
  );
}

function PlatformKey(props: { hasKey: boolean }) {
  const { models, actions, announce } = useApp();
  const attempt = useAttempt();
  const words = saySettings.lock;
  if (props.hasKey) {
    return (
      <>
        <p class="help">{words.hasKey}</p>
        <button
          type="button"
          class="button"
          disabled={attempt.busy.value}
          onClick={() =>
            void attempt
              .run(() => actions.removeLockKey())
              .then((removed) => removed && announce(words.keyRemoved))
          }
        >
          {words.removeKey}
        </button>
        <FormError code={attempt.error.value} />
      </>
    );
  }
  if (!models.account.canUseKey.value) return <p class="help">{words.noKey}</p>;
  return (
    <>
      <p class="help">{words.keyHelp}</p>
      <button
        type="button"
        class="button button-soft"
        disabled={attempt.busy.value}
        onClick={() => void attempt.run(() => actions.addLockKey())}
      >
        <KeyIcon />
        {attempt.busy.value ? saySettings.working : words.addKey}
      </button>
      <FormError code={attempt.error.value} />
    </>
  );
}

function TurnOff(props: { onDone: () => void }) {
  const { actions } = useApp();
  const passphrase = useSignal('');
  const attempt = useAttempt();
  const busy = attempt.busy.value;
  const words = saySettings.lock;
  const submit = async (event: Event) => {
    event.preventDefault();
    if (await attempt.run(() => actions.disableLock(passphrase.value))) props.onDone();
  };
  const wrong = attempt.error.value === 'BAD_CREDENTIALS' ? sayDoor.lock.wrong : null;
  return (
    <form class="card card-padded form" onSubmit={(event) => void submit(event)}>
      <h2>{words.disableTitle}</h2>
      <p class="help">{words.disableHelp}</p>
      <PasswordField value={passphrase} label={words.passphrase} purpose="current" apart readOnly={busy} />
      <FormError code={attempt.error.value} text={wrong} />
      <div class="setting-buttons">
        <button type="submit" class="button" disabled={busy}>
          {busy ? saySettings.working : words.disable}
        </button>
      </div>
    </form>
  );
}

function MinutesField(props: { value: number; onChange: (minutes: number) => void }) {
  const id = useId();
  const choices = MINUTES.includes(props.value)
    ? MINUTES
    : [...MINUTES, props.value].toSorted((a, b) => a - b);
  return (
    <div class="field field-row">
      <label for={id}>{saySettings.lock.after}</label>
      <span class="select">
        <select id={id} onChange={(event) => props.onChange(Number(event.currentTarget.value))}>
          {choices.map((minutes) => (
            <option key={minutes} value={minutes} selected={minutes === props.value}>
              {saySettings.lock.minutes(minutes)}
            </option>
          ))}
        </select>
      </span>
    </div>
  );
}
