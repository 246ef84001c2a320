import {
  type SafetyVerdict,
  codeShownBy,
  compareSafetyCode,
  safetyNumberOf,
} from '#shared/crypto/safety-number.ts';
import type { Bytes, UserId } from '#shared/ids.ts';
import type { Safety } from '../models/account.ts';
import type { Contact } from '../models/people.ts';
import type { LocalStore } from '../store/ports.ts';

/** Safety numbers, computed when somebody wants to compare. Loaded then. */
export interface Comparison {
  readonly safety: Safety;
  /** The contact's signing key that the number is of. */
  readonly signing: Bytes;
}

/** Null before there is an identity to compare. */
export async function compare(store: LocalStore, contact: Contact): Promise<Comparison | null> {
  const compared = await store.trust.compared(contact.id);
  if (compared === null) return null;
  const { groups, code } = await safetyNumberOf(compared.self, compared.peer);
  const { id: peer, name, trust } = contact;
  const shown = codeShownBy(compared.self.userId, code);
  return { safety: { peer, name, trust, groups, code: shown }, signing: compared.peer.signing };
}

/** A whole safety number, as somebody read or copied it. */
const DIGITS = /^[0-9]{60}$/;

/** Compares what was scanned with the identity that stands for the contact now; a match is verified. */
export async function compareScanned(
  store: LocalStore,
  peer: UserId,
  scanned: string,
): Promise<SafetyVerdict | 'digits'> {
  const compared = await store.trust.compared(peer);
  if (compared === null) return 'unreadable';
  const { code, groups } = await safetyNumberOf(compared.self, compared.peer);
  const digits = scanned.normalize('NFKC').replaceAll(/[^\p{L}\p{N}]/gu, '');
  // Both sides have the same number, so it does not say whose screen it comes from: nothing is verified by it alone.
  if (DIGITS.test(digits)) return digits === groups.join('') ? 'digits' : 'mismatch';
  const verdict = compareSafetyCode(code, peer, scanned);
  if (verdict === 'match') await store.trust.setVerified(peer, compared.peer.signing, true);
  return verdict;
}
