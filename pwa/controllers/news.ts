import type { Toast } from '../models/shell.ts';
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
  const asking: string[] = [];
  const accepted: string[] = [];
  for (const contact of now) {
    const was = beforeById.get(contact.id)?.standing ?? 'none';
    // A request that crosses one's own makes friends.
    if (contact.standing === 'received' && was !== 'received' && was !== 'sent') asking.push(contact.name);
    if (contact.standing === 'friends' && was === 'sent') accepted.push(contact.name);
  }
  return [...note('info', 'asks', asking), ...note('success', 'accepted', accepted)];
}

function note(tone: Toast['tone'], what: 'asks' | 'accepted', names: readonly string[]) {
  return names.length === 0 ? [] : [{ tone, says: { what, names } }];
}
