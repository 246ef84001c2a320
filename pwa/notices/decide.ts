import type { OpId, UserId } from '#shared/ids.ts';
import type { PushMessage } from '#shared/schema/push.ts';
import type { NewCall, NewMessages, News, NewsStanding, NoticeChoice } from '../store/ports.ts';
import { type NoticeWords, noticeWords } from './words.ts';

/** A notification as it is to be shown. One with the same tag takes its place. */
export interface Notice {
  readonly tag: string;
  readonly title: string;
  readonly body: string;
  readonly lang: string;
  /** It is heard, though one with its tag may stand there already. */
  readonly renotify: boolean;
  readonly silent: boolean;
  /** It stays until somebody does something about it. */
  readonly requireInteraction: boolean;
  readonly actions: readonly NoticeAction[];
  readonly data: NoticeData;
}

/** Where the platform has them. */
export interface NoticeAction {
  readonly action: 'read' | 'reply';
  readonly type: 'button' | 'text';
  readonly title: string;
}

/** What a notification is of: by this it is found to be out of date, and a click leads somewhere. */
export interface NoticeData {
  readonly about: 'conversation' | 'messages' | 'requests' | 'call' | 'missed' | 'nothing';
  /** The screen of the app. */
  readonly path: string;
  /** Of a conversation or a call. */
  readonly peer?: UserId;
  readonly call?: OpId;
  /** The newest message that it tells of. */
  readonly upTo?: number;
}

/** Above so many conversations at once, one notification tells of all. */
const MOST_CONVERSATIONS = 4;

/** What the app shows of `news` while nobody looks at it. */
export function noticesOf(news: News, choice: NoticeChoice): readonly Notice[] {
  const { messages, requests, calls } = news;
  const words = noticeWords(choice.language);
  return [
    ...messageNotices(messages, choice, words),
    ...requestNotices(requests, choice, words),
    ...calls.map((call) => callNotice(call, choice, words)),
  ];
}

/** What a push comes to, once what is new was asked for. */
export interface Heard {
  /** Null for one that this version does not understand. */
  readonly push: PushMessage | null;
  /** `locked`: this device's lock keeps everything shut. `failed`: the server could not be asked. */
  readonly outcome: 'fetched' | 'locked' | 'failed' | 'signed-out';
  readonly news: News | null;
  /** What was shown since the push came, by another one or by a hidden tab: what it tells of, or only something else. */
  readonly shown: 'nothing' | 'something else' | 'the same';
}

/** Never nothing, unless something was shown already: browsers take the right to be woken from whoever shows nothing. */
export function noticesOfPush(heard: Heard, choice: NoticeChoice): readonly Notice[] {
  const { push, outcome, news, shown } = heard;
  const words = noticeWords(choice.language);
  const found = news === null ? [] : noticesOf(news, choice);
  if (found.length > 0) return found;
  const isUnknown = outcome === 'locked' || outcome === 'failed';
  // A message and a call are two things, as long as it is not known what there is.
  if (push !== null && isUnknown && shown !== 'the same') return [pushNotice(push, choice, words)];
  if (shown !== 'nothing') return [];
  const isCallOver = push?.kind === 'call' && news?.standing.live.length === 0;
  const known = isCallOver ? words.callOver : words.upToDate;
  return [
    {
      ...plain(choice),
      tag: 'nothing',
      title: words.app,
      body: outcome === 'fetched' ? known : words.unknown,
      renotify: false,
      silent: true,
      data: { about: 'nothing', path: '/' },
    },
  ];
}

/** Pushes of which kind tell of the same. */
export function kindOf({ data }: Notice): PushMessage['kind'] | null {
  switch (data.about) {
    case 'conversation':
    case 'messages':
      return 'message';
    case 'requests':
      return 'request';
    case 'call':
    case 'missed':
      return 'call';
    case 'nothing':
      return null;
  }
}

