import type { UserId } from '#shared/ids.ts';
import type { Route } from '../models/shell.ts';

/** The address of each screen: `/`, `/chats/<peer>`, `/people`, `/requests`, `/settings`. */
export function pathOf(route: Route): string {
  if (route.panel !== 'chats') return `/${route.panel}`;
  return route.peer === null ? '/' : `/chats/${route.peer}`;
}

/** The screen at an address; an address that we don't know is the list of chats. */
export function routeAt(path: string): Route {
  const [first, second] = path.split('/').filter((part) => part !== '');
  if (first === 'people' || first === 'requests' || first === 'settings') return { panel: first };
  const peer = first === 'chats' && second !== undefined && /^[A-Za-z0-9_-]{22}$/.test(second);
  return { panel: 'chats', peer: peer ? (second as UserId) : null };
}
