import { useApp } from '../app-context.ts';
import type { Friend } from '../chats/use-friend.ts';
import { Fingerprint } from '../parts/Fingerprint.tsx';
import { sayTrust } from '../strings/trust.ts';

/** The two identities that the number is made of. */
export function Fingerprints(props: { friend: Friend }) {
  const me = useApp().models.session.me.value;
  const { name, fingerprint } = props.friend;
  return (
    <details class="fingerprints">
      <summary>{sayTrust.fingerprints.title}</summary>
      <h2>{sayTrust.fingerprints.theirs(name)}</h2>
      <Fingerprint value={fingerprint} />
      {me !== null && (
        <>
          <h2>{sayTrust.fingerprints.yours}</h2>
          <Fingerprint value={me.fingerprint} />
        </>
      )}
    </details>
  );
}
