import { expect, test } from 'vitest';
import type { Notice } from '#pwa/notices/decide.ts';
import { type Shows, closeRinging, showNotices, standsAny } from '#pwa/notices/show.ts';

const notice = (tag: string, about: Notice['data']['about']): Notice => ({
  tag,
  title: tag,
  body: '',
  lang: 'en',
  renotify: true,
  silent: false,
  requireInteraction: false,
  actions: [],
  data: { about, path: '/' },
});

/** As Chromium does it: what is asked for while something is being shown makes it forget that. */
function forgetful() {
  const standing = new Map<string, Notification>();
  let showing: string | null = null;
  const registration: Shows = {
    async showNotification(title, { data } = {}) {
      showing = title;
      await Promise.resolve();
      if (showing === title) {
        standing.set(title, { data, close: () => standing.delete(title) } as unknown as Notification);
      }
      showing = null;
    },
    async getNotifications() {
      showing = null;
      return [...standing.values()];
    },
  };
  return { registration, tags: () => [...standing.keys()] };
}

test('nothing is lost that is shown while somebody asks what stands', async () => {
  const { registration, tags } = forgetful();
  const shown = showNotices(registration, [notice('a', 'conversation'), notice('b', 'call')]);
  const asked = Promise.all([standsAny(registration), closeRinging(registration)]);
  await Promise.all([shown, showNotices(registration, [notice('c', 'call')]), asked]);
  expect(await asked).toEqual([true, undefined]);
  expect(tags()).toEqual(['a', 'c']);
});

test('what can’t be shown keeps nothing else from it', async () => {
  const { registration, tags } = forgetful();
  const refuses: Shows = { ...registration, showNotification: () => Promise.reject(new Error('no leave')) };
  const refused = expect(showNotices(refuses, [notice('a', 'conversation')])).rejects.toThrow('no leave');
  await showNotices(registration, [notice('b', 'conversation')]);
  await refused;
  expect(tags()).toEqual(['b']);
});
