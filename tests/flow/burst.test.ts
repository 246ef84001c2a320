import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { type Proxy, createProxy } from '../support/proxy.ts';
import { type TestServer, startServer } from '../support/server.ts';
import { until } from '../support/wait.ts';
import { type Person, openPerson, texts } from './person.ts';

/** Messages that each of the two writes during the outage; more than a screenful together. */
const EACH = 12;

let server: TestServer;
let proxy: Proxy;
let ana: Person;
let ben: Person;

beforeAll(async () => {
  const port = await freePort();
  proxy = await createProxy(port);
  const url = `http://localhost:${proxy.port}`;
  server = await startServer({ port, origins: [url] });
  [ana, ben] = [await openPerson(url), await openPerson(url)];
});
afterAll(async () => {
  for (const person of [ana, ben]) await person.browser.close();
  await proxy.close();
  await server.close();
});

test('after an outage both queues interleave, and both people are at the end with nothing unread', async () => {
  await ana.register('ana');
  await ben.register('ben');
  await ana.addFriend('ben');
  await ben.acceptFriend('ana');
  await ana.openChat('ben');
  await ben.openChat('ana');
  await ana.send('before');
  await ben.sees('before');

  proxy.cut();
  await proxy.refuse();
  for (let i = 0; i < EACH; i++) await Promise.all([ana.send(`ana ${i}`), ben.send(`ben ${i}`)]);
  await proxy.accept();

  for (const { page } of [ana, ben]) {
    await page.bringToFront();
    await until(
      async () => {
        const state = await page.evaluate(() => {
          const log = document.querySelector('.timeline');
          return {
            fromEnd: log === null ? null : Math.round(log.scrollHeight - log.clientHeight - log.scrollTop),
            lastRow: Number(
              [...document.querySelectorAll<HTMLElement>('.timeline-row')].at(-1)?.dataset['index'],
            ),
            queued: document.querySelectorAll('.timeline [data-tick=queued]').length,
            unread: document.querySelector('.item-badge')?.textContent ?? null,
            pill: document.querySelector('.to-end')?.textContent ?? null,
          };
        });
        const done = { fromEnd: 0, lastRow: 2 * EACH, queued: 0, unread: null, pill: null };
        if (JSON.stringify(state) === JSON.stringify(done)) return true;
        throw new Error(JSON.stringify(state));
      },
      { within: 30_000, for: 'the end of the conversation, with nothing unread' },
    );
  }
  const all = texts(await ana.readAll());
  expect(all).toHaveLength(1 + 2 * EACH);
  expect(texts(await ben.readAll())).toEqual(all);
});
