import { describe, expect, it } from 'vitest';
import type { UserId } from '#shared/ids.ts';
import type { Route } from '#pwa/models/shell.ts';
import { parentOf, pathOf, routeAt } from '#pwa/controllers/paths.ts';

const peer = 'AAAAAAAAAAAAAAAAAAAAAw' as UserId;
const routes: readonly [string, Route][] = [
  ['/', { panel: 'chats', peer: null }],
  [`/chats/${peer}`, { panel: 'chats', peer }],
  ['/people', { panel: 'people' }],
  ['/requests', { panel: 'requests' }],
  ['/search', { panel: 'search' }],
  [`/chats/${peer}/safety`, { panel: 'chats', peer, safety: true }],
  ['/settings', { panel: 'settings', section: null }],
  ['/settings/devices', { panel: 'settings', section: 'devices' }],
  ['/settings/password', { panel: 'settings', section: 'password' }],
  ['/settings/recovery', { panel: 'settings', section: 'recovery' }],
  ['/settings/lock', { panel: 'settings', section: 'lock' }],
  ['/settings/blocked', { panel: 'settings', section: 'blocked' }],
  ['/settings/data', { panel: 'settings', section: 'data' }],
  ['/settings/data/file', { panel: 'settings', section: 'data', file: true }],
  ['/settings/about', { panel: 'settings', section: 'about' }],
];

describe('the address of a screen', () => {
  it.each(routes)('%s leads to its screen and back', (path, route) => {
    expect(pathOf(route)).toBe(path);
    expect(routeAt(path)).toEqual(route);
  });

  it.each([
    '/chats',
    '/chats/',
    '/chats/short',
    '/chats/short/safety',
    '/chats/safety',
    `/chats/${peer}x`,
    '/nowhere',
    '/people.html',
    '//evil.example',
  ])('unknown %s shows the chats', (path) => expect(routeAt(path)).toEqual({ panel: 'chats', peer: null }));

  it('an unknown section shows all settings', () =>
    expect(routeAt('/settings/nothing')).toEqual({ panel: 'settings', section: null }));

  it('Back leads from a part to the whole', () => {
    expect(parentOf({ panel: 'settings', section: 'lock' })).toEqual({ panel: 'settings', section: null });
    expect(parentOf({ panel: 'chats', peer, safety: true })).toEqual({ panel: 'chats', peer });
    expect(parentOf({ panel: 'chats', peer })).toEqual({ panel: 'chats', peer: null });
    expect(parentOf({ panel: 'people' })).toEqual({ panel: 'chats', peer: null });
  });

  it('forgives a slash at the end', () => expect(routeAt('/people/')).toEqual({ panel: 'people' }));
});
