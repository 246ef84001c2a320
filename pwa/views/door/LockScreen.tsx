import { useSignal } from '@preact/signals';
import { useApp } from '../app-context.ts';
import { BrandMark } from '../parts/BrandMark.tsx';
import { ConfirmDialog } from '../parts/ConfirmDialog.tsx';
import { FormError } from '../parts/FormError.tsx';
import { EraseIcon, KeyIcon } from '../parts/more-icons.tsx';
import { sayDoor } from '../strings/door.ts';
import { PasswordField } from './PasswordField.tsx';

/** This device's own lock: nothing of what lies behind it is drawn. */
export function LockScreen() {
  const { models, actions } = useApp();
  const { lock, busy, error } = models.account;
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
  const wrong = error.value === 'BAD_CREDENTIALS' ? words.wrong : null;
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
          {tried.value && !busy.value && <FormError code={error.value} text={wrong} />}
          <button class="button button-primary button-wide" type="submit" disabled={busy.value}>
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
