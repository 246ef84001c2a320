import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SEEDED, seed } from '../support/seed.ts';
import { type TestServer, startServer } from '../support/server.ts';
import { until } from '../support/wait.ts';
import { type Person, openPerson } from './person.ts';

const MESSAGES = 3_000;
const PASSPHRASE = 'seven green umbrellas';

let server: TestServer;
let bob: Person;
let alice: Person;
beforeAll(async () => {
  server = await startServer({ env: { NEXCHAT_FRAMES_PER_SECOND: '100000' } });
  await seed({ url: server.url, messages: MESSAGES });
  bob = await openPerson(server.url);
  alice = await openPerson(server.url);
  await bob.signIn('bob', SEEDED.password);
  await alice.signIn('alice', SEEDED.password);
  await bob.page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await bob.openChat('alice');
  await bob.sees('That was the last one. Write back!');
  // A new device is given the newest messages and fetches the others as they are read.
  await fetchAll(bob.page);
});
afterAll(async () => {
  await bob?.browser.close();
  await alice?.browser.close();
  await server?.close();
});

const field = () => bob.page.getByRole('searchbox', { name: 'Search messages' });
const hits = () => bob.page.locator('.hit');
const marked = () => bob.page.locator('[data-goal=true] .text');

/** Keys are heard from a moment after the first paint on. */
async function lookFor(page: Page): Promise<void> {
  await until(
    async () => {
      await page.keyboard.press('Control+k');
      return field().evaluate((element) => element === document.activeElement);
    },
    { within: 10_000, every: 100, for: 'the search field to have the focus' },
  );
}

/** Reads the conversation to its beginning, so that all of it is on this device. */
async function fetchAll(page: Page): Promise<void> {
  const log = page.getByRole('log', { name: /^Messages with/ });
  await until(
    async () => {
      await log.evaluate((element) => (element.scrollTop = 0));
      const first = await page.locator('.timeline-row[data-index="0"] .day').count();
      return first > 0;
    },
    { within: 60_000, every: 50, for: 'the whole conversation' },
  );
}

test('an old message is found offline after a reload, and Enter leads to it', async () => {
  const { page, browser } = bob;
  await browser.context.setOffline(true);
  await page.reload();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  await lookFor(page);
  await page.keyboard.type('onions coun');
  await page.getByText('Still reading').waitFor({ state: 'detached', timeout: 30_000 });
  await hits().first().waitFor();
  expect(await hits().first().locator('mark').allTextContents()).toEqual(['onions', 'coun']);

  await field().fill('שלום');
  await hits().filter({ hasText: 'שלום! Left to right' }).first().waitFor();
  await field().fill('NIGHT 58');
  const old = hits().filter({ hasText: /\(58\)/u });
  await old.waitFor();
  await old.click();
  await marked().filter({ hasText: '(58)' }).waitFor();
  await bob.picture('search');
});

test('who reads far back stays there while messages come in, and comes to the newest by the button', async () => {
  const { page, browser } = bob;
  await browser.context.setOffline(false);
  await alice.openChat('bob');
  await alice.send('written while bob reads old things');
  const pill = page.locator('.to-end');
  await page.getByRole('button', { name: /new message/ }).waitFor({ timeout: 30_000 });
  expect(await page.locator('.bubble', { hasText: '(58)' }).count()).toBe(1);
  expect(await page.locator('.bubble', { hasText: 'written while bob reads' }).count()).toBe(0);
  await pill.click();
  await bob.sees('written while bob reads old things');
  await pill.waitFor({ state: 'detached' });
  await alice.send('and followed');
  await bob.sees('and followed');
});

test('what comes in is found at once, and the open conversation is searched from hit to hit', async () => {
  const { page } = bob;
  await alice.send('Ein Stück Käsekuchen');
  await bob.sees('Ein Stück Käsekuchen');
  await field().fill('stuck kasek');
  await hits().filter({ hasText: 'Käsekuchen' }).waitFor();
  await page.getByRole('button', { name: 'Conversation menu' }).click();
  await page.getByRole('menuitem', { name: 'Search here' }).click();
  await page.keyboard.type('grandf');
  const count = page.locator('.find-count');
  await count.filter({ hasText: '1 of 273' }).waitFor();
  await page.keyboard.press('Shift+Enter');
  await count.filter({ hasText: '273 of 273' }).waitFor();
  await marked()
    .filter({ hasText: /grandfather .* \(5\)$/u })
    .waitFor();
  await page.keyboard.press('Escape');
  await page.locator('.find').waitFor({ state: 'detached' });
});

