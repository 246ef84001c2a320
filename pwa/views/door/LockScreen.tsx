import { useSignal, useSignalEffect } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { useApp } from '../app-context.ts';
import { BrandMark } from '../parts/BrandMark.tsx';
import { ConfirmDialog } from '../parts/ConfirmDialog.tsx';
import { FormError } from '../parts/FormError.tsx';
import { EraseIcon, KeyIcon } from '../parts/more-icons.tsx';
import { sayDoor } from '../strings/door.ts';
import { PasswordField } from './PasswordField.tsx';

/** In seconds. */
const SPOKEN_EVERY = 5;

/** Seconds that are left of `seconds`, in steps that a screen reader can follow. */
function useCountdown(seconds: ReadonlySignal<number>): ReadonlySignal<number> {
  const rest = useSignal(0);
  useSignalEffect(() => {
    const until = Date.now() + seconds.value * 1000;
    rest.value = seconds.value;
    if (seconds.value === 0) return;
    const timer = setInterval(() => {
      const left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
      if (left === 0 || left % SPOKEN_EVERY === 0) rest.value = left;
      if (left === 0) clearInterval(timer);
    }, 250);
    return () => clearInterval(timer);
  });
  return rest;
}

/** This device's own lock: nothing of what lies behind it is drawn. */
export function LockScreen() {
  const { models, actions } = useApp();
  const { lock, busy, error, wait } = models.account;
  const passphrase = useSignal('');
  const wiping = useSignal(false);
  /** The model's error may be of something that was done before the lock closed. */
  const tried = useSignal(false);
  const words = sayDoor.lock;

  const unlock = (event: Event) => {
    event.preventDefault();
    if (busy.value) return;
    tried.value = true;
    void actions.unlock(passphrase.value);
  };
  const unlockWithKey = () => {
    tried.value = true;
    void actions.unlockWithKey();
  };
  const rest = useCountdown(wait);
  const text =
    error.value === 'BAD_CREDENTIALS'
      ? words.wrong
      : error.value === 'RATE_LIMITED' && rest.value > 0
        ? words.wait(rest.value)
        : null;
  const over = error.value === 'RATE_LIMITED' && rest.value === 0;
  return (
    <main class="door">
      <div class="door-card glass">
        <header class="door-brand">
          <BrandMark />
          <h1>{words.title}</h1>
          <p>{words.body}</p>
        </header>
        <form class="door-form" onSubmit={unlock}>
          <PasswordField
            value={passphrase}
            label={words.passphrase}
            purpose="current"
            apart
            focused
            readOnly={busy.value}
          />
          {/* Not the announcer of the app: nothing that was said inside may be heard here. */}
          <div role="alert">
            {(tried.value || rest.value > 0) && !busy.value && !over && (
              <FormError code={error.value} text={text} />
            )}
          </div>
          <button
            class="button button-primary button-wide"
            type="submit"
            disabled={busy.value || (rest.value > 0 && error.value === 'RATE_LIMITED')}
          >
            {busy.value ? words.unlocking : words.unlock}
          </button>
          {lock.value?.hasKey === true && (
            <button
              type="button"
              class="button button-soft button-wide"
              disabled={busy.value}
              onClick={unlockWithKey}
            >
              <KeyIcon />
              {words.key}
            </button>
          )}
        </form>
        <footer class="door-foot">
          <button
            type="button"
            class="button button-quiet button-small"
            onClick={() => (wiping.value = true)}
          >
            <EraseIcon />
            {words.wipe}
          </button>
        </footer>
      </div>
      {wiping.value && (
        <ConfirmDialog
          title={words.wipeTitle}
          body={words.wipeBody}
          confirm={words.wipeConfirm}
          act={() => actions.wipe()}
          onClose={() => (wiping.value = false)}
          danger
        />
      )}
    </main>
  );
}
