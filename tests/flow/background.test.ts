import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../support/wait.ts';
import { type Friends, makeFriends } from './friends.ts';
import { personAt, texts } from './person.ts';

let friends: Friends;
beforeAll(async () => {
  friends = await makeFriends();
});
afterAll(() => friends?.close());

const WRITTEN = ['one from the cellar', 'two from the cellar', 'three from the cellar'];

test('C21: what was written offline is sent with every tab closed, once and in order', async () => {
  const { ana, ben, proxy, url } = friends;
  const { context } = ana.browser;
  await ana.send('before');
  await ben.sees('before');
  await ana.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));

  await context.setOffline(true);
  proxy.cut();
  await proxy.refuse();
  await ana.send(...WRITTEN);
  await ana.sees('three from the cellar', 'queued');
  // The browser itself must not be closed with the last tab of the app.
  const blank = await context.newPage();
  await ana.page.close();
  await ben.send('hello down there');

  await proxy.accept();
  await context.setOffline(false);
  // A browser that has met no change of network of its own is told by its DevTools.
  const devtools = await context.newCDPSession(blank);
  const registrations: string[] = [];
  devtools.on('ServiceWorker.workerRegistrationUpdated', (event) => {
    registrations.push(...event.registrations.map(({ registrationId }) => registrationId));
  });
  await devtools.send('ServiceWorker.enable');
  const registrationId = await until(() => registrations.at(-1), {
    within: 5_000,
    for: 'the service worker',
  });
  await devtools.send('ServiceWorker.dispatchSyncEvent', {
    origin: url,
    registrationId,
    tag: 'nexchat-outbox',
    lastChance: false,
  });

  await ben.sees('three from the cellar');
  expect(context.pages().map((page) => page.url())).toEqual(['about:blank']);
  const told = ['before', 'hello down there', ...WRITTEN];
  expect(texts(await ben.readAll())).toEqual(told);

  // What ben wrote meanwhile was fetched too: it is there with no network.
  await until(
    async () => {
      const shown = await ben.readAll();
      return shown.some(({ text, tick }) => text === 'hello down there' && tick === 'delivered');
    },
    { within: 30_000, for: 'ben to see his message delivered' },
  );
  await context.setOffline(true);
  const again = personAt(ana.browser, blank);
  await blank.goto(url);
  await again.openChat('ben');
  const shown = await again.readAll();
  expect(texts(shown)).toEqual(told);
  expect(
    shown.slice(-3).every(({ tick }) => tick === 'sent' || tick === 'delivered' || tick === 'seen'),
  ).toBe(true);

  await context.setOffline(false);
  await again.sees('three from the cellar', 'seen');
  expect(texts(await again.readAll())).toEqual(told);
  expect(texts(await ben.readAll())).toEqual(told);
});
