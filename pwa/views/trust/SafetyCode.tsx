import type { Safety } from '../../models/account.ts';
import { CopyButton } from '../parts/CopyButton.tsx';
import { later } from '../later.tsx';
import { sayTrust } from '../strings/trust.ts';

const QrCode = later(async () => (await import('./QrCode.tsx')).QrCode);

/** The same thing three times: for a camera, for two voices, for another way of sending. */
export function SafetyCode(props: { safety: Safety }) {
  const { code, groups, name } = props.safety;
  return (
    <>
      <div class="qr">
        <QrCode text={code} label={sayTrust.qr(name)} />
      </div>
      <p class="groups" translate={false} aria-label={sayTrust.groups} role="group">
        {groups.map((group, index) => (
          <span key={index}>{group} </span>
        ))}
      </p>
      <CopyButton text={code} label={sayTrust.copy} copied={sayTrust.copied} refused={sayTrust.notCopied} />
    </>
  );
}
