import { useSignal } from '@preact/signals';
import type { Safety } from '../../models/account.ts';
import { useApp } from '../app-context.ts';
import { VerifiedIcon } from '../parts/icons.tsx';
import { PasteIcon, ScanIcon } from '../parts/more-icons.tsx';
import { sayTrust } from '../strings/trust.ts';

/** The ways to compare, and the mark for who did it by ear or eye. */
export function Verifying(props: { safety: Safety; onScan: () => void; onPaste: () => void }) {
  const { actions, announce } = useApp();
  const { peer, name, trust } = props.safety;
  const marking = useSignal(false);
  const mark = async (verified: boolean) => {
    marking.value = true;
    await actions.setVerified(peer, verified);
    marking.value = false;
    announce(verified ? sayTrust.marked(name) : sayTrust.state.unverified);
  };
  if (trust === 'verified') {
    return (
      <button type="button" class="button" disabled={marking.value} onClick={() => void mark(false)}>
        {sayTrust.unmark}
      </button>
    );
  }
  return (
    <div class="verifying">
      <button type="button" class="button button-primary" onClick={props.onScan}>
        <ScanIcon />
        {sayTrust.scan}
      </button>
      <button type="button" class="button" onClick={props.onPaste}>
        <PasteIcon />
        {sayTrust.paste}
      </button>
      <button type="button" class="button" disabled={marking.value} onClick={() => void mark(true)}>
        <VerifiedIcon />
        {sayTrust.mark}
      </button>
    </div>
  );
}
