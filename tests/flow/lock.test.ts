import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../support/wait.ts';
import { countAtServer } from './at-server.ts';
import { type Friends, makeFriends } from './friends.ts';
import { type Person, personAt, texts } from './person.ts';

const PASSPHRASE = 'seven green umbrellas';
const SENTENCE = 'nobody else may read this';

let friends: Friends;
beforeAll(async () => {
  friends = await makeFriends();
  await friends.ana.page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await friends.ana.send(SENTENCE);
  await friends.ben.sees(SENTENCE);
});
afterAll(() => friends?.close());

async function openLockSettings({ page }: Person): Promise<void> {
  await page.getByRole('navigation', { name: 'Main' }).getByText('Settings').click();
  await page.getByRole('button', { name: /^App lock/ }).click();
}

async function unlock(page: Page, passphrase = PASSPHRASE): Promise<void> {
  await page.getByLabel('Passphrase', { exact: true }).fill(passphrase);
  await page.getByRole('button', { name: 'Unlock', exact: true }).click();
}

const isLocked = (page: Page) => page.getByRole('heading', { name: 'NexChat is locked' }).waitFor();
const isOpen = (page: Page) => page.getByRole('navigation', { name: 'Main' }).waitFor();

async function openTab(): Promise<Person> {
  const page = await friends.ana.browser.context.newPage();
  await page.goto(friends.url);
  return personAt(friends.ana.browser, page);
}

/** Runs in the page: whether any key that can be used, or `text`, lies in IndexedDB. */
async function search(text: string): Promise<{ keys: number; found: boolean; lock: boolean }> {
  const settled = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.addEventListener('success', () => resolve(request.result));
      request.addEventListener('error', () => reject(request.error ?? new Error('IndexedDB failed')));
    });
  let keys = 0;
  let found = false;
  let lock = false;
  const look = (value: unknown): void => {
    if (value instanceof CryptoKey) keys++;
    else if (typeof value === 'string') {
      found ||= value.includes(text);
      lock ||= value === 'lock';
    } else if (ArrayBuffer.isView(value)) found ||= new TextDecoder('latin1').decode(value).includes(text);
    else if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) look(part);
  };
  for (const { name } of await indexedDB.databases()) {
    const db = await settled(indexedDB.open(name ?? ''));
    for (const table of db.objectStoreNames)
      for (const row of await settled(db.transaction(table).objectStore(table).getAll())) look(row);
    db.close();
  }
  return { keys, found, lock };
}

test('with the lock on, a device that was closed holds no key and opens with the passphrase alone', async () => {
  const { ana } = friends;
  const { page } = ana;
  expect((await page.evaluate(search, SENTENCE)).keys).toBeGreaterThan(0);
  await openLockSettings(ana);
  await page.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE);
  await page.getByLabel('Repeat the passphrase').fill(PASSPHRASE);
  await page.getByRole('button', { name: 'Turn on the lock' }).click();
  await page.getByRole('button', { name: 'Lock now' }).waitFor();
  expect(await page.evaluate(search, SENTENCE)).toEqual({ keys: 0, found: false, lock: true });

  await page.reload();
  await isLocked(page);
  expect(await page.evaluate(search, SENTENCE)).toEqual({ keys: 0, found: false, lock: true });
  expect(await page.getByText(SENTENCE).count()).toBe(0);
  await unlock(page, 'seven green hats');
  await page.getByText('That passphrase is not right.').waitFor();
  await unlock(page);
  await isOpen(page);
  await ana.openChat('ben');
  await ana.sees(SENTENCE, 'seen');
});

test('all tabs of a browser lock and unlock together, and a new one beside an unlocked one is open', async () => {
  const { ana } = friends;
  const second = await openTab();
  await isOpen(second.page);
  await second.openChat('ben');
  await second.page.getByLabel('Message', { exact: true }).fill('half a th');
  await openLockSettings(ana);
  await ana.page.getByRole('button', { name: 'Lock now' }).click();
  await Promise.all([isLocked(ana.page), isLocked(second.page)]);
  expect(await second.page.getByText(SENTENCE).count()).toBe(0);

  await unlock(second.page);
  await Promise.all([isOpen(ana.page), isOpen(second.page)]);
  // The conversation that was open, and what was being written in it.
  expect(await second.page.getByLabel('Message', { exact: true }).inputValue()).toBe('half a th');
  await second.page.getByLabel('Message', { exact: true }).fill('');
  await second.page.close();
});

