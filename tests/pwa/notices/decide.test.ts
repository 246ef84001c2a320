import { describe, expect, it } from 'vitest';
import type { OpId, UserId } from '#shared/ids.ts';
import { type Heard, type Notice, isOver, kindOf, noticesOf, noticesOfPush } from '#pwa/notices/decide.ts';
import type { NewMessages, News, NewsStanding, NoticeChoice } from '#pwa/store/ports.ts';

const [mira, jonas] = ['mira', 'jonas'] as UserId[] as [UserId, UserId];
const ring = 'ring' as OpId;

const choice: NoticeChoice = { wanted: true, preview: 'text', language: 'en' };
const nameOnly: NoticeChoice = { ...choice, preview: 'name' };
const nothing: NoticeChoice = { ...choice, preview: 'nothing' };

const wrote = (peer: UserId, text: string | null, count = 1): NewMessages => ({
  peer,
  name: peer,
  text,
  count,
  upTo: 7,
});

function news(more: Partial<Omit<News, 'standing'>>, standing: Partial<NewsStanding> = {}): News {
  const given = { messages: [], requests: [], calls: [], ...more };
  return {
    ...given,
    standing: {
      unread: given.messages.map(({ peer }) => peer),
      total: given.messages.reduce((sum, { count }) => sum + count, 0),
      requests: given.requests.length,
      live: [],
      missed: [],
      ...standing,
    },
  };
}

const said = (notices: readonly Notice[]) => notices.map(({ tag, title, body }) => [tag, title, body]);

describe('what is shown of messages', () => {
  it('is the newest of each conversation, and how many are unread', () => {
    const told = news({ messages: [wrote(mira, 'hello'), wrote(jonas, 'are you there?', 3)] });
    expect(said(noticesOf(told, choice))).toEqual([
      ['chat-mira', 'mira', 'hello'],
      ['chat-jonas', 'jonas', 'are you there?\n3 new messages'],
    ]);
    expect(noticesOf(told, choice)[0]).toMatchObject({
      renotify: true,
      data: { path: '/chats/mira', upTo: 7 },
      actions: [{ action: 'reply', type: 'text' }, { action: 'read' }],
    });
  });

  it('is only a name, or nothing of anybody, as it was chosen', () => {
    const told = news({ messages: [wrote(mira, 'hello'), wrote(jonas, 'are you there?', 3)] });
    expect(said(noticesOf(told, nameOnly))).toEqual([
      ['chat-mira', 'mira', 'New message'],
      ['chat-jonas', 'jonas', '3 new messages'],
    ]);
    const [hidden, ...others] = noticesOf(told, nothing);
    expect(others).toEqual([]);
    expect(hidden).toMatchObject({ tag: 'messages', title: 'NexChat', body: '4 new messages', actions: [] });
    expect(JSON.stringify(hidden)).not.toMatch(/mira|jonas|hello/);
  });

  it('counts what is new, and not what was told before', () => {
    const told = news({ messages: [wrote(mira, 'hello')] }, { unread: [mira, jonas], total: 9 });
    expect(said(noticesOf(told, nothing))).toEqual([['messages', 'NexChat', 'New message']]);
  });

  it('is without a name when that can’t be read', () => {
    expect(said(noticesOf(news({ messages: [{ ...wrote(mira, 'hello'), name: null }] }), choice))).toEqual([
      ['chat-mira', 'NexChat', 'hello'],
    ]);
  });

  it('of one conversation leads there, though nothing is said of it', () => {
    const [hidden] = noticesOf(news({ messages: [wrote(mira, 'hello')] }), nothing);
    expect(hidden).toMatchObject({ body: 'New message', data: { path: '/chats/mira' } });
  });

  it('is that there are some, when the newest can’t be read', () => {
    expect(said(noticesOf(news({ messages: [wrote(mira, null)] }), choice))).toEqual([
      ['chat-mira', 'mira', 'New message'],
    ]);
  });

  it('is one sentence after a long absence', () => {
    const people = Array.from({ length: 5 }, (_, index) => wrote(`p${index}` as UserId, 'hello', 400));
    expect(said(noticesOf(news({ messages: people }), choice))).toEqual([
      ['messages', 'NexChat', '2,000 new messages in 5 conversations'],
    ]);
    const german = { ...choice, language: 'de-AT' };
    expect(said(noticesOf(news({ messages: people }), german))).toEqual([
      ['messages', 'NexChat', '2.000 neue Nachrichten in 5 Unterhaltungen'],
    ]);
    expect(noticesOf(news({ messages: people.slice(1) }), choice)).toHaveLength(4);
  });
});

