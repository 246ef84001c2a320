import { describe, expect, it } from 'vitest';
import type { UserId } from '#shared/ids.ts';
import { answered, news } from '#pwa/controllers/news.ts';
import { wordsOf } from '#pwa/views/strings/news.ts';
import type { Toast } from '#pwa/models/shell.ts';
import type { StoredContact } from '#pwa/store/ports.ts';

const contact = (name: string, standing: StoredContact['standing']): StoredContact => ({
  id: name.padEnd(22, '_') as UserId,
  name,
  standing,
  pending: false,
  fingerprint: '',
  trust: 'unverified',
  gone: false,
});
const texts = (...readings: Parameters<typeof news>) => news(...readings).map((note) => wordsOf(note.says));

describe('news of contacts', () => {
  it('tells nothing of the first reading', () => {
    expect(texts(null, [contact('ann', 'received'), contact('bob', 'friends')])).toEqual([]);
  });

  it('tells of a request that came in, once', () => {
    const asked = [contact('ann', 'received')];
    expect(texts([], asked)).toEqual(['ann wants to be your friend']);
    expect(texts([contact('ann', 'none')], asked)).toEqual(['ann wants to be your friend']);
    expect(texts(asked, asked)).toEqual([]);
  });

  it('tells of no request that crosses our own: the two make friends', () => {
    const sent = [contact('ann', 'sent')];
    const crossing = [contact('ann', 'received')];
    expect(texts(sent, crossing)).toEqual([]);
    expect(texts(sent, [contact('ann', 'friends')])).toEqual(['ann accepted your friend request']);
  });

  it('tells of our request that was accepted, not of one that we accepted', () => {
    const friends = [contact('ann', 'friends')];
    expect(texts([contact('ann', 'sent')], friends)).toEqual(['ann accepted your friend request']);
    expect(texts([contact('ann', 'received')], friends)).toEqual([]);
  });

  it('of requests stands until the last of them is answered or withdrawn', () => {
    const toasts = news([], [contact('ann', 'received'), contact('bob', 'received')]).map(
      (note, index): Toast => ({ id: index + 1, ...note }),
    );
    const error: Toast = { id: 9, tone: 'error', says: { what: 'bug' } };
    const left = (...contacts: StoredContact[]) => answered([...toasts, error], contacts);
    expect(left(contact('ann', 'friends'), contact('bob', 'received'))).toEqual([]);
    expect(left(contact('ann', 'friends'), contact('bob', 'none'))).toEqual([1]);
    expect(left()).toEqual([1]);
  });

  it('tells of many at once in one note', () => {
    expect(texts([], [contact('ann', 'received'), contact('bob', 'received')])).toEqual([
      '2 new friend requests',
    ]);
  });
});
