import type { UserId } from '#shared/ids.ts';
import { useApp } from './app-context.ts';

/**
 * Whether somebody is online, or undefined where this device can't know: while its own link is not live, and for
 * strangers whose presence the server keeps to itself.
 */
export function useOnline(id: UserId): boolean | undefined {
  const { people, status } = useApp().models;
  if (status.link.value !== 'live') return undefined;
  if (people.contactsById.value.get(id)?.standing === 'friends') return people.online.value.has(id);
  return people.searchOnly.value ? undefined : people.listedById.value.get(id)?.online;
}
