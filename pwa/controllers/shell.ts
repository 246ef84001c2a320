import { effect } from '@preact/signals';
import type { Models } from '../models/models.ts';
import type { Theme } from '../models/shell.ts';
import { note } from './log.ts';

/** The frame around the chats: colours, sidebar, badge, installation. */
export interface Shell {
  setTheme(theme: Theme): void;
  setSidebarCollapsed(collapsed: boolean): void;
  install(): void;
}

/** Chromium's offer to install; not in the DOM types, because it is no standard. */
interface InstallPromptEvent extends Event {
  prompt(): Promise<unknown>;
}

const THEME = 'nexchat-theme';
const SIDEBAR = 'nexchat-sidebar';

export function createShell(
  models: Pick<Models, 'shell' | 'conversations'>,
  report: (error: unknown) => void,
): Shell {
  const { shell, conversations } = models;
  let offer: InstallPromptEvent | null = null;

  shell.theme.value = themeFrom(preference(THEME));
  shell.sidebarCollapsed.value = preference(SIDEBAR) === 'collapsed';

  // Before the first paint; from then on the view keeps it.
  document.documentElement.dataset['theme'] = shell.theme.value;

  effect(() => {
    const unread = conversations.unread.value;
    if ('setAppBadge' in navigator) navigator.setAppBadge(unread).catch(noBadge);
  });

  /** Only installed apps have a badge; some browsers refuse the others. */
  function noBadge(error: unknown): void {
    if (!(error instanceof DOMException)) report(error);
  }

  window.addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    offer = event as InstallPromptEvent;
    shell.installable.value = true;
  });
  window.addEventListener('appinstalled', () => {
    offer = null;
    shell.installable.value = false;
  });
  // A theme chosen in one tab is the theme of all.
  window.addEventListener('storage', (event) => {
    if (event.key === THEME) shell.theme.value = themeFrom(event.newValue);
  });

  return {
    setTheme(chosen) {
      shell.theme.value = chosen;
      if (chosen === 'system') localStorage.removeItem(THEME);
      else localStorage.setItem(THEME, chosen);
    },
    setSidebarCollapsed(collapsed) {
      shell.sidebarCollapsed.value = collapsed;
      localStorage.setItem(SIDEBAR, collapsed ? 'collapsed' : 'open');
    },
    install() {
      // The browser lets an offer be used once.
      offer?.prompt().catch(report);
      offer = null;
      shell.installable.value = false;
    },
  };
}

const themeFrom = (stored: string | null): Theme =>
  stored === 'light' || stored === 'dark' ? stored : 'system';

/** Null when nothing was chosen, and where the browser keeps nothing for this site. */
function preference(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch (error) {
    note('preferences can’t be read', error);
    return null;
  }
}
