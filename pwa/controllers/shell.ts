import type { Models } from '../models/models.ts';
import type { Hint, Look, Theme } from '../models/shell.ts';
import { load } from './load.ts';
import { note } from './log.ts';

/** The frame around the chats: colours, sidebar, installation. */
export interface Shell {
  setTheme(theme: Theme): void;
  setLook(look: Look, on: boolean): void;
  dismissHint(hint: Hint): void;
  dropShared(): void;
  measureStorage(): void;
  keepStorage(): Promise<boolean>;
  setSidebarCollapsed(collapsed: boolean): void;
  install(): void;
}

/** Chromium's offer to install; not in the DOM types, because it is no standard. */
interface InstallPromptEvent extends Event {
  prompt(): Promise<unknown>;
}

const THEME = 'nexchat-theme';
const SIDEBAR = 'nexchat-sidebar';
const LOOKS = 'nexchat-looks';
const HINTS = 'nexchat-hints';

export function createShell({ shell }: Pick<Models, 'shell'>, report: (error: unknown) => void): Shell {
  let offer: InstallPromptEvent | null = null;

  shell.theme.value = themeFrom(preference(THEME));
  shell.sidebarCollapsed.value = preference(SIDEBAR) === 'collapsed';
  shell.looks.value = chosen<Look>(preference(LOOKS));
  shell.hintsDone.value = chosen<Hint>(preference(HINTS));
  // Only Safari on iOS knows this property, and there is no other way to tell that the menu can install it.
  if ('standalone' in navigator && navigator.standalone === false) shell.installing.value = 'by-hand';

  // Before the first paint; from then on the view keeps it.
  document.documentElement.dataset['theme'] = shell.theme.value;
  document.documentElement.dataset['looks'] = [...shell.looks.value].join(' ');

  window.addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    offer = event as InstallPromptEvent;
    shell.installing.value = 'offered';
  });
  window.addEventListener('appinstalled', () => {
    offer = null;
    shell.installing.value = null;
  });
  // A theme chosen in one tab is the theme of all.
  window.addEventListener('storage', (event) => {
    if (event.key === THEME) shell.theme.value = themeFrom(event.newValue);
    if (event.key === LOOKS) shell.looks.value = chosen<Look>(event.newValue);
    if (event.key === HINTS) shell.hintsDone.value = chosen<Hint>(event.newValue);
  });

  return {
    setTheme(chosen) {
      shell.theme.value = chosen;
      if (chosen === 'system') localStorage.removeItem(THEME);
      else localStorage.setItem(THEME, chosen);
    },
    setLook(look, on) {
      shell.looks.value = toggled(shell.looks.value, look, on);
      localStorage.setItem(LOOKS, [...shell.looks.value].join(' '));
    },
    dismissHint(hint) {
      shell.hintsDone.value = toggled(shell.hintsDone.value, hint, true);
      localStorage.setItem(HINTS, [...shell.hintsDone.value].join(' '));
    },
    dropShared() {
      shell.shared.value = null;
    },
    measureStorage() {
      load(import('./storage-use.ts'))
        .then(async ({ measure }) => (shell.storage.value = await measure()))
        .catch(report);
    },
    async keepStorage() {
      try {
        const { persist, measure } = await load(import('./storage-use.ts'));
        const kept = await persist();
        shell.storage.value = await measure();
        return kept;
      } catch (error) {
        report(error);
        return false;
      }
    },
    setSidebarCollapsed(collapsed) {
      shell.sidebarCollapsed.value = collapsed;
      localStorage.setItem(SIDEBAR, collapsed ? 'collapsed' : 'open');
    },
    install() {
      // The browser lets an offer be used once.
      offer?.prompt().catch(report);
      offer = null;
      shell.installing.value = null;
    },
  };
}

const themeFrom = (stored: string | null): Theme =>
  stored === 'light' || stored === 'dark' ? stored : 'system';

/** Words of ours, one space between them. */
const chosen = <Word extends string>(stored: string | null): ReadonlySet<Word> =>
  new Set((stored ?? '').split(' ').filter((word) => word !== '') as Word[]);

function toggled<Word>(set: ReadonlySet<Word>, word: Word, on: boolean): ReadonlySet<Word> {
  const next = new Set(set);
  if (on) next.add(word);
  else next.delete(word);
  return next;
}

/** Null when nothing was chosen, and where the browser keeps nothing for this site. */
function preference(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch (error) {
    note('preferences can’t be read', error);
    return null;
  }
}
