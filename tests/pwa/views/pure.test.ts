import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { message } from '#pwa/dev/fake-messages.ts';
import { createModels } from '#pwa/models/models.ts';
import type { TimelineCall, TimelineNotice } from '#pwa/models/timeline.ts';
import { freshAmong } from '#pwa/views/chats/use-fresh.ts';
import { nextDrawn } from '#pwa/views/chats/use-near.ts';
import { rowsOf } from '#pwa/views/chats/rows.ts';
import type { TimelineWindow } from '#pwa/views/chats/rows.ts';
import { isGroup, recoveryGroups } from '#pwa/views/door/recovery-groups.ts';
import { byteSize, fingerprintGroups, hueOf, initials, listTime } from '#pwa/views/format.ts';
import { duration, sayCalls, stopwatch } from '#pwa/views/strings/calls.ts';
import { say } from '#pwa/views/strings.ts';
import { linkify } from '#pwa/views/linkify.ts';
import { whenAt } from '#pwa/views/settings/when.ts';
import { describeStatus } from '#pwa/views/shell/describe-status.ts';

describe('links in plain text', () => {
  const links = (text: string) =>
    linkify(text)
      .filter(({ href }) => href !== null)
      .map(({ text: shown }) => shown);

  it('finds http, https and mailto addresses', () => {
    expect(links('see http://a.example and HTTPS://b.example/x?y=1#z or mailto:me@c.example')).toEqual([
      'http://a.example',
      'HTTPS://b.example/x?y=1#z',
      'mailto:me@c.example',
    ]);
  });

  it('leaves the punctuation of the sentence out', () => {
    expect(
      links('Really (https://a.example/b)? Yes: https://a.example/c_(d), or https://a.example/e…'),
    ).toEqual(['https://a.example/b', 'https://a.example/c_(d)', 'https://a.example/e']);
  });

  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'ftp://a.example',
    'https://',
    'mailto:',
    'xhttps://a.example',
    'https://bank.example@evil.example/x',
    'https://me:secret@a.example',
  ])('makes no link of %s', (text) => {
    expect(linkify(text)).toEqual([{ text, href: null }]);
  });

  it('names the true host where letters look like others', () => {
    const [link] = linkify('https://аpple.com/login');
    expect(link).toEqual({
      text: 'https://аpple.com/login',
      href: 'https://xn--pple-43d.com/login',
      host: 'xn--pple-43d.com',
    });
    expect(linkify('https://xn--pple-43d.com')[0]?.host).toBeUndefined();
    expect(linkify('HTTPS://Example.org/a')[0]?.host).toBeUndefined();
  });

  it('never loses or changes a character', () => {
    const pieces = fc.array(
      fc.oneof(
        fc.string(),
        fc.constantFrom('https://', 'http://a.example/(b)', 'mailto:a@b', '(', ')', '. ', '…', '👩‍🚀'),
      ),
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        const text = parts.join('');
        expect(
          linkify(text)
            .map((part) => part.text)
            .join(''),
        ).toBe(text);
      }),
    );
  });
});

