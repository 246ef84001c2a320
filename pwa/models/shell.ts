import { signal } from '@preact/signals';
import type { ErrorCode } from '#shared/errors.ts';
import type { UserId } from '#shared/ids.ts';
import type { DeviceKind } from './calls.ts';
import type { Contact } from './people.ts';

/** What the address bar says; see controllers/navigation.ts for the paths. */
export type Route =
  /** With `safety`, the safety number lies over or beside the conversation. */
  | { readonly panel: 'chats'; readonly peer: UserId | null; readonly safety?: boolean }
  /** What is looked for stays out of the address: the browser keeps those. */
  | { readonly panel: 'search' }
  | { readonly panel: 'calls' }
  | { readonly panel: 'people' }
  | { readonly panel: 'requests' }
  /** With `file`, an exported file is read in place of the section. */
  | { readonly panel: 'settings'; readonly section: SettingsSection | null; readonly file?: boolean };

export type SettingsSection =
  | 'notices'
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
  readonly says: Remark;
}

/** What a note says. The views have the words for it. */
export type Remark =
  | { readonly what: 'failure'; readonly code: ErrorCode }
  | { readonly what: 'bug' | 'without-keys' | 'after-call' | 'day-missing' }
  | { readonly what: 'unplugged'; readonly device: DeviceKind }
  /** People who want to be friends, or who took up an offer to be. */
  | { readonly what: 'asks' | 'accepted'; readonly who: readonly Named[] }
  /** Somebody whose offer was taken up here. */
  | { readonly what: 'befriended'; readonly friend: Named };

export type Named = Pick<Contact, 'id' | 'name'>;

export type Theme = 'system' | 'light' | 'dark';

/** What a person asks of the looks of the app beyond what their system asks for already. */
export type Look = 'calm' | 'opaque' | 'contrast';

/** What is said once to somebody who is new, until they put it away. */
export type Hint = 'offline' | 'notices' | 'install' | 'safety';

/** How the app can be installed: the browser offers it, or the person finds it in the browser's own menu (iOS). */
export type Installing = 'offered' | 'by-hand' | null;

/** What the app takes of this device's storage, in bytes as the browser estimates it. */
export interface StorageUse {
  readonly used: number;
  /** How much the browser would give; 0 when it does not say. */
  readonly quota: number;
  /** Of that, messages and keys; null where the browser does not tell parts. */
  readonly messages: number | null;
  /** Whether the browser has promised not to erase it when space gets short. */
  readonly lasting: boolean;
}

export function createShellModel() {
  return {
    route: signal<Route>({ panel: 'chats', peer: null }),
    theme: signal<Theme>('system'),
    sidebarCollapsed: signal(false),
    toasts: signal<readonly Toast[]>([]),
    /** A new version waits; it takes over when the person says so. */
    updateReady: signal(false),
    installing: signal<Installing>(null),
    looks: signal<ReadonlySet<Look>>(new Set()),
    /** What another app shares, until a conversation is chosen for it. */
    shared: signal<string | null>(null),
    /** Those that were put away. */
    hintsDone: signal<ReadonlySet<Hint>>(new Set()),
    /** Null until it was measured, and where the browser does not say. */
    storage: signal<StorageUse | null>(null),
  };
}
export type ShellModel = ReturnType<typeof createShellModel>;
