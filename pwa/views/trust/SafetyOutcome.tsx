import type { SafetyOutcome as Outcome } from '../../controllers/actions.ts';
import { ErrorIcon, InfoIcon, SuccessIcon } from '../parts/icons.tsx';
import { useFocusHere } from '../parts/use-focus-here.ts';
import { sayTrust } from '../strings/trust.ts';

/** Says it where the camera or the field was. */
export function SafetyOutcome(props: { outcome: Outcome; name: string }) {
  const { outcome, name } = props;
  if (outcome === 'digits') {
    return (
      <p class="note">
        <InfoIcon />
        {sayTrust.digits(name)}
      </p>
    );
  }
  return outcome === 'unreadable' || outcome === 'own' ? (
    <p class="form-error">
      <ErrorIcon />
      {sayTrust[outcome]}
    </p>
  ) : (
    <Verdict key={outcome} outcome={outcome} name={name} />
  );
}

function Verdict(props: { outcome: 'match' | 'mismatch'; name: string }) {
  const { outcome, name } = props;
  const ref = useFocusHere<HTMLDivElement>();
  return (
    <div class="verdict" data-outcome={outcome} ref={ref} tabIndex={-1}>
      {outcome === 'match' ? <SuccessIcon /> : <ErrorIcon />}
      <p>
        {outcome === 'match' ? (
          sayTrust.match(name)
        ) : (
          <>
            <strong>{sayTrust.mismatchTitle}.</strong> {sayTrust.mismatch(name)}
          </>
        )}
      </p>
    </div>
  );
}