describe('rows of the timeline', () => {
  type Given = Partial<TimelineWindow>;
  const drawn = (given: Given) =>
    rowsOf({
      items: [],
      calls: [],
      notices: [],
      unreadAfter: null,
      hasEarlier: false,
      hasLater: false,
      ...given,
    });
  const itemsOf = (given: Given) => drawn(given).filter((row) => row.item !== null);
  const noon = new Date(2026, 4, 4, 12).getTime();
  const minute = 60_000;

  it('groups neighbours by the same author within minutes', () => {
    const items = [
      message(false, 'a', noon, 1),
      message(false, 'b', noon + minute, 2),
      message(true, 'c', noon + 2 * minute, 3),
      message(true, 'd', noon + 20 * minute, 4),
    ];
    expect(itemsOf({ items }).map(({ first, last }) => [first, last])).toEqual([
      [true, false],
      [false, true],
      [true, true],
      [true, true],
    ]);
  });

  it('names a day once, and not above a window that may have begun before', () => {
    const items = [
      message(false, 'a', noon, 1),
      message(false, 'b', noon + minute, 2),
      message(false, 'c', noon + 86_400_000, 3),
    ];
    expect(itemsOf({ items }).map(({ day }) => day)).toEqual([noon, null, noon + 86_400_000]);
    expect(itemsOf({ items, hasEarlier: true }).map(({ day }) => day)).toEqual([
      null,
      null,
      noon + 86_400_000,
    ]);
  });

  it('divides before the first unread message of the friend, which starts a group', () => {
    const items = [1, 2, 3].map((n) => message(n === 2, 'x', noon, n));
    items.push(message(false, 'y', noon, 4));
    const rows = itemsOf({ items, unreadAfter: 1 });
    expect(rows.map(({ unread }) => unread)).toEqual([false, false, true, false]);
    expect(itemsOf({ items, unreadAfter: 3 })[3]).toMatchObject({ unread: true, first: true });
    expect(itemsOf({ items, unreadAfter: 4 }).some(({ unread }) => unread)).toBe(false);
  });

  const remark = (after: number, id = after): TimelineNotice => ({ id, at: noon, after, kind: 'verified' });
  const callAt = (after: number, at: number): TimelineCall => ({
    id: `call-${after}-${at}` as TimelineCall['id'],
    mine: true,
    media: 'voice',
    status: 'completed',
    after,
    at,
    duration: 0,
  });
  const keys = (given: Given) =>
    drawn(given).map(({ item, notice, call }) => {
      if (notice !== null) return `after ${notice.after}`;
      return call === null ? item.n : `call ${call.after}`;
    });

  it('sets notices after the message of their number, above what waits to be sent, and apart from both', () => {
    const items = [1, 2, 3].map((n) => message(false, 'x', noon, n));
    items.push(message(true, 'y', noon, null, 'queued'));
    const notices = [remark(0), remark(2), remark(2, 9), remark(3)];
    expect(keys({ items, notices })).toEqual(['after 0', 1, 2, 'after 2', 'after 2', 3, 'after 3', null]);
    expect(itemsOf({ items, notices }).map(({ first, last }) => [first, last])).toEqual([
      [true, false],
      [false, true],
      [true, true],
      [true, true],
    ]);
    expect(keys({ notices: [remark(0)] })).toEqual(['after 0']);
  });

  it('keeps a notice of earlier messages back until those are here', () => {
    const items = [5, 6].map((n) => message(false, 'x', noon, n));
    expect(keys({ items, notices: [remark(2), remark(5)], hasEarlier: true })).toEqual([5, 'after 5', 6]);
  });

  it('C16 sets what stands below a hole apart, and says nothing about its day', () => {
    const [before, after] = [message(false, 'a', 0, 1), message(false, 'b', 2 * 86_400_000, 9)];
    const [, whole] = itemsOf({ items: [before, after] });
    expect([whole?.hole, whole?.day]).toEqual([false, after.at]);
    const near = { ...after, at: 1, holeBefore: true };
    const [, row] = itemsOf({ items: [before, near] });
    expect([row?.hole, row?.day, row?.first]).toEqual([true, null, true]);
    const [start] = itemsOf({ items: [near], hasEarlier: true });
    expect([start?.hole, start?.day]).toEqual([true, null]);
  });

  it('sets calls after the message of their number, by time among notices, and apart from messages', () => {
    const items = [1, 2].map((n) => message(false, 'x', noon, n));
    const calls = [callAt(1, noon - minute), callAt(1, noon + minute), callAt(2, noon + 2 * minute)];
    const given = { items, calls, notices: [remark(1)] };
    expect(keys(given)).toEqual([1, 'call 1', 'after 1', 'call 1', 2, 'call 2']);
    expect(itemsOf(given).map(({ first, last }) => [first, last])).toEqual([
      [true, true],
      [true, true],
    ]);
    expect(keys({ ...given, hasLater: true })).toEqual([1, 'call 1', 'after 1', 'call 1', 2]);
    expect(keys({ items, calls: [callAt(0, noon)], hasEarlier: true })).toEqual([1, 2]);
    expect(keys({ calls: [callAt(0, noon)] })).toEqual(['call 0']);
  });

  it('begins a day with a call as with a message, once', () => {
    const day = 86_400_000;
    const items = [message(false, 'a', noon, 1), message(false, 'b', noon + day + minute, 2)];
    const calls = [callAt(0, noon - minute), callAt(1, noon + day), callAt(2, noon + 2 * day)];
    const days = drawn({ items, calls }).map((row) => (row.notice === null ? row.day : undefined));
    expect(days).toEqual([noon - minute, null, noon + day, null, noon + 2 * day]);
  });
});