test('a locked app has forgotten what was looked for, and nothing of it was stored', async () => {
  const { page } = bob;
  await page.getByRole('navigation', { name: 'Main' }).getByText('Settings').click();
  await page.getByRole('button', { name: /^App lock/ }).click();
  await page.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE);
  await page.getByLabel('Repeat the passphrase').fill(PASSPHRASE);
  await page.getByRole('button', { name: 'Turn on the lock' }).click();
  await page.getByRole('button', { name: 'Lock now' }).waitFor();
  await page.keyboard.press('Control+k');
  await field().fill('kasekuchen');
  await hits().first().waitFor();
  expect(new URL(page.url()).pathname).toBe('/search');
  await page.getByRole('navigation', { name: 'Main' }).getByText('Settings').click();
  await page.getByRole('button', { name: /^App lock/ }).click();
  await page.getByRole('button', { name: 'Lock now' }).click();
  await page.getByRole('heading', { name: 'NexChat is locked' }).waitFor();
  expect(await page.getByText('Käsekuchen').count()).toBe(0);
  expect(await storedText(page)).not.toMatch(/k[äa]sekuchen/iu);
  await page.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE);
  await page.getByRole('button', { name: 'Unlock', exact: true }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByText('Search all messages').waitFor();
  expect(await field().inputValue()).toBe('');
  await field().fill('kasekuchen');
  await hits().first().waitFor();
  expect(bob.browser.faults()).toEqual([]);
});

/** Everything that this site keeps in the browser, as far as it can be read as text. */
function storedText(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const settled = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.addEventListener('success', () => resolve(request.result));
        request.addEventListener('error', () => reject(request.error ?? new Error('IndexedDB failed')));
      });
    const texts = [localStorage, sessionStorage].map((storage) => JSON.stringify(Object.entries(storage)));
    for (const { name } of await indexedDB.databases()) {
      const db = await settled(indexedDB.open(name ?? ''));
      for (const table of db.objectStoreNames) {
        const rows = await settled(db.transaction(table).objectStore(table).getAll());
        texts.push(
          JSON.stringify(rows, (_, part: unknown) =>
            part instanceof Uint8Array ? new TextDecoder('latin1').decode(part) : part,
          ),
        );
      }
      db.close();
    }
    return texts.join('\n');
  });
}

/** Asks for the first message since a day on which there was nobody here yet. */
async function jumpToTheBeginning(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Conversation menu' }).click();
  await page.getByRole('menuitem', { name: 'Jump to date' }).click();
  await page.getByLabel('Date', { exact: true }).fill('2020-01-01');
  await page.getByRole('button', { name: 'Jump', exact: true }).click();
}

test('C16: a day of long ago is fetched for whoever goes there, and said to be missing without a network', async () => {
  const { page, browser } = alice;
  await alice.openChat('bob');
  await browser.context.setOffline(true);
  await until(async () => (await alice.status()).startsWith('You are offline'), { within: 10_000 });
  await jumpToTheBeginning(page);
  await page.getByText('Messages of that day are not on this device.').first().waitFor();
  expect(await page.getByText('(1)', { exact: false }).count()).toBe(0);
  await browser.context.setOffline(false);
  await until(async () => !(await alice.status()).startsWith('You are offline'), { within: 20_000 });
  await jumpToTheBeginning(page);
  await page.locator('[data-goal=true] .text', { hasText: /\(1\)$/u }).waitFor();
});

test('an export fetches first what this device lacks', async () => {
  const { page } = alice;
  await page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('button', { name: /^Your data/ }).click();
  await page.getByLabel('Passphrase for the file').fill(PASSPHRASE);
  const [download] = await Promise.all([
    page.waitForEvent('download', { timeout: 60_000 }),
    page.getByRole('button', { name: 'Export', exact: true }).click(),
  ]);
  await page.getByText('The file is ready. Your browser saves it.').first().waitFor();
  await page.getByLabel('Exported file').setInputFiles(await download.path());
  await page.getByLabel('Passphrase of the file').fill(PASSPHRASE);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  // Three were written above.
  await page
    .getByText(`${(MESSAGES + 3).toLocaleString('en')} messages`)
    .first()
    .waitFor();
});
