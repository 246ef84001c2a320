import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../support/wait.ts';
import { type Friends, makeFriends } from './friends.ts';
import { texts } from './person.ts';

let friends: Friends;
beforeAll(async () => {
  friends = await makeFriends();
});
afterAll(() => friends?.close());

test('C20: without sockets messages go both ways by exchanges, and the app says that all is well', async () => {
  const { ana, ben, proxy } = friends;
  // Ana goes to where a proxy lets requests through, and no socket.
  proxy.refuseSockets(true);
  proxy.cut();
  await ana.page.reload();
  await ana.openChat('ben');
  await ana.send('zero by letter');
  await ben.sees('zero by letter');
  expect(proxy.refusedSockets()).toBeGreaterThanOrEqual(3);
  const began = performance.now();
  await ana.send('one by letter', 'two by letter');
  await ben.sees('two by letter');
  // What is written does not wait for the next time to ask.
  expect(performance.now() - began).toBeLessThan(5_000);
  // What there is to hear comes with what is said.
  await ben.send('got it');
  await ana.send('three by letter');
  await ben.sees('three by letter');
  await until(async () => (await ana.status()) === '', {
    within: 5_000,
    for: 'no word about the connection',
  });
  const told = ['zero by letter', 'one by letter', 'two by letter', 'got it', 'three by letter'];
  expect(texts(await ana.readAll())).toEqual(told);
  expect(texts(await ben.readAll())).toEqual(told);
});

test('C20: when sockets get through again one is used from the next wake on, at once', async () => {
  const { ana, ben, proxy } = friends;
  proxy.refuseSockets(false);
  await ana.page.evaluate(() => window.dispatchEvent(new Event('online')));
  // Somebody who only exchanges is never shown online.
  await ben.page
    .getByRole('banner')
    .or(ben.page.locator('header'))
    .getByText('Online', { exact: true })
    .first()
    .waitFor({
      timeout: 5_000,
    });
  const began = performance.now();
  await ben.send('quick now');
  await ana.sees('quick now');
  expect(performance.now() - began).toBeLessThan(3_000);
});
