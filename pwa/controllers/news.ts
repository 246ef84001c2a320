import type { Toast } from '../models/shell.ts';
import type { StoredContact } from '../store/ports.ts';

/**
 * What happened between two readings of the contacts that a person wants to be told. The first reading tells nothing.
 * Several of a kind at once (after a long absence) are one note.
 */
export function news(
  before: readonly StoredContact[] | null,
  now: readonly StoredContact[],
): readonly Pick<Toast, 'tone' | 'text'>[] {
  if (before === null) return [];
  const beforeById = new Map(before.map((contact) => [contact.id, contact]));
  const asking: string[] = [];
  const accepted: string[] = [];
  for (const contact of now) {
    const was = beforeById.get(contact.id)?.standing ?? 'none';
    if (contact.standing === 'received' && was !== 'received') asking.push(contact.name);
    if (contact.standing === 'friends' && was === 'sent') accepted.push(contact.name);
  }
  return [
    ...note('info', asking, 'wants to be your friend', 'new friend requests'),
    ...note('success', accepted, 'accepted your friend request', 'people accepted your friend requests'),
  ];
}

function note(tone: Toast['tone'], names: readonly string[], one: string, many: string) {
  if (names.length === 0) return [];
  return [{ tone, text: names.length === 1 ? `${names[0]} ${one}` : `${names.length} ${many}` }];
}
