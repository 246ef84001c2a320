import { useEffect, useRef } from 'preact/hooks';
import type { Route } from '../../models/shell.ts';
import { useApp } from '../app-context.ts';
import { ConversationList } from '../chats/ConversationList.tsx';
import { NothingOpen } from '../chats/NothingOpen.tsx';
import { later } from '../later.tsx';
import { useSearchKey } from '../search/use-search-key.ts';
import { say } from '../strings.ts';
import { useMedia } from '../use-media.ts';
import { Navigation } from './Navigation.tsx';
import { StatusChip } from './StatusChip.tsx';

const Conversation = later(async () => (await import('../after-paint.ts')).Conversation);
/** Nothing is to be told before the first paint. */
const Notices = later(async () => (await import('../after-paint.ts')).Notices);
const CallList = later(async () => (await import('../calls/CallList.tsx')).CallList);
const People = later(async () => (await import('../people/People.tsx')).People);
const Requests = later(async () => (await import('../people/Requests.tsx')).Requests);
const Settings = later(async () => (await import('../settings/Settings.tsx')).Settings);

/** Everything inside the door. On a phone the list and a conversation are separate screens; styles decide which shows. */
export function Shell() {
  const { models, actions } = useApp();
  const { shell } = models;
  const main = useRef<HTMLElement>(null);
  const route = shell.route.value;
  const peer = route.panel === 'chats' ? route.peer : null;
  const safety = route.panel === 'chats' && route.safety === true;
  const cramped = useMedia('(max-width: 939.98px)');
  useFocusOnNavigation(main, route);
  useSearchKey(actions);
  useEffect(preloadWhenIdle, []);

  return (
    <div
      class="shell"
      data-panel={route.panel}
      data-screen={peer === null ? 'list' : 'conversation'}
      data-collapsed={shell.sidebarCollapsed.value || cramped.value}
    >
      <button type="button" class="skip button" onClick={() => main.current?.focus()}>
        {say.skip}
      </button>
      <Navigation />
      <StatusChip />
      <main class="main" ref={main} tabIndex={-1}>
        {(route.panel === 'chats' || route.panel === 'search') && (
          <>
            <ConversationList open={peer} search={route.panel === 'search'} />
            {peer === null ? <NothingOpen /> : <Conversation key={peer} peer={peer} safety={safety} />}
          </>
        )}
        {route.panel === 'calls' && <CallList />}
        {route.panel === 'people' && <People />}
        {route.panel === 'requests' && <Requests />}
        {route.panel === 'settings' && <Settings section={route.section} />}
      </main>
      <Notices />
    </div>
  );
}

/** The list is on the screen; the next tap should find its view at hand. */
function preloadWhenIdle(): void {
  const preload = () => {
    for (const view of [Conversation, CallList, People, Requests, Settings]) void view.preload();
  };
  if ('requestIdleCallback' in window) requestIdleCallback(preload);
  else setTimeout(preload, 500);
}

/**
 * Moves focus to what was navigated to: a conversation (its composer, where that opens no keyboard over the messages),
 * the heading of a panel, section or safety number, or back to the row that was left. Never on first drawing.
 */
function useFocusOnNavigation(main: { current: HTMLElement | null }, route: Route): void {
  const here = rowOf(route);
  const before = useRef<{ panel: string; row: string | null; safety: boolean } | null>(null);
  const safety = route.panel === 'chats' && route.safety === true;
  useEffect(() => {
    const left = before.current;
    before.current = { panel: route.panel, row: here, safety };
    const place = main.current;
    if (left === null || place === null) return;
    const focusGoal = () => {
      const goal =
        route.panel === 'search'
          ? searchIn(place)
          : goalIn(place, here, left.panel === route.panel ? left.row : null, safety);
      goal?.focus({ preventScroll: true });
      return goal !== null;
    };
    if (focusGoal()) return;
    // The view is still being loaded.
    const observer = new MutationObserver(() => {
      if (focusGoal()) observer.disconnect();
    });
    observer.observe(place, { childList: true, subtree: true });
    return () => observer.disconnect();
  }, [main, route.panel, here, safety]);
}

/** What is open of a list: the row carries this as `data-row`. */
function rowOf(route: Route): string | null {
  if (route.panel === 'chats') return route.peer;
  return route.panel === 'settings' ? route.section : null;
}

/** Whoever comes back from a hit finds it where it was; whoever begins finds the field. */
function searchIn(place: HTMLElement): HTMLElement | null {
  return (
    place.querySelector<HTMLElement>('.hit[aria-current]') ??
    place.querySelector<HTMLElement>('.list-pane .search input')
  );
}

function goalIn(
  place: HTMLElement,
  open: string | null,
  left: string | null,
  safety: boolean,
): HTMLElement | null {
  const find = (selector: string) => place.querySelector<HTMLElement>(selector);
  if (safety) return find('.safety [data-heading]');
  if (open === null) {
    const row = left === null ? null : find(`[data-row="${CSS.escape(left)}"]`);
    return row ?? find('[data-heading]');
  }
  const section = find('.section-pane [data-heading]');
  if (section !== null) return section;
  const heading = find('.conversation [data-heading]');
  const field = find('.composer textarea:enabled');
  return matchMedia('(pointer: coarse)').matches ? heading : (field ?? heading);
}
