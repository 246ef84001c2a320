import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openBrowser } from '../support/browser.ts';
import type { Browser } from '../support/browser.ts';
import { startServer } from '../support/server.ts';
import type { TestServer } from '../support/server.ts';

const SCRIPT = '**/assets/index-*.js';
const OPENED = { timeout: 15_000 };

let server: TestServer;
let browser: Browser | null = null;

beforeAll(async () => {
  server = await startServer();
});
afterEach(async () => {
  await browser?.close();
  browser = null;
});
afterAll(async () => {
  await server?.close();
});

/** Opens the app while its script is held back until `release`. */
async function meet(locale: string, path = '/') {
  browser = await openBrowser({ locale, width: 390, height: 844 });
  const { page } = browser;
  let release = () => undefined as void;
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(SCRIPT, async (route) => {
    await released;
    await route.continue();
  });
  await page.goto(server.url + path, { waitUntil: 'commit' });
  return { browser, page, release: () => release() };
}

test('the door is read before the script has come, and comes to life without being drawn again', async () => {
  const { page, release, ...opened } = await meet('en-GB', '/people');
  const door = page.locator('#app .door');
  await door.waitFor();
  expect(await door.innerText()).toContain('End-to-end encrypted.');
  expect(await page.locator('#app').getAttribute('inert')).toBe('');
  expect(await page.getByLabel('Username').count()).toBe(1);
  await door.evaluate((element) => Object.assign(element, { before: true }));
  release();
  await page.locator('#app:not([inert])').waitFor(OPENED);
  expect(await door.evaluate((element) => 'before' in element)).toBe(true);
  expect(await page.locator('.door').count()).toBe(1);

  await page.getByLabel('Username').fill('anna');
  await page.getByRole('tab', { name: 'Create account' }).click();
  const hint = page.getByText('3 to 32', { exact: false }).first();
  await hint.waitFor();
  expect(await page.getByLabel('Username').inputValue()).toBe('anna');
  const ids = await page.locator('[id]').evaluateAll((all) => all.map(({ id }) => id));
  expect(new Set(ids).size).toBe(ids.length);
  const named = await page
    .locator('label[for], [aria-labelledby], [aria-controls], [aria-describedby]')
    .evaluateAll((all) =>
      all.flatMap((element) =>
        ['for', 'aria-labelledby', 'aria-controls', 'aria-describedby'].flatMap(
          (name) => element.getAttribute(name)?.split(' ') ?? [],
        ),
      ),
    );
  expect(named.filter((id) => !ids.includes(id))).toEqual([]);
  await page.getByRole('button', { name: 'Show password' }).click();
  expect(opened.browser.faults()).toEqual([]);
});

test('it is in the language of the browser', async () => {
  const { page, release, ...opened } = await meet('de-AT');
  await page.locator('.door').getByText('Ende-zu-Ende-verschlüsselt.', { exact: false }).waitFor();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('de');
  release();
  await page.locator('#app:not([inert])').waitFor(OPENED);
  await page.getByRole('tab', { name: 'Konto erstellen' }).click();
  expect(opened.browser.faults()).toEqual([]);
});

test('and in the language that was chosen, once that is known', async () => {
  const { page, release, ...opened } = await meet('de-AT');
  await page.evaluate(() => localStorage.setItem('nexchat-language', 'en'));
  release();
  await page.locator('#app:not([inert])').waitFor(OPENED);
  await page.getByRole('tab', { name: 'Create account' }).waitFor();
  expect(await page.getByRole('tab').allInnerTexts()).toEqual(['Sign in', 'Create account']);
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('en');
  expect(opened.browser.faults()).toEqual([]);
});

test('without scripts there is no door, but the sentence why', async () => {
  browser = await openBrowser({ locale: 'de-AT' });
  const { context, page } = browser;
  const devtools = await context.newCDPSession(page);
  await devtools.send('Emulation.setScriptExecutionDisabled', { value: true });
  await page.goto(server.url);
  await page.locator('noscript p[lang=de]').waitFor();
  expect(await page.locator('#app').isVisible()).toBe(false);
});
