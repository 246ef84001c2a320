import type { Named, Toast } from '../models/shell.ts';
import type { StoredContact } from '../store/ports.ts';

/**
 * What happened between two readings of the contacts that a person wants to be told. The first reading tells nothing.
 * Several of a kind at once (after a long absence) are one note.
 */
export function news(
  before: readonly StoredContact[] | null,
  now: readonly StoredContact[],
): readonly Pick<Toast, 'tone' | 'says'>[] {
  if (before === null) return [];
  const beforeById = new Map(before.map((contact) => [contact.id, contact]));
  const asking: Named[] = [];
  const accepted: Named[] = [];
  for (const contact of now) {
    const was = beforeById.get(contact.id)?.standing ?? 'none';
    // A request that crosses one's own makes friends.
    if (contact.standing === 'received' && was !== 'received' && was !== 'sent') asking.push(named(contact));
    if (contact.standing === 'friends' && was === 'sent') accepted.push(named(contact));
  }
  return [...note('info', 'asks', asking), ...note('success', 'accepted', accepted)];
}

/** Of the notes that stand there, those about requests of which none waits for an answer any more, by their ids. */
export function answered(toasts: readonly Toast[], now: readonly StoredContact[]): readonly number[] {
  const asking = new Set(now.flatMap(({ id, standing }) => (standing === 'received' ? id : [])));
  return toasts.flatMap(({ id, says }) =>
    says.what === 'asks' && !says.who.some((person) => asking.has(person.id)) ? id : [],
  );
}

function note(tone: Toast['tone'], what: 'asks' | 'accepted', who: readonly Named[]) {
  return who.length === 0 ? [] : [{ tone, says: { what, who } }];
}

const named = ({ id, name }: StoredContact): Named => ({ id, name });
