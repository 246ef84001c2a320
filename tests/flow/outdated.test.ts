import type { WebSocketRoute } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeFrame } from '#sync/wire/codec.ts';
import { until } from '../support/wait.ts';
import { type Friends, makeFriends } from './friends.ts';
import { texts } from './person.ts';

let friends: Friends;
beforeAll(async () => {
  friends = await makeFriends();
});
afterAll(() => friends?.close());

test('C12: an app that is too old says so, asks for the new one at once, and keeps what waits', async () => {
  const { ana, ben, proxy } = friends;
  // A server that moves on to a newer protocol: from then on it says goodbye to whatever hello.
  let moved = false;
  let goodbyes = 0;
  const sockets: WebSocketRoute[] = [];
  await ana.browser.context.routeWebSocket(/\/api\/socket$/, (socket) => {
    sockets.push(socket);
    if (!moved) return void socket.connectToServer();
    socket.onMessage(() => {
      goodbyes += 1;
      socket.send(Buffer.from(encodeFrame({ t: 'bye', code: 'UNSUPPORTED_VERSION' })));
    });
  });
  await ana.page.reload();
  await ana.openChat('ben');
  await ana.send('written with the old one');
  await ana.sees('written with the old one', 'seen');
  await ana.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await until(() => proxy.requests('GET /sw.js') > 0, { within: 10_000 });
  await ana.page.waitForTimeout(2_000);

  const before = proxy.requests('GET /sw.js');
  moved = true;
  await sockets.at(-1)?.close();
  await ana.page.getByText('This version of NexChat is too old for the server.').first().waitFor();
  await until(() => proxy.requests('GET /sw.js') > before, {
    within: 5_000,
    for: 'a question for a new service worker',
  });
  await ana.send('kept', 'and kept too');
  await ana.sees('and kept too', 'queued');
  expect(goodbyes).toBe(1);

  // The new version is here.
  moved = false;
  await ana.page.reload();
  await ana.sees('and kept too', 'seen');
  expect(texts(await ben.readAll())).toEqual(['written with the old one', 'kept', 'and kept too']);
});