describe('what is shown of people', () => {
  it('is who asks, or how many', () => {
    expect(said(noticesOf(news({ requests: ['mira'] }), choice))).toEqual([
      ['requests', 'NexChat', 'mira wants to be friends'],
    ]);
    expect(said(noticesOf(news({ requests: ['mira'] }), nothing))).toEqual([
      ['requests', 'NexChat', 'New friend request'],
    ]);
    expect(said(noticesOf(news({ requests: ['mira', 'jonas'] }), choice))).toEqual([
      ['requests', 'NexChat', '2 new friend requests'],
    ]);
    expect(said(noticesOf(news({ requests: [null] }), choice))).toEqual([
      ['requests', 'NexChat', 'New friend request'],
    ]);
  });

  it('is who asks now, though others were told before', () => {
    expect(said(noticesOf(news({ requests: ['mira'] }, { requests: 2 }), choice))).toEqual([
      ['requests', 'NexChat', 'mira wants to be friends'],
    ]);
  });

  it('is that they call, and in the same place that it was missed', () => {
    const call = { id: ring, peer: mira, name: 'mira', media: 'video' } as const;
    const rings = noticesOf(news({ calls: [{ ...call, state: 'rings' }] }), choice);
    const missed = noticesOf(news({ calls: [{ ...call, state: 'missed' }] }), choice);
    expect(said(rings)).toEqual([['call-ring', 'mira calls', 'Video call']]);
    expect(rings[0]?.requireInteraction).toBe(true);
    expect(said(missed)).toEqual([['call-ring', 'mira', 'Missed video call']]);
    expect(missed[0]?.requireInteraction).toBe(false);
    expect(said(noticesOf(news({ calls: [{ ...call, state: 'rings' }] }), nothing))).toEqual([
      ['call-ring', 'NexChat', 'Somebody calls'],
    ]);
    const nameless = { ...call, name: null };
    expect(said(noticesOf(news({ calls: [{ ...nameless, state: 'rings' }] }), choice))).toEqual([
      ['call-ring', 'NexChat', 'Somebody calls'],
    ]);
    expect(said(noticesOf(news({ calls: [{ ...nameless, state: 'missed' }] }), choice))).toEqual([
      ['call-ring', 'NexChat', 'Missed video call'],
    ]);
  });
});

