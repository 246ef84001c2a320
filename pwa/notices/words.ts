import type { CallMedia } from '#shared/call.ts';
import { type Language, languageAmong } from '../models/language.ts';

/** What notifications say. The worker has no catalogue of the views, and needs none. */
export interface NoticeWords {
  readonly app: string;
  readonly message: string;
  readonly messages: (count: number) => string;
  /** Of several conversations. */
  readonly summary: (count: number, conversations: number) => string;
  readonly request: (name: string) => string;
  readonly someRequest: string;
  readonly requests: (count: number) => string;
  readonly calls: (name: string) => string;
  readonly someCall: string;
  readonly call: Readonly<Record<CallMedia, string>>;
  readonly missed: Readonly<Record<CallMedia, string>>;
  /** It rang when the server said so; whether it still does is not known. */
  readonly perhapsCall: string;
  readonly upToDate: string;
  readonly callOver: string;
  readonly unknown: string;
  readonly read: string;
  readonly reply: string;
}

const en: NoticeWords = {
  app: 'NexChat',
  message: 'New message',
  messages: (count) => `${count.toLocaleString('en-GB')} new messages`,
  summary: (count, conversations) =>
    `${count.toLocaleString('en-GB')} new messages in ${conversations} conversations`,
  request: (name) => `${name} wants to be friends`,
  someRequest: 'New friend request',
  requests: (count) => `${count} new friend requests`,
  calls: (name) => `${name} calls`,
  someCall: 'Somebody calls',
  call: { voice: 'Voice call', video: 'Video call' },
  missed: { voice: 'Missed voice call', video: 'Missed video call' },
  perhapsCall: 'Somebody calls or has called',
  upToDate: 'Everything is up to date',
  callOver: 'The call is over',
  unknown: 'Open NexChat to see what is new',
  read: 'Mark as read',
  reply: 'Reply',
};

const de: NoticeWords = {
  app: 'NexChat',
  message: 'Neue Nachricht',
  messages: (count) => `${count.toLocaleString('de')} neue Nachrichten`,
  summary: (count, conversations) =>
    `${count.toLocaleString('de')} neue Nachrichten in ${conversations} Unterhaltungen`,
  request: (name) => `${name} möchte mit dir befreundet sein`,
  someRequest: 'Neue Freundschaftsanfrage',
  requests: (count) => `${count} neue Freundschaftsanfragen`,
  calls: (name) => `${name} ruft an`,
  someCall: 'Jemand ruft an',
  call: { voice: 'Sprachanruf', video: 'Videoanruf' },
  missed: { voice: 'Verpasster Sprachanruf', video: 'Verpasster Videoanruf' },
  perhapsCall: 'Jemand ruft an oder hat angerufen',
  upToDate: 'Alles ist auf dem neuesten Stand',
  callOver: 'Der Anruf ist vorbei',
  unknown: 'Öffne NexChat, um zu sehen, was neu ist',
  read: 'Als gelesen markieren',
  reply: 'Antworten',
};

const WORDS: Readonly<Record<Language, NoticeWords>> = { en, de };

/** By the tag of a language. */
export const noticeWords = (tag: string): NoticeWords => WORDS[languageAmong([tag])];