/** Whether what a notification tells is no longer so. `open` is the conversation that somebody looks at. */
export function isOver(data: NoticeData, standing: NewsStanding, open: UserId | null): boolean {
  switch (data.about) {
    case 'conversation':
      return data.peer === open || !standing.unread.some((peer) => peer === data.peer);
    case 'messages':
      return standing.total === 0;
    case 'requests':
      return standing.requests === 0;
    case 'call':
      return !standing.live.some((id) => id === data.call);
    case 'missed':
      return !standing.missed.some((id) => id === data.call);
    case 'nothing':
      return true;
  }
}

const plain = ({ language }: NoticeChoice) => ({
  lang: language,
  renotify: true,
  silent: false,
  requireInteraction: false,
  actions: [],
});

function messageNotices(
  messages: readonly NewMessages[],
  choice: NoticeChoice,
  words: NoticeWords,
): readonly Notice[] {
  const [first] = messages;
  if (first === undefined) return [];
  const isHidden = choice.preview === 'nothing';
  if (!isHidden && messages.length <= MOST_CONVERSATIONS) {
    return messages.map((one) => conversationNotice(one, choice, words));
  }
  const count = messages.reduce((sum, one) => sum + one.count, 0);
  const body = isHidden
    ? saysMany(count, words.message, words.messages)
    : words.summary(count, messages.length);
  const path = messages.length === 1 ? `/chats/${first.peer}` : '/';
  return [{ ...plain(choice), tag: 'messages', title: words.app, body, data: { about: 'messages', path } }];
}

function conversationNotice(one: NewMessages, choice: NoticeChoice, words: NoticeWords): Notice {
  const { peer, name, text, count, upTo } = one;
  const many = saysMany(count, words.message, words.messages);
  const shown = choice.preview === 'text' ? text : null;
  return {
    ...plain(choice),
    tag: `chat-${peer}`,
    title: name ?? words.app,
    body: shown === null ? many : count > 1 ? `${shown}\n${many}` : shown,
    actions: [
      { action: 'reply', type: 'text', title: words.reply },
      { action: 'read', type: 'button', title: words.read },
    ],
    data: { about: 'conversation', path: `/chats/${peer}`, peer, upTo },
  };
}

function requestNotices(
  names: readonly (string | null)[],
  choice: NoticeChoice,
  words: NoticeWords,
): readonly Notice[] {
  const [name] = names;
  if (name === undefined) return [];
  const one = choice.preview === 'nothing' || name === null ? words.someRequest : words.request(name);
  return [
    {
      ...plain(choice),
      tag: 'requests',
      title: words.app,
      body: saysMany(names.length, one, words.requests),
      data: { about: 'requests', path: '/requests' },
    },
  ];
}

function callNotice(call: NewCall, choice: NoticeChoice, words: NoticeWords): Notice {
  const { id, peer, name, media, state } = call;
  const shown = choice.preview === 'nothing' ? null : name;
  const rings = state === 'rings';
  return {
    ...plain(choice),
    // The one of the call that rang is replaced when it was missed.
    tag: `call-${id}`,
    title: shown === null ? words.app : rings ? words.calls(shown) : shown,
    body: !rings ? words.missed[media] : shown === null ? words.someCall : words.call[media],
    requireInteraction: rings,
    data: { about: rings ? 'call' : 'missed', path: `/chats/${peer}`, peer, call: id },
  };
}

/** What a push says by itself. */
function pushNotice(push: PushMessage, choice: NoticeChoice, words: NoticeWords): Notice {
  const { kind } = push;
  const say = { message: words.message, request: words.someRequest, call: words.perhapsCall };
  const data: Readonly<Record<PushMessage['kind'], NoticeData>> = {
    message: { about: 'messages', path: '/' },
    request: { about: 'requests', path: '/requests' },
    call: { about: 'call', path: '/' },
  };
  return {
    ...plain(choice),
    // That it rings no longer is not heard where it was heard that it rings.
    renotify: push.kind !== 'call' || push.rings,
    tag: kind === 'message' ? 'messages' : kind === 'request' ? 'requests' : 'call',
    title: words.app,
    body: say[kind],
    data: data[kind],
  };
}

const saysMany = (count: number, one: string, many: (count: number) => string): string =>
  count > 1 ? many(count) : one;