describe('a push', () => {
  const written = { kind: 'message' } as const;
  const asked = { kind: 'request' } as const;
  const rings = { kind: 'call', rings: true } as const;
  const ringsNoMore = { kind: 'call', rings: false } as const;
  const brought: Heard = { push: written, outcome: 'fetched', news: news({}), shown: 'nothing' };
  const locked = { outcome: 'locked', news: null } as const;
  const heard = (more: Partial<Heard>) =>
    said(noticesOfPush({ ...brought, ...more }, choice)).map(([, title, body]) => `${title}: ${body}`);

  it('shows what is new', () => {
    expect(heard({ news: news({ messages: [wrote(mira, 'hello')] }) })).toEqual(['mira: hello']);
    // Something may have come before the connection was lost.
    expect(heard({ outcome: 'failed', news: news({ messages: [wrote(mira, 'hello')] }) })).toEqual([
      'mira: hello',
    ]);
  });

  it('never shows nothing, and never says more than is known', () => {
    expect(heard({})).toEqual(['NexChat: Everything is up to date']);
    expect(heard({ outcome: 'failed' })).toEqual(['NexChat: New message']);
    expect(heard({ outcome: 'failed', push: asked })).toEqual(['NexChat: New friend request']);
    expect(heard({ outcome: 'failed', push: rings })).toEqual(['NexChat: Somebody calls or has called']);
    expect(heard({ outcome: 'failed', push: null })).toEqual(['NexChat: Open NexChat to see what is new']);
    expect(heard({ outcome: 'signed-out', news: null })).toEqual([
      'NexChat: Open NexChat to see what is new',
    ]);
    expect(heard({ push: ringsNoMore })).toEqual(['NexChat: The call is over']);
    expect(heard({ push: rings, news: news({}, { live: [ring] }) })).toEqual([
      'NexChat: Everything is up to date',
    ]);
  });

  it('on a locked device says what the server says', () => {
    expect(heard(locked)).toEqual(['NexChat: New message']);
    expect(heard({ ...locked, push: asked, shown: 'something else' })).toEqual([
      'NexChat: New friend request',
    ]);
  });

  it('adds nothing on a locked device to what a hidden tab, or another push, has told of the same', () => {
    expect(heard({ ...locked, shown: 'the same' })).toEqual([]);
  });

  it('of a call that rings is heard, and that it rings no more takes its place quietly', () => {
    const [first] = noticesOfPush({ ...brought, ...locked, push: rings }, choice);
    const [second] = noticesOfPush({ ...brought, ...locked, push: ringsNoMore }, choice);
    expect(first).toMatchObject({ tag: 'call', renotify: true });
    expect(second).toMatchObject({ tag: 'call', renotify: false, silent: false });
  });

  it('adds nothing to what was shown meanwhile, unless there is more', () => {
    expect(heard({ shown: 'something else' })).toEqual([]);
    expect(heard({ shown: 'the same', outcome: 'failed' })).toEqual([]);
    expect(heard({ shown: 'the same', news: news({ messages: [wrote(mira, 'hello')] }) })).toEqual([
      'mira: hello',
    ]);
  });

  it('of another kind than what was shown is told when nothing could be fetched', () => {
    expect(heard({ shown: 'something else', outcome: 'failed', push: rings })).toEqual([
      'NexChat: Somebody calls or has called',
    ]);
    expect(heard({ shown: 'something else', outcome: 'failed', push: null })).toEqual([]);
  });

  it('counts as told by a notification of its kind', () => {
    const call = { id: ring, peer: mira, name: 'mira', media: 'voice' } as const;
    const told = news({
      messages: [wrote(mira, 'hello')],
      requests: ['jonas'],
      calls: [
        { ...call, state: 'rings' },
        { ...call, state: 'missed' },
      ],
    });
    expect(noticesOf(told, choice).map(kindOf)).toEqual(['message', 'request', 'call', 'call']);
    expect(noticesOf(told, nothing).map(kindOf)).toEqual(['message', 'request', 'call', 'call']);
    for (const push of [written, asked, rings, ringsNoMore]) {
      expect(noticesOfPush({ ...brought, ...locked, push }, choice).map(kindOf)).toEqual([push.kind]);
    }
    expect(noticesOfPush(brought, choice).map(kindOf)).toEqual([null]);
  });

  it('that brought nothing is quiet', () => {
    const [quiet] = noticesOfPush(brought, choice);
    expect(quiet).toMatchObject({ silent: true, renotify: false });
  });
});

describe('what is shown is over', () => {
  const { standing } = news({ messages: [wrote(mira, 'hello')] }, { live: [ring] });

  it('when its conversation was read, or is looked at', () => {
    const [of] = noticesOf(news({ messages: [wrote(mira, 'hello')] }), choice);
    if (of === undefined) throw new Error('nothing is shown');
    expect(isOver(of.data, standing, null)).toBe(false);
    expect(isOver(of.data, standing, jonas)).toBe(false);
    expect(isOver(of.data, standing, mira)).toBe(true);
    expect(isOver(of.data, news({}).standing, null)).toBe(true);
  });

  it('when there is no such thing any more', () => {
    const over = (about: Notice['data']['about']) => isOver({ about, path: '/', call: ring }, standing, null);
    expect(over('messages')).toBe(false);
    expect(isOver({ about: 'messages', path: '/' }, news({}).standing, null)).toBe(true);
    expect(over('requests')).toBe(true);
    expect(over('call')).toBe(false);
    expect(over('missed')).toBe(true);
    expect(over('nothing')).toBe(true);
  });
});