describe('which rows are drawn', () => {
  const keys = Array.from({ length: 100 }, (_, index) => `row ${index}`);
  const place = ({ from, to, complete, leapt }: ReturnType<typeof nextDrawn>) => ({
    from,
    to,
    complete,
    leapt,
  });

  it('are those on the screen at once, and those near it a few more with each turn', () => {
    let drawn = nextDrawn(null, keys, 0, 50, 59);
    expect(place(drawn)).toEqual({ from: 50, to: 59, complete: false, leapt: true });
    // Drawn again in the same frame, because heights have become known.
    drawn = nextDrawn(drawn, keys, 0, 50, 58);
    expect(place(drawn)).toEqual({ from: 50, to: 59, complete: false, leapt: true });
    const turns = [1, 2, 3].map((turn) => place((drawn = nextDrawn(drawn, keys, turn, 50, 59))));
    expect(turns).toEqual([
      { from: 47, to: 62, complete: false, leapt: false },
      { from: 44, to: 65, complete: false, leapt: false },
      { from: 42, to: 67, complete: true, leapt: false },
    ]);
  });

  it('stay drawn while they are near, wherever rows come and go', () => {
    const drawn = { from: 42, to: 67, keys, turn: 3, complete: true, leaps: 0, leapt: false };
    expect(place(nextDrawn(drawn, keys, 3, 48, 57))).toMatchObject({ from: 42, to: 65 });
    const later = ['a', 'b', 'c', ...keys.slice(0, 80)];
    expect(place(nextDrawn(drawn, later, 3, 53, 62))).toMatchObject({ from: 45, to: 70, complete: true });
    const earlier = keys.slice(45);
    expect(place(nextDrawn(drawn, earlier, 3, 5, 14))).toMatchObject({ from: 0, to: 22, complete: true });
  });

  it('are only those on the screen after a leap, and no more than there are', () => {
    const drawn = { from: 42, to: 67, keys, turn: 3, complete: true, leaps: 0, leapt: false };
    expect(place(nextDrawn(drawn, keys, 4, 20, 29))).toMatchObject({ from: 20, to: 29, leapt: true });
    expect(place(nextDrawn(drawn, keys.slice(0, 5), 4, 0, 4))).toMatchObject({
      from: 0,
      to: 4,
      complete: true,
    });
  });
});

describe('what is new in a timeline', () => {
  const [first, second, fourth, mine] = [
    message(false, '1', 0, 1),
    message(false, '2', 0, 2),
    message(false, '4', 0, 4),
    message(true, 'mine', 0, 5),
  ];
  const queued = message(true, 'mine too', 0, null, 'queued');

  it('is what arrives, also before our own that waits or has overtaken it', () => {
    expect(freshAmong([first, second], [first])).toEqual([second]);
    expect(freshAmong([first, second, queued], [first, queued])).toEqual([second]);
    expect(freshAmong([first, fourth, mine], [first, mine])).toEqual([fourth]);
    expect(freshAmong([first, queued], [first])).toEqual([queued]);
    expect(freshAmong([first], [])).toEqual([first]);
  });

  it('C16 is no history, above the first message or in a hole', () => {
    expect(freshAmong([first, second], [second])).toEqual([]);
    const own = message(true, '3', 0, 3);
    expect(freshAmong([first, second, own, fourth], [first, fourth])).toEqual([]);
  });
});

describe('words for names, times and keys', () => {
  it('takes initials from names with dots, dashes, one word or other scripts', () => {
    expect(['mira.okafor', 'freya', 'max-von_hohen', '𝒶.b', 'ёж'].map(initials)).toEqual([
      'MO',
      'F',
      'MV',
      '𝒶B',
      'Ё',
    ]);
  });

  it('gives a name always the same of eight hues', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        const hue = hueOf(name);
        expect(hue).toBe(hueOf(name));
        expect([0, 1, 2, 3, 4, 5, 6, 7]).toContain(hue);
      }),
    );
  });

  it('says the time today, then yesterday, the weekday, the date', () => {
    const now = new Date(2026, 4, 14, 9, 30).getTime();
    const at = (...date: [number, number, number, number, number]) =>
      listTime(new Date(...date).getTime(), now);
    expect(at(2026, 4, 14, 0, 5)).toBe('00:05');
    expect(at(2026, 4, 13, 23, 59)).toBe('Yesterday');
    expect(at(2026, 4, 8, 12, 0)).toBe('Fri');
    expect(at(2026, 4, 7, 12, 0)).toBe('7 May');
    expect(at(2025, 4, 7, 12, 0)).toBe('7 May 2025');
  });

  it('groups a fingerprint with or without spaces', () => {
    expect(fingerprintGroups('0A1B 2C3D')).toEqual(['0A1B', '2C3D']);
    expect(fingerprintGroups('0A1B2C3D')).toEqual(['0A1B', '2C3D']);
  });
});

