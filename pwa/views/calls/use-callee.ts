import type { UserId } from '#shared/ids.ts';
import { useApp } from '../app-context.ts';
import { whyNot } from './why-not.ts';

/** Why somebody can't be called at the moment, as far as their contact tells; null when they can. */
export function useCallee(peer: UserId, name: string): string | null {
  const { models } = useApp();
  const contact = models.people.contactsById.value.get(peer);
  return whyNot(models, {
    name,
    canWrite: contact?.standing === 'friends',
    blocked: contact?.standing === 'blocked',
    trust: contact?.trust ?? 'unverified',
  });
}
