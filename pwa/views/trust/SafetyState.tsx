import type { Trust } from '../../models/account.ts';
import { VerifiedIcon, WarningIcon } from '../parts/icons.tsx';
import { SafetyIcon } from '../parts/more-icons.tsx';
import { sayTrust } from '../strings/trust.ts';

const ICONS = {
  verified: VerifiedIcon,
  unverified: SafetyIcon,
  changed: WarningIcon,
  'changed-verified': WarningIcon,
} as const satisfies Record<Trust, unknown>;

/** How sure one can be of somebody, and what to do about it. */
export function SafetyState(props: { trust: Trust; name: string }) {
  const { trust, name } = props;
  const Icon = ICONS[trust];
  return (
    <div class="safety-state" data-trust={trust}>
      <Icon />
      <div>
        <p class="safety-word">{sayTrust.state[trust]}</p>
        <p class="help">{sayTrust.help[trust](name)}</p>
      </div>
    </div>
  );
}
