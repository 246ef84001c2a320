import type { UserId } from '#shared/ids.ts';
import { useApp } from './app-context.ts';

/**
 * Whether a friend is online, or undefined where this device can't know: while its own link is not live, and of
 * strangers, whose coming and going the server tells nobody.
 */
export function useOnline(id: UserId): boolean | undefined {
  const { people, status } = useApp().models;
  if (status.link.value !== 'live') return undefined;
  const isFriend = people.contactsById.value.get(id)?.standing === 'friends';
  return isFriend ? people.online.value.has(id) : undefined;
}