describe('sizes', () => {
  it.each([
    [0, '0 byte'],
    [999, '999 byte'],
    [1_500, '1.5 kB'],
    [48_300_000, '48.3 MB'],
    [12_400_000_000, '12.4 GB'],
  ])('%d is %s', (bytes, words) => expect(byteSize(bytes)).toBe(words));
});

describe('a recovery code on the screen', () => {
  it('is read in groups of four, however it is written', () => {
    expect(recoveryGroups('7Q2M-4TZX 9KHR')).toEqual(['7Q2M', '4TZX', '9KHR']);
  });

  it('forgives case, spaces and letters that look like digits, and nothing else', () => {
    const typed = ['9khr', ' 9 K H R', '9KH', '9KHRR', '9KHS', ''];
    expect(typed.map((text) => isGroup(text, '9KHR'))).toEqual([true, true, false, false, false, false]);
    expect(isGroup('oIl7', '0117')).toBe(true);
  });
});

describe('when a device was seen', () => {
  it('is today, yesterday or a day', () => {
    const today = new Date(2026, 2, 30).getTime();
    expect(whenAt(new Date(2026, 2, 30, 9, 5).getTime(), today)).toBe('today at 09:05');
    expect(whenAt(new Date(2026, 2, 29, 0, 10).getTime(), today)).toBe('yesterday at 00:10');
    expect(whenAt(new Date(2026, 2, 28, 23, 59).getTime(), today)).toBe('on 28 Mar 2026');
  });
});

describe('the status chip', () => {
  it('is silent while everything is well, and says what will happen while it is not', () => {
    const models = createModels();
    models.status.link.value = 'live';
    expect(describeStatus(models, true)).toBeNull();
    models.status.link.value = 'offline';
    models.status.queued.value = 3;
    expect(describeStatus(models, false)?.long).toBe('Offline: 3 will send when you reconnect');
    expect(describeStatus(models, true)).toMatchObject({
      long: 'Can’t reach the server: 3 will send when it is back',
      retry: true,
    });
    models.status.link.value = 'connecting';
    expect(describeStatus(models, true)?.kind).toBe('busy');
    expect(describeStatus(models, false)?.long).toBe('Offline: 3 will send when you reconnect');
    models.status.link.value = 'catching-up';
    models.status.progress.value = { done: 1240, total: 8000 };
    expect(describeStatus(models, true)).toMatchObject({ long: 'Catching up 1,240 of 8,000', done: 0.155 });
    models.session.needsSignIn.value = true;
    expect(describeStatus(models, true)?.kind).toBe('sign-in');
  });
});

describe('words of a call', () => {
  it.each([
    [0, '0 s', '0:00'],
    [59_400, '59 s', '0:59'],
    [60_000, '1 min', '1:00'],
    [252_000, '4 min 12 s', '4:12'],
    [3_600_000, '1 h', '1:00:00'],
    [3_783_000, '1 h 3 min', '1:03:03'],
  ])('%i ms are %s, and %s on the clock', (ms, words, clock) => {
    expect([duration(ms), stopwatch(ms)]).toEqual([words, clock]);
  });

  const words = (mine: boolean, status: TimelineCall['status']) => {
    const call = { mine, status, media: 'video', duration: 5_000 } as const;
    return [say.list.call(call), sayCalls.outcome(call)].filter((part) => part !== null).join(', ');
  };

  it('tells who called and what came of it, and calls missed only what was for us', () => {
    expect(words(true, 'missed')).toBe('Outgoing video call, No answer');
    expect(words(false, 'missed')).toBe('Missed video call');
    expect(words(true, 'busy')).toBe('Outgoing video call, Busy');
    expect(words(false, 'busy')).toBe('Missed video call');
    expect(words(false, 'declined')).toBe('Incoming video call, Declined');
    expect(words(false, 'completed')).toBe('Incoming video call, 5 s');
  });
});
