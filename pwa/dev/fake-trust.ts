import type { Actions } from '../controllers/actions.ts';
import type { Safety, Trust } from '../models/account.ts';
import type { Models } from '../models/models.ts';
import type { Contact } from '../models/people.ts';

const GROUPS = '48210 09377 61524 88013 27465 90132 55708 31946 70281 64359 12807 93640'.split(' ');
const PREFIX = 'NXSN1.';
const NUMBER = `${PREFIX}${'amara-and-mira_compare-their-keys_'.repeat(4).slice(0, 123)}`;
/** What the QR code of the gallery says, and what the friend's would say; of the length that real ones have. */
export const OWN_SAFETY_CODE = `${NUMBER}.amara_lindqvist-000001`;
export const SAFETY_CODE = `${NUMBER}.mira_okafor-0000000002`;

type Mine = 'showSafety' | 'setVerified' | 'compareSafety' | 'acceptIdentity' | 'report';

/** Safety numbers and reports of somebody; blocking is beside the other friend actions. */
export function createFakeTrust(models: Models, done: (call: string) => Promise<void>): Pick<Actions, Mine> {
  const { account, people } = models;
  const safetyOf = ({ id, name, trust }: Contact): Safety => ({
    peer: id,
    name,
    trust,
    groups: GROUPS,
    code: OWN_SAFETY_CODE,
  });
  const setTrust = (id: Contact['id'], trust: Trust) => {
    const contact = people.contactsById.value.get(id);
    if (contact === undefined) return;
    const changed = { ...contact, trust };
    people.contactsById.value = new Map(people.contactsById.value).set(id, changed);
    if (account.safety.value !== null) account.safety.value = safetyOf(changed);
  };
  return {
    showSafety(peer) {
      const contact = peer === null ? undefined : people.contactsById.value.get(peer);
      const known = contact !== undefined && contact.fingerprint !== '';
      account.safety.value = known ? safetyOf(contact) : null;
      void done(`showSafety ${peer ?? 'nobody'}`);
    },
    setVerified(peer, verified) {
      setTrust(peer, verified ? 'verified' : 'unverified');
      return done(`setVerified ${verified}`);
    },
    async compareSafety(peer, scanned) {
      await done(`compareSafety ${scanned}`);
      if (scanned.replaceAll(' ', '') === GROUPS.join('')) return 'digits';
      if (!scanned.startsWith(PREFIX)) return 'unreadable';
      if (scanned === OWN_SAFETY_CODE) return 'own';
      if (scanned !== SAFETY_CODE) return 'mismatch';
      setTrust(peer, 'verified');
      return 'match';
    },
    acceptIdentity(peer) {
      setTrust(peer, 'unverified');
      return done('acceptIdentity');
    },
    async report({ about, reason, note }) {
      await done(`report ${about} ${reason} ${note}`);
      return models.status.link.value === 'offline' ? 'queued' : 'sent';
    },
  };
}
