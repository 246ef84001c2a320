import type { Models } from '../models/models.ts';
import type { Route } from '../models/shell.ts';
import { parentOf, pathOf, routeAt } from './paths.ts';

/** The address bar and the screen, kept in step, so that Back, edge swipe and links work. */
export interface Navigation {
  go(route: Route): void;
  back(): void;
  /** To the chats: whose conversation was open must not stay in the address bar when somebody goes out. */
  reset(): void;
}

export function createNavigation({ shell, session }: Pick<Models, 'shell' | 'session'>): Navigation {
  const shared = sharedIn(location);
  if (shared !== null) {
    shell.shared.value = shared;
    // What is shared does not stay in the address.
    history.replaceState(null, '', '/');
  }
  shell.route.value = routeAt(location.pathname);

  /** How many entries of this app lie behind the present one; kept in the entry, so that a reload keeps it. */
  const depth = (): number => {
    const state: unknown = history.state;
    const known = typeof state === 'object' && state !== null && 'depth' in state ? state.depth : 0;
    return typeof known === 'number' ? known : 0;
  };

  function replace(route: Route): void {
    history.replaceState({ depth: depth() }, '', pathOf(route));
    shell.route.value = route;
  }

  window.addEventListener('popstate', () => {
    // At the door, Back leads to no conversation of whoever was inside before.
    if (session.phase.value === 'signed-out') replace({ panel: 'chats', peer: null });
    else shell.route.value = routeAt(location.pathname);
  });

  return {
    go(route) {
      if (pathOf(route) === location.pathname) {
        shell.route.value = route;
        return;
      }
      history.pushState({ depth: depth() + 1 }, '', pathOf(route));
      shell.route.value = route;
    },
    back() {
      if (depth() > 0) history.back();
      else replace(parentOf(shell.route.value));
    },
    reset() {
      replace({ panel: 'chats', peer: null });
    },
  };
}

/** The address that the manifest names for what other apps share. */
const SHARE = '/share';
/** The longest message, in characters. */
const MOST = 10_000;

/** What another app hands over: title, text and address, each on a line of its own. Null for no such thing. */
export function sharedIn({ pathname, search }: Pick<Location, 'pathname' | 'search'>): string | null {
  if (pathname !== SHARE) return null;
  const given = new URLSearchParams(search);
  const parts = ['title', 'text', 'url'].map((name) => given.get(name)?.trim() ?? '');
  const text = [...new Set(parts)].filter((part) => part !== '').join('\n');
  return text === '' ? null : text.slice(0, MOST);
}
