import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { SafetyOutcome as Outcome } from '../../controllers/actions.ts';
import type { Safety as SafetyModel } from '../../models/account.ts';
import { useApp } from '../app-context.ts';
import type { Friend } from '../chats/use-friend.ts';
import { EmptyState } from '../parts/EmptyState.tsx';
import { CloseIcon } from '../parts/icons.tsx';
import { say } from '../strings.ts';
import { sayTrust } from '../strings/trust.ts';
import { Fingerprints } from './Fingerprints.tsx';
import { KeyDrawing } from './KeyDrawing.tsx';
import { Paster } from './Paster.tsx';
import { SafetyCode } from './SafetyCode.tsx';
import { SafetyOutcome } from './SafetyOutcome.tsx';
import { SafetyState } from './SafetyState.tsx';
import { Scanner } from './Scanner.tsx';
import { Verifying } from './Verifying.tsx';

/** What two people compare to know that nobody sits between them. */
export function Safety(props: { friend: Friend }) {
  const { models, actions } = useApp();
  const { friend } = props;
  useEffect(() => {
    actions.showSafety(friend.id);
    return () => actions.showSafety(null);
  }, [actions, friend.id]);
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    const element = panel.current;
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape') actions.back();
    };
    element?.addEventListener('keydown', onKey);
    return () => element?.removeEventListener('keydown', onKey);
  }, [actions]);
  const safety = models.account.safety.value;
  return (
    <aside ref={panel} class="safety" aria-label={sayTrust.safety}>
      <header class="panel-header">
        <h1 data-heading tabIndex={-1}>
          {sayTrust.safety}
        </h1>
        <button type="button" class="icon-button" aria-label={say.close} onClick={() => actions.back()}>
          <CloseIcon />
        </button>
      </header>
      <div class="pane-scroll">
        <div class="safety-body">
          {safety?.peer === friend.id ? (
            <Comparing safety={safety} friend={friend} />
          ) : (
            <div role="status">
              {friend.fingerprint === '' ? (
                <EmptyState
                  drawing={<KeyDrawing />}
                  title={sayTrust.unknownTitle}
                  text={sayTrust.unknown(friend.name)}
                />
              ) : (
                <p class="help">{sayTrust.loading}</p>
              )}
            </div>
          )}
        </div>
      </div>
    </aside>
  );
}

function Comparing(props: { safety: SafetyModel; friend: Friend }) {
  const { actions, announce } = useApp();
  const { safety, friend } = props;
  const mode = useSignal<'show' | 'scan' | 'paste'>('show');
  const outcome = useSignal<Outcome | null>(null);

  const enter = (next: typeof mode.value) => {
    outcome.value = null;
    mode.value = next;
  };
  const compare = async (code: string) => {
    const result = await actions.compareSafety(safety.peer, code);
    outcome.value = result;
    // The camera goes on looking: something else was in the picture.
    if (result === 'match' || result === 'mismatch' || result === 'digits') mode.value = 'show';
    announce(
      result === 'match' || result === 'digits' ? sayTrust[result](safety.name) : sayTrust[WORDS[result]],
    );
  };

  // A match holds while the mark does.
  const shown = outcome.value === 'match' && safety.trust !== 'verified' ? null : outcome.value;
  return (
    <>
      <SafetyState trust={safety.trust} name={safety.name} />
      {shown !== null && <SafetyOutcome outcome={shown} name={safety.name} />}
      {mode.value === 'scan' && (
        <Scanner
          name={safety.name}
          onCode={compare}
          onStop={() => enter('show')}
          onPaste={() => enter('paste')}
        />
      )}
      {mode.value !== 'scan' && <SafetyCode safety={safety} />}
      {mode.value === 'paste' && (
        <Paster name={safety.name} onCode={compare} onCancel={() => enter('show')} />
      )}
      {mode.value === 'show' && (
        <Verifying safety={safety} onScan={() => enter('scan')} onPaste={() => enter('paste')} />
      )}
      <Fingerprints friend={friend} />
    </>
  );
}

const WORDS = { mismatch: 'mismatchTitle', own: 'own', unreadable: 'unreadable' } as const;