test('a tab in which nobody does anything for five minutes locks all of them', async () => {
  const { ana, url } = friends;
  const page = await ana.browser.context.newPage();
  await page.clock.install();
  await page.goto(url);
  await isOpen(page);
  await page.clock.fastForward('04:50');
  await page.mouse.move(10, 10);
  await page.mouse.move(50, 50);
  await page.clock.fastForward('04:50');
  await isOpen(page);
  await page.clock.fastForward('00:15');
  await Promise.all([isLocked(page), isLocked(ana.page)]);
  await page.close();
  await unlock(ana.page);
  await isOpen(ana.page);
});

test('while it is locked the background leaves what waits alone, and it is sent after unlocking', async () => {
  const { ana, ben, url, proxy, server } = friends;
  const { context } = ana.browser;
  await ana.openChat('ben');
  await context.setOffline(true);
  proxy.cut();
  await proxy.refuse();
  await ana.send('written before the lock');
  await ana.sees('written before the lock', 'queued');
  const before = countAtServer(server.dataDir, 'ana', 'ben');
  await openLockSettings(ana);
  await ana.page.getByRole('button', { name: 'Lock now' }).click();
  await isLocked(ana.page);
  await proxy.accept();
  await context.setOffline(false);

  const devtools = await context.newCDPSession(ana.page);
  const registrations: string[] = [];
  devtools.on('ServiceWorker.workerRegistrationUpdated', (event) => {
    registrations.push(...event.registrations.map(({ registrationId }) => registrationId));
  });
  const failures: string[] = [];
  devtools.on('ServiceWorker.workerErrorReported', ({ errorMessage }) => {
    failures.push(errorMessage.errorMessage);
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
  await ana.page.waitForTimeout(1_500);
  expect(countAtServer(server.dataDir, 'ana', 'ben')).toBe(before);
  expect([...failures, ...ana.browser.faults()]).toEqual([]);

  await unlock(ana.page);
  await isOpen(ana.page);
  await ben.sees('written before the lock');
  expect(texts(await ben.readAll())).toEqual([SENTENCE, 'written before the lock']);
});

test('the authenticator of a device opens it beside the passphrase', async () => {
  const { ana } = friends;
  const devtools = await ana.browser.context.newCDPSession(ana.page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      hasPrf: true,
    },
  });
  // The app looks once what a browser can.
  await ana.page.reload();
  await isLocked(ana.page);
  await unlock(ana.page);
  await isOpen(ana.page);
  await openLockSettings(ana);
  await ana.page.getByRole('button', { name: 'Add', exact: true }).click();
  await ana.page.getByText('of this device unlocks NexChat, too').waitFor();
  await ana.page.reload();
  await isLocked(ana.page);
  await ana.page.getByRole('button', { name: 'Use fingerprint, face or PIN' }).click();
  await isOpen(ana.page);
});

test('a locked device can be erased at once, also without a network', async () => {
  const { ana, proxy } = friends;
  const { page } = ana;
  await page.reload();
  await isLocked(page);
  await ana.browser.context.setOffline(true);
  proxy.cut();
  await proxy.refuse();
  await page.getByRole('button', { name: 'Erase this device' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Erase everything' }).click();
  await page.getByRole('tab', { name: 'Sign in' }).waitFor();
  const left = await until(
    async () => {
      const found = await page.evaluate(async () => ({
        databases: (await indexedDB.databases()).map(({ name }) => name),
        caches: await caches.keys(),
        kept: Object.keys(localStorage),
        workers: (await navigator.serviceWorker.getRegistrations()).length,
      }));
      return found.workers === 0 ? found : null;
    },
    { within: 10_000, for: 'everything to be gone' },
  );
  // What is kept says that a session is still to be ended at the server, and not whose.
  expect(left).toEqual({ databases: [], caches: [], kept: ['nexchat-log-out-owed'], workers: 0 });
});
