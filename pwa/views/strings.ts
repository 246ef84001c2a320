import { ERRORS } from '#shared/errors.ts';
import type { ErrorCode } from '#shared/errors.ts';
import type { EntryStage } from '../models/session.ts';
import type { Tick } from '../models/timeline.ts';

/** The language of everything in this file; dates and numbers follow it. */
export const LOCALE = 'en-GB';

const numbers = new Intl.NumberFormat(LOCALE);
const plurals = new Intl.PluralRules(LOCALE);

/** `1 message`, `1,240 messages`. */
function counted(count: number, one: string, other: string): string {
  return `${numbers.format(count)} ${plurals.select(count) === 'one' ? one : other}`;
}

/** Every word on the screen. Functions where a name or a number comes in. */
export const say = {
  app: 'NexChat',
  tagline: 'Private conversations, even offline',
  error: (code: ErrorCode) => ERRORS[code].say,
  cancel: 'Cancel',
  close: 'Close',
  back: 'Back',
  skip: 'Skip to the conversation',

  door: {
    logIn: 'Sign in',
    register: 'Create account',
    choice: 'Sign in or create an account',
    username: 'Username',
    usernameHint: '3 to 32 letters, digits, dots, dashes or underscores; starts with a letter.',
    password: 'Password',
    passwordHint: 'At least 10 characters. A few unrelated words work well.',
    showPassword: 'Show password',
    hidePassword: 'Hide password',
    strength: ['Too short', 'Could be longer', 'Good', 'Strong'] as const,
    promise:
      'End-to-end encrypted. Your messages are locked on this device, and only you and your friend can open them.',
    noReset: 'Nobody can reset this password for you, so keep it somewhere safe.',
    stage: {
      deriving: 'Turning your password into keys',
      contacting: 'Contacting the server',
      opening: 'Opening your keys',
      storing: 'Storing them on this device',
    } satisfies Record<EntryStage, string>,
    stageShort: {
      deriving: 'Keys',
      contacting: 'Server',
      opening: 'Open',
      storing: 'Store',
    } satisfies Record<EntryStage, string>,
  },

  unusable: {
    insecureTitle: 'This address is not secure',
    insecure:
      'Browsers give encryption only to pages that come over https or from this very computer. Open NexChat at an https address, or at localhost.',
    storageTitle: 'No room to keep your messages',
    storage:
      'This browser gives the app no storage, as private windows often do. Open NexChat in a normal window and try again.',
  },

  nav: {
    label: 'Main',
    chats: 'Chats',
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

  signInAgain: {
    title: 'Welcome back',
    body: (name: string) =>
      `Enter the password of ${name} to send and receive again. Nothing on this device is lost.`,
    submit: 'Sign in',
  },

  update: { ready: 'A new version is ready.', apply: 'Update', later: 'Later' },

  toast: { dismiss: 'Dismiss', label: 'Notices' },

  list: {
    title: 'Chats',
    label: 'Conversations',
    emptyTitle: 'No conversations yet',
    empty: 'Add somebody, and the first message can start here.',
    find: 'Find people',
    draft: 'Draft:',
    typing: 'typing…',
    unread: (count: number) => counted(count, 'unread message', 'unread messages'),
    badge: (count: number) => (count > 999 ? '999+' : numbers.format(count)),
    nothingSaid: 'Say hello',
    online: 'Online',
  },

  conversation: {
    pickTitle: 'Pick a conversation',
    pick: 'Everything you have read before opens without a network, too.',
    noneTitle: 'There is no conversation at this address',
    none: 'It may belong to another account, or the address is not complete.',
    noneBack: 'Back to your chats',
    unknown: 'Unknown',
    online: 'Online',
    offline: 'Offline',
    typing: 'Typing…',
    notFriends: 'Not friends any more',
    menu: 'Conversation menu',
    fingerprint: 'Key fingerprint',
    unfriend: 'Unfriend',
    messages: (name: string) => `Messages with ${name}`,
    emptyTitle: (name: string) => `This is the beginning with ${name}`,
    empty: 'Only the two of you can read what is written here.',
    earlier: 'Loading earlier messages',
    earlierOffline: 'Earlier messages come when you are back online',
    newMessages: 'New messages',
    unreadable: 'This message can’t be opened on this device yet',
    toEnd: 'Jump to the newest message',
    toEndNew: (count: number) => counted(count, 'new message', 'new messages'),
    retry: 'Try again',
    discard: 'Discard',
    saidBy: (name: string, text: string) => `${name}: ${text}`,
    mine: 'You',
    today: 'Today',
    yesterday: 'Yesterday',
    tick: {
      queued: 'Waiting to be sent',
      sent: 'Sent',
      delivered: 'Delivered',
      seen: 'Seen',
      failed: 'Not sent',
    } satisfies Record<Tick, string>,
  },

  fingerprint: {
    ofFriend: (name: string) => `Key fingerprint of ${name}`,
    compare: (name: string) =>
      `Compare these groups with what ${name} sees under Settings, in person or over a call. If they are the same, nobody sits in between.`,
    unknown: 'It is shown here once their keys have arrived.',
  },

  unfriend: {
    title: (name: string) => `Unfriend ${name}?`,
    body: 'You can still read what was said. To write again, one of you has to send a new request.',
    confirm: 'Unfriend',
  },

  composer: {
    label: 'Message',
    placeholder: (name: string) => `Message ${name}`,
    send: 'Send',
    private: 'End-to-end encrypted',
    keys: 'Enter sends · Shift + Enter starts a new line',
    offline: 'Messages will be sent when you are back online',
    closed: 'You are not friends any more, so you can read but not write here.',
    noFiles: 'Files can’t be sent yet. Text and links can.',
    count: (used: number, limit: number) => `${numbers.format(used)} of ${numbers.format(limit)} characters`,
    tooLong: (over: number) => `${counted(over, 'character', 'characters')} too long`,
  },

  people: {
    title: 'People',
    search: 'Search people',
    label: 'People on this server',
    loading: 'Looking who is here…',
    failedTitle: 'The directory needs a connection',
    failed: 'The people you already know are listed below.',
    again: 'Try again',
    hintTitle: 'Find somebody by name',
    hint: 'Type at least three letters of a name',
    noMatchStart: (query: string) => `Nobody’s name begins with “${query}”.`,
    emptyTitle: 'Nobody else is here yet',
    empty: 'When others create an account on this server, you find them here.',
    noMatchTitle: 'No match',
    noMatch: (query: string) => `Nobody’s name contains “${query}”.`,
    add: 'Add',
    addName: (name: string) => `Add ${name} as a friend`,
    requested: 'Requested',
    accept: 'Accept',
    acceptName: (name: string) => `Accept ${name}`,
    decline: 'Decline',
    declineName: (name: string) => `Decline ${name}`,
    message: 'Message',
    messageName: (name: string) => `Message ${name}`,
    pending: 'Not sent yet',
    friend: 'Friend',
    online: 'Online',
    offline: 'Offline',
  },

  requests: {
    title: 'Requests',
    received: 'Waiting for you',
    receivedLine: 'wants to be your friend',
    sent: 'Sent by you',
    sentLine: 'has not answered yet',
    emptyTitle: 'No open requests',
    empty: 'When somebody wants to write to you, it shows here first.',
  },

  settings: {
    title: 'Settings',
    you: 'You',
    yourFingerprint: 'Your key fingerprint',
    fingerprintHelp:
      'A friend who sees the same groups in your conversation’s menu knows that it is really you.',
    appearance: 'Appearance',
    theme: 'Theme',
    themes: { system: 'System', light: 'Light', dark: 'Dark' },
    device: 'On this device',
    storage:
      'Everything you have seen is kept here, sealed with a key that can’t leave this browser. Unsent messages are kept until they reach the server.',
    install: 'Install NexChat',
    installHelp: 'It opens in its own window and from the home screen.',
    about: 'About',
    aboutText:
      'NexChat keeps conversations between the people in them. Messages are encrypted with ECDH P-256 and AES-256-GCM in your browser; the server stores and relays sealed envelopes.',
    logOut: 'Log out',
    logOutHelp: 'Erases messages and keys from this device. Your account stays.',
  },

  logOut: {
    title: 'Log out of this device?',
    body: 'Messages and keys are erased here. What reached the server comes back when you sign in again.',
    unsent: (count: number) =>
      `${counted(count, 'message has', 'messages have')} not been sent and will be lost.`,
    confirm: 'Log out and erase',
  },
};
