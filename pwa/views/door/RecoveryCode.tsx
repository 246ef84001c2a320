import { useSignal } from '@preact/signals';
import { useApp } from '../app-context.ts';
import { BrandMark } from '../parts/BrandMark.tsx';
import { ConfirmDialog } from '../parts/ConfirmDialog.tsx';
import { CopyButton } from '../parts/CopyButton.tsx';
import { InstallIcon, RecoveryIcon } from '../parts/more-icons.tsx';
import { saveText } from '../parts/save-text.ts';
import { useFocusHere } from '../parts/use-focus-here.ts';
import { longDay } from '../format.ts';
import { sayDoor } from '../strings/door.ts';
import { CheckCode } from './CheckCode.tsx';
import { recoveryGroups } from './recovery-groups.ts';

/** The one time that a recovery code is on the screen: to write down, and to prove that it was. */
export function RecoveryCode() {
  const { models, actions } = useApp();
  const checking = useSignal(false);
  const skipping = useSignal(false);
  const code = models.account.recoveryCode.value;
  const heading = useFocusHere<HTMLHeadingElement>();
  if (code === null) return null;
  const groups = recoveryGroups(code);
  return (
    <main class="door">
      <div class="door-card glass">
        <header class="door-brand">
          <BrandMark />
          <h1 data-heading tabIndex={-1} ref={heading}>
            {checking.value ? sayDoor.code.checkTitle : sayDoor.code.title}
          </h1>
          {!checking.value && <p>{sayDoor.code.body}</p>}
          {models.account.recoveryUnsure.value && <p role="status">{sayDoor.code.unsure}</p>}
        </header>
        {checking.value ? (
          <CheckCode
            groups={groups}
            onBack={() => (checking.value = false)}
            onConfirmed={() => actions.confirmRecoveryCode()}
          />
        ) : (
          <ShownCode
            groups={groups}
            onNext={() => (checking.value = true)}
            onSkip={() => (skipping.value = true)}
          />
        )}
      </div>
      {skipping.value && (
        <ConfirmDialog
          title={sayDoor.code.skipTitle}
          body={sayDoor.code.skipBody}
          confirm={sayDoor.code.skipConfirm}
          act={() => actions.skipRecoveryCode()}
          onClose={() => (skipping.value = false)}
          danger
        />
      )}
    </main>
  );
}

function ShownCode(props: { groups: readonly string[]; onNext: () => void; onSkip: () => void }) {
  const name = useApp().models.session.me.value?.name ?? '';
  const { groups, onNext, onSkip } = props;
  const code = groups.join('-');
  const words = sayDoor.code;
  return (
    <div class="door-form">
      <p class="groups groups-code" translate={false} role="group" aria-label={words.label}>
        {groups.map((group, index) => (
          <span key={index}>{group} </span>
        ))}
      </p>
      <div class="button-pair">
        <CopyButton text={code} label={words.copy} copied={words.copied} refused={words.notCopied} />
        <button
          type="button"
          class="button button-soft"
          onClick={() => saveText(words.fileName(name), words.file(name, code, longDay(Date.now())))}
        >
          <InstallIcon />
          {words.download}
        </button>
      </div>
      <button type="button" class="button button-primary button-wide" onClick={onNext}>
        <RecoveryIcon />
        {words.next}
      </button>
      <button type="button" class="button-link" onClick={onSkip}>
        {words.skip}
      </button>
    </div>
  );
}
