import { ERRORS } from '#shared/errors.ts';
import type { ErrorCode } from '#shared/errors.ts';
import { isMissed } from '../models/is-missed.ts';
import type { Tick, TimelineCall } from '../models/timeline.ts';
import { atFirstUse } from './at-first-use.ts';
import { LOCALE } from './language.ts';

const grouped = atFirstUse(() => new Intl.NumberFormat(LOCALE));
const plurals = atFirstUse(() => new Intl.PluralRules(LOCALE));

export const numbers = { format: (value: number): string => grouped().format(value) };

/** Each object of words; `first` are those of this file. */
export type Part =
  | 'first'
  | 'calls'
  | 'chat'
  | 'door'
  | 'hints'
  | 'news'
  | 'people'
  | 'search'
  | 'settings'
  | 'trust';

const spoken = new Map<Part, object>();
let catalogue: Readonly<Record<Part, object>> | null = null;

/** Registers the English words of a part, which become those of the language that is spoken. */
export function words<Words extends object>(part: Part, english: Words): Words {
  spoken.set(part, english);
  return Object.assign(english, catalogue?.[part]);
}

/** Puts the words of a language into the place of the English ones, also of parts that are loaded later. */
export function speak(other: Readonly<Record<Part, object>>): void {
  catalogue = other;
  for (const [part, said] of spoken) Object.assign(said, other[part]);
}

/** `1 message`, `1,240 messages`. */
export function counted(count: number, one: string, other: string): string {
  return `${numbers.format(count)} ${plurals().select(count) === 'one' ? one : other}`;
}

/**
 * The words of the first screen and those that many screens share. What is loaded later has its words in strings/.
 * Functions where a name or a number comes in.
 */
export const say = words('first', {
  app: 'NexChat',
  error: (code: ErrorCode): string => ERRORS[code].say,
  cancel: 'Cancel',
  close: 'Close',
  back: 'Back',
  skip: 'Skip to the conversation',
  noFiles: 'Files can’t be sent yet. Text and links can.',
  verified: 'Verified',

  nav: {
    label: 'Main',
    chats: 'Chats',
    calls: 'Calls',
    people: 'People',
    requests: 'Requests',
    settings: 'Settings',
    collapse: 'Collapse the sidebar',
    expand: 'Expand the sidebar',
    badge: (count: number) => `${numbers.format(count)} new`,
  },

  status: {
    label: 'Connection',
    offline: 'You are offline',
    offlineShort: 'Offline',
    offlineQueued: (count: number) => `Offline: ${numbers.format(count)} will send when you reconnect`,
    offlineQueuedShort: (count: number) => `Offline · ${numbers.format(count)} waiting`,
    unreachable: 'Can’t reach the server',
    unreachableShort: 'No server',
    unreachableQueued: (count: number) =>
      `Can’t reach the server: ${numbers.format(count)} will send when it is back`,
    unreachableQueuedShort: (count: number) => `No server · ${numbers.format(count)} waiting`,
    tryNow: 'Try now',
    connecting: 'Connecting…',
    catchingUp: 'Catching up…',
    catchingUpOf: (done: number, total: number) =>
      `Catching up ${numbers.format(done)} of ${numbers.format(total)}`,
    stopped: 'Not connected',
    signIn: 'Sign in again to send',
    signInShort: 'Sign in again',
  },

  update: { ready: 'A new version is ready.', apply: 'Update', later: 'Later' },

  toast: { dismiss: 'Dismiss', label: 'Notices' },

  list: {
    title: 'Chats',
    label: 'Conversations',
    search: 'Search messages',
    emptyTitle: 'No conversations yet',
    empty: 'Add somebody, and the first message can start here.',
    find: 'Find people',
    draft: 'Draft:',
    typing: 'typing…',
    unread: (count: number) => counted(count, 'unread message', 'unread messages'),
    badge: (count: number) => (count > 999 ? '999+' : numbers.format(count)),
    nothingSaid: 'Say hello',
    online: 'Online',
    blocked: 'Blocked',
    changed: 'Identity changed: messages wait',
    call(call: Pick<TimelineCall, 'mine' | 'media' | 'status'>): string {
      const way = call.mine ? 'Outgoing' : 'Incoming';
      return `${isMissed(call) ? 'Missed' : way} ${call.media} call`;
    },
  },

  conversation: {
    pickTitle: 'Pick a conversation',
    pick: 'Everything you have read before opens without a network, too.',
    noneTitle: 'Your messages will be here',
    today: 'Today',
    yesterday: 'Yesterday',
    tick: {
      writing: 'Being written to this device',
      queued: 'Waiting to be sent',
      sent: 'Sent',
      delivered: 'Delivered',
      seen: 'Seen',
      failed: 'Not sent',
    } satisfies Record<Tick, string>,
  },
});
