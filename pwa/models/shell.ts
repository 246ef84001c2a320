import { signal } from '@preact/signals';
import type { UserId } from '#shared/ids.ts';

/** What the address bar says; see controllers/navigation.ts for the paths. */
export type Route =
  /** With `safety`, the safety number lies over or beside the conversation. */
  | { readonly panel: 'chats'; readonly peer: UserId | null; readonly safety?: boolean }
  /** What is looked for stays out of the address: the browser keeps those. */
  | { readonly panel: 'search' }
  | { readonly panel: 'calls' }
  | { readonly panel: 'people' }
  | { readonly panel: 'requests' }
  | { readonly panel: 'settings'; readonly section: SettingsSection | null };

export type SettingsSection =
  | 'calls'
  | 'devices'
  | 'password'
  | 'recovery'
  | 'lock'
  | 'blocked'
  | 'data'
  | 'about';

export interface Toast {
  readonly id: number;
  readonly tone: 'info' | 'success' | 'error';
  readonly text: string;
}

export type Theme = 'system' | 'light' | 'dark';

export function createShellModel() {
  return {
    route: signal<Route>({ panel: 'chats', peer: null }),
    theme: signal<Theme>('system'),
    sidebarCollapsed: signal(false),
    toasts: signal<readonly Toast[]>([]),
    /** A new version waits; it takes over when the person says so. */
    updateReady: signal(false),
    /** The browser offers to install the app. */
    installable: signal(false),
  };
}
export type ShellModel = ReturnType<typeof createShellModel>;
