import type { TimelineNotice } from '../../models/timeline.ts';
import { counted, numbers } from '../strings.ts';

/** The words of an open conversation. */
export const sayChat = {
  noneTitle: 'There is no conversation at this address',
  none: 'It may belong to another account, or the address is not complete.',
  noneBack: 'Back to your chats',
  unknown: 'Unknown',
  online: 'Online',
  offline: 'Offline',
  typing: 'Typing…',
  notFriends: 'Not friends any more',
  blocked: 'Blocked',
  menu: 'Conversation menu',
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

  notice: {
    'identity-changed': (name) => `${name} has a new identity`,
    'identity-accepted': (name) => `You continued with the new identity of ${name}`,
    verified: (name) => `You verified ${name}`,
    unverified: (name) => `${name} is no longer marked as verified`,
    'messages-missing': (name) => `Messages from ${name} are missing here`,
  } satisfies Record<TimelineNotice['kind'], (name: string) => string>,

  find: {
    act: 'Search here',
    label: 'Search in this conversation',
    older: 'Older hit',
    newer: 'Newer hit',
    close: 'End the search',
    at: (at: number, total: number) => `${numbers.format(at)} of ${numbers.format(total)}`,
    none: 'Not found',
    reading: 'Reading…',
  },

  day: {
    act: 'Jump to date',
    title: 'Jump to a date',
    label: 'Date',
    confirm: 'Jump',
  },

  unfriend: {
    act: 'Unfriend',
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
    signIn: 'Messages will be sent when you have signed in again',
    waits: 'Messages wait until you continue with the new identity',
    waitsVerified: 'Messages wait until you have verified the new identity',
    closed: 'You are not friends any more, so you can read but not write here.',
    blocked: (name: string) => `You blocked ${name}.`,
    unblock: 'Unblock',
    count: (used: number, limit: number) => `${numbers.format(used)} of ${numbers.format(limit)} characters`,
    tooLong: (over: number) => `${counted(over, 'character', 'characters')} too long`,
  },

  changed: {
    label: 'New identity',
    title: (name: string) => `${name} has a new identity`,
    body: 'That happens after a lost password or a new account. It could also be somebody else, so nothing is sent yet.',
    bodyVerified:
      'You had verified the old one. Compare the safety number again: until it is verified, nothing is sent.',
    compare: 'Show safety number',
    accept: 'Continue with the new identity',
  },
};
