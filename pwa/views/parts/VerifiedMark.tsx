import { say } from '../strings.ts';
import { VerifiedIcon } from './icons.tsx';

/** Stands beside the name of somebody whose safety number was compared. */
export function VerifiedMark() {
  return (
    <span class="verified" title={say.verified}>
      <VerifiedIcon />
      <span class="visually-hidden">, {say.verified}</span>
    </span>
  );
}
