import type { UserId } from '#shared/ids.ts';
import type { Route, SettingsSection } from '../models/shell.ts';

const SECTIONS: readonly SettingsSection[] = [
  'notices',
  'calls',
  'devices',
  'password',
  'recovery',
  'lock',
  'blocked',
  'data',
  'about',
];

/**
 * The address of each screen: `/`, `/chats/<peer>`, `/chats/<peer>/safety`, `/search`, `/calls`, `/people`, `/requests`,
 * `/settings`, `/settings/<section>`, `/settings/data/file`.
 */
export function pathOf(route: Route): string {
  if (route.panel === 'settings') {
    if (route.section === null) return '/settings';
    return route.file === true ? `/settings/${route.section}/file` : `/settings/${route.section}`;
  }
  if (route.panel !== 'chats') return `/${route.panel}`;
  if (route.peer === null) return '/';
  return route.safety === true ? `/chats/${route.peer}/safety` : `/chats/${route.peer}`;
}

/** The screen at an address; an address that we don't know is the list of chats. */
export function routeAt(path: string): Route {
  const [first, second, third] = path.split('/').filter((part) => part !== '');
  if (first === 'people' || first === 'requests' || first === 'search' || first === 'calls') {
    return { panel: first };
  }
  if (first === 'settings') {
    const section = SECTIONS.find((one) => one === second) ?? null;
    return section === 'data' && third === 'file'
      ? { panel: first, section, file: true }
      : { panel: first, section };
  }
  const isPeer = first === 'chats' && second !== undefined && /^[A-Za-z0-9_-]{22}$/.test(second);
  const peer = isPeer ? (second as UserId) : null;
  return peer !== null && third === 'safety'
    ? { panel: 'chats', peer, safety: true }
    : { panel: 'chats', peer };
}

/** Where Back leads from a screen that was opened by its address. */
export function parentOf(route: Route): Route {
  if (route.panel === 'settings' && route.file === true) return { panel: 'settings', section: route.section };
  if (route.panel === 'settings' && route.section !== null) return { panel: 'settings', section: null };
  const isSafety = route.panel === 'chats' && route.safety === true;
  return { panel: 'chats', peer: isSafety ? route.peer : null };
}
