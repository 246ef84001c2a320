import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../support/wait.ts';
import { countAtServer } from './at-server.ts';
import { type Friends, makeFriends } from './friends.ts';
import { PASSWORD, texts } from './person.ts';

let friends: Friends;
beforeAll(async () => {
  friends = await makeFriends();
});
afterAll(() => friends?.close());

const FULL = 'The storage is full. Free some space and try again.';
const EVICTED = 'Your browser has erased what NexChat kept on this device, to save space. Sign in again';

/** A page of the app's own origin in which the app does not run. */
const beside = (url: string) => `${url}/favicon.svg`;

test('a person whose database the browser has thrown away is told so at the door, and gets their messages back', async () => {
  const { ana, ben, url } = friends;
  await ana.send('before the fire');
  await ben.send('noted');
  await ana.sees('noted');
  await ana.page.goto(beside(url));
  await ana.page.evaluate(async () => {
    for (const { name } of await indexedDB.databases()) {
      await new Promise<void>((resolve, reject) => {
        const gone = indexedDB.deleteDatabase(name ?? '');
        gone.addEventListener('success', () => resolve());
        gone.addEventListener('error', () => reject(gone.error ?? new Error('not deleted')));
      });
    }
  });
  await ana.page.goto(url);
  await ana.page.getByRole('tabpanel').getByText(EVICTED).waitFor();
  await ana.signIn('ana', PASSWORD);
  await ana.openChat('ben');
  await ana.sees('noted');
  expect(texts(await ana.readAll())).toEqual(['before the fire', 'noted']);
});

test('C6: a full device says so, loses nothing, and goes on when there is room', async () => {
  const { ana, ben, server, url } = friends;
  const devtools = await ana.browser.context.newCDPSession(ana.page);
  // Chromium remembers how much space it has granted to a database that is open, or was a moment ago.
  await ana.page.goto(beside(url));
  await ana.page.waitForTimeout(3_000);
  const { usage } = await devtools.send('Storage.getUsageAndQuota', { origin: url });
  await devtools.send('Storage.overrideQuotaForOrigin', { origin: url, quotaSize: usage + 1_000_000 });
  await ana.page.evaluate(fillUp, 100_000);
  await ana.page.goto(url);
  await ana.openChat('ben');

  // What can't be kept is not taken: the text stays where it was written.
  const composer = ana.page.getByLabel('Message', { exact: true });
  const long = 'x'.repeat(9_000);
  let taken = 0;
  for (; taken < 40; taken++) {
    const text = `${taken} ${long}`;
    await composer.fill(text);
    await composer.press('Enter');
    // The field is empty from then on, and has its text again if that can't be kept.
    const answer = await until(
      async () => {
        if (await ana.page.evaluate(isKept, `${taken} `)) return 'taken';
        const isFull = (await ana.page.getByText(FULL).count()) > 0;
        return isFull && (await composer.inputValue()) === text ? 'full' : null;
      },
      { within: 5_000, for: 'the message to be taken or not' },
    );
    if (answer === 'full') break;
  }
  expect(taken).toBeLessThan(40);

  await ben.send('can you hear me', 'hello?');
  await ben.page.waitForTimeout(1_000);
  await ana.page.evaluate(() => caches.delete('ballast'));
  await devtools.send('Storage.overrideQuotaForOrigin', { origin: url });

  await ana.sees('hello?');
  await composer.fill('there is room again');
  await composer.press('Enter');
  await ana.sees('there is room again', 'seen');
  await ben.sees('there is room again');
  expect(countAtServer(server.dataDir, 'ana', 'ben')).toBe(2 + taken + 3);
});

/** Runs in the page: whether the newest message begins so, and is on the device and not only on the screen. */
function isKept(beginning: string): boolean {
  const newest = [...document.querySelectorAll('.message')].at(-1);
  const tick = newest?.querySelector('.tick')?.getAttribute('data-tick') ?? 'writing';
  return newest?.querySelector('.text')?.textContent.startsWith(beginning) === true && tick !== 'writing';
}

/** Runs in the page: leaves less than `left` bytes to this origin, with things that can be thrown away again. */
async function fillUp(left: number): Promise<void> {
  const cache = await caches.open('ballast');
  for (let size = left * 8; size >= left / 2;) {
    try {
      await cache.put(`/ballast/${crypto.randomUUID()}`, new Response(new Uint8Array(size)));
    } catch {
      size = Math.floor(size / 2);
    }
  }
}
