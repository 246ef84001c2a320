import { describe, expect, it } from 'vitest';
import type { UserId } from '#shared/ids.ts';
import type { Route } from '#pwa/models/shell.ts';
import { pathOf, routeAt } from '#pwa/controllers/paths.ts';

const peer = 'AAAAAAAAAAAAAAAAAAAAAw' as UserId;
const routes: readonly [string, Route][] = [
  ['/', { panel: 'chats', peer: null }],
  [`/chats/${peer}`, { panel: 'chats', peer }],
  ['/people', { panel: 'people' }],
  ['/requests', { panel: 'requests' }],
  ['/settings', { panel: 'settings' }],
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
    `/chats/${peer}x`,
    '/nowhere',
    '/people.html',
    '//evil.example',
  ])('unknown %s shows the chats', (path) => expect(routeAt(path)).toEqual({ panel: 'chats', peer: null }));

  it('forgives a slash at the end', () => expect(routeAt('/people/')).toEqual({ panel: 'people' }));
});
