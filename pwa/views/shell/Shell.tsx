import { useSignal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { ConversationList } from '../chats/ConversationList.tsx';
import { NothingOpen } from '../chats/NothingOpen.tsx';
import { later } from '../later.tsx';
import { say } from '../strings.ts';
import { Navigation } from './Navigation.tsx';
import { Notices } from './Notices.tsx';
import { StatusChip } from './StatusChip.tsx';

const Conversation = later(async () => (await import('../chats/Conversation.tsx')).Conversation);
const People = later(async () => (await import('../people/People.tsx')).People);
const Requests = later(async () => (await import('../people/Requests.tsx')).Requests);
const Settings = later(async () => (await import('../settings/Settings.tsx')).Settings);

/** Everything inside the door. On a phone the list and a conversation are separate screens; styles decide which shows. */
export function Shell() {
  const { shell } = useApp().models;
  const main = useRef<HTMLElement>(null);
  const route = shell.route.value;
  const peer = route.panel === 'chats' ? route.peer : null;
  const cramped = useMedia('(max-width: 939.98px)');
  useFocusOnNavigation(main, route.panel, peer);
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
        {route.panel === 'chats' && (
          <>
            <ConversationList open={peer} />
            {peer === null ? <NothingOpen /> : <Conversation key={peer} peer={peer} />}
          </>
        )}
        {route.panel === 'people' && <People />}
        {route.panel === 'requests' && <Requests />}
        {route.panel === 'settings' && <Settings />}
      </main>
      <Notices />
    </div>
  );
}

/** The list is on the screen; the next tap should find its view at hand. */
function preloadWhenIdle(): void {
  const preload = () => {
    for (const view of [Conversation, People, Requests, Settings]) void view.preload();
  };
  if ('requestIdleCallback' in window) requestIdleCallback(preload);
  else setTimeout(preload, 500);
}

/** Whether a media query holds at the moment. */
function useMedia(query: string): ReadonlySignal<boolean> {
  const matches = useSignal(matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const onChange = () => (matches.value = list.matches);
    onChange();
    list.addEventListener('change', onChange);
    return () => list.removeEventListener('change', onChange);
  }, [matches, query]);
  return matches;
}

/**
 * Moves focus to what was navigated to: a conversation (its composer, where that opens no keyboard over the messages),
 * the heading of a panel, or back to the row that was left. Never on first drawing.
 */
function useFocusOnNavigation(
  main: { current: HTMLElement | null },
  panel: string,
  peer: string | null,
): void {
  const before = useRef<{ panel: string; peer: string | null } | null>(null);
  useEffect(() => {
    const left = before.current;
    before.current = { panel, peer };
    const place = main.current;
    if (left === null || place === null) return;
    const focusGoal = () => {
      const goal = peer === null ? goalInList(place, left.peer) : goalInConversation(place);
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
  }, [main, panel, peer]);
}

function goalInConversation(place: HTMLElement): HTMLElement | null {
  const field = place.querySelector<HTMLElement>('.composer textarea:enabled');
  const heading = place.querySelector<HTMLElement>('.conversation [data-heading]');
  return matchMedia('(pointer: coarse)').matches ? heading : (field ?? heading);
}

function goalInList(place: HTMLElement, left: string | null): HTMLElement | null {
  const row = left === null ? null : place.querySelector<HTMLElement>(`[data-peer="${CSS.escape(left)}"]`);
  return row ?? place.querySelector<HTMLElement>('[data-heading]');
}
