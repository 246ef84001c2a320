import type { ComponentType } from 'preact';
import type { Route } from '../../models/shell.ts';
import { useApp } from '../app-context.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { BrandMark } from '../parts/BrandMark.tsx';
import {
  CallsActiveIcon,
  CallsIcon,
  ChatsActiveIcon,
  ChatsIcon,
  PeopleActiveIcon,
  PeopleIcon,
  RequestsActiveIcon,
  RequestsIcon,
  SettingsActiveIcon,
  SettingsIcon,
  SidebarIcon,
} from '../parts/icons.tsx';
import { say } from '../strings.ts';

interface Place {
  readonly route: Route;
  readonly label: 'chats' | 'calls' | 'people' | 'requests' | 'settings';
  readonly Icon: ComponentType;
  readonly ActiveIcon: ComponentType;
}

const PLACES: readonly Place[] = [
  {
    route: { panel: 'chats', peer: null },
    label: 'chats',
    Icon: ChatsIcon,
    ActiveIcon: ChatsActiveIcon,
  },
  { route: { panel: 'calls' }, label: 'calls', Icon: CallsIcon, ActiveIcon: CallsActiveIcon },
  { route: { panel: 'people' }, label: 'people', Icon: PeopleIcon, ActiveIcon: PeopleActiveIcon },
  {
    route: { panel: 'requests' },
    label: 'requests',
    Icon: RequestsIcon,
    ActiveIcon: RequestsActiveIcon,
  },
  {
    route: { panel: 'settings', section: null },
    label: 'settings',
    Icon: SettingsIcon,
    ActiveIcon: SettingsActiveIcon,
  },
];

/** The sidebar of wide screens and the tab bar of phones: the same places. */
export function Navigation() {
  const { models, actions } = useApp();
  const { shell, session, people, conversations, calls, search } = models;
  const collapsed = shell.sidebarCollapsed.value;
  const panel = shell.route.value.panel === 'search' ? 'chats' : shell.route.value.panel;
  const me = session.me.value;
  const badges: Partial<Record<Route['panel'], number>> = {
    chats: conversations.unread.value,
    calls: calls.missed.value,
    requests: people.requests.value.length,
  };

  return (
    <nav class="nav glass" aria-label={say.nav.label}>
      <div class="nav-brand">
        <BrandMark />
        <span class="nav-word">{say.app}</span>
        <button
          type="button"
          class="icon-button nav-collapse"
          aria-label={collapsed ? say.nav.expand : say.nav.collapse}
          aria-expanded={!collapsed}
          onClick={() => actions.setSidebarCollapsed(!collapsed)}
        >
          <SidebarIcon />
        </button>
      </div>
      <ul class="nav-places">
        {PLACES.map(({ route, label, Icon, ActiveIcon }) => {
          const here = panel === route.panel;
          const badge = badges[route.panel] ?? 0;
          return (
            <li key={route.panel}>
              <button
                type="button"
                class="nav-place"
                title={collapsed ? say.nav[label] : undefined}
                aria-current={here ? 'page' : undefined}
                onClick={() => {
                  // Chats are the whole list, not what was found in it.
                  if (search.query.value !== '') actions.search('');
                  actions.go(route);
                }}
              >
                {here ? <ActiveIcon /> : <Icon />}
                <span class="nav-label">{say.nav[label]}</span>
                {badge > 0 && (
                  <span class="badge">
                    <span aria-hidden="true">{say.list.badge(badge)}</span>
                    <span class="visually-hidden">{say.nav.badge(badge)}</span>
                  </span>
                )}
              </button>
            </li>
          );
        })}
      </ul>
      {me !== null && (
        <div class="nav-me" title={me.name}>
          <Avatar name={me.name} size="small" />
          <bdi class="nav-word">{me.name}</bdi>
        </div>
      )}
    </nav>
  );
}
