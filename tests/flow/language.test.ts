import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser } from '../support/browser.ts';
import type { Browser } from '../support/browser.ts';
import { startServer } from '../support/server.ts';
import type { TestServer } from '../support/server.ts';
import { PASSWORD, openPerson } from './person.ts';
import type { Person } from './person.ts';

const DRAFT = 'Morgen um zehn an der Mühle?';

let server: TestServer;
let ben: Person;
let browser: Browser;

beforeAll(async () => {
  server = await startServer();
  ben = await openPerson(server.url);
  browser = await openBrowser({ locale: 'de-AT', width: 360, height: 740 });
  await browser.page.goto(server.url);
});
afterAll(async () => {
  await browser?.close();
  await ben?.browser.close();
  await server?.close();
});

test('a browser that asks for German gets German, from the door to a conversation', async () => {
  const { page } = browser;
  await page.getByRole('tab', { name: 'Konto erstellen' }).click();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('de');
  await page.getByLabel('Benutzername').fill('anna');
  await page.getByLabel('Passwort', { exact: true }).fill(PASSWORD);
  await page.getByRole('tabpanel').getByRole('button', { name: 'Konto erstellen' }).click();
  await page.getByRole('group', { name: 'Wiederherstellungscode' }).waitFor({ timeout: 30_000 });
  await page.getByRole('button', { name: 'Ohne ihn weitermachen' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Ohne ihn weitermachen' }).click();

  await ben.register('ben');
  await ben.addFriend('anna');
  await page.getByText('ben möchte mit dir befreundet sein').first().waitFor({ timeout: 30_000 });
  await goTo('Anfragen');
  await page.getByRole('button', { name: 'Anfrage von ben annehmen' }).click();
  await goTo('Chats');
  await page
    .getByRole('region', { name: 'Unterhaltungen' })
    .getByRole('button', { name: /\bben\b/ })
    .click();
  await page.getByRole('log', { name: 'Nachrichten mit ben' }).waitFor();
  expect(browser.faults()).toEqual([]);
});

test('another language is chosen in the settings, and what was typed is still there', async () => {
  const { page } = browser;
  await page.getByLabel('Nachricht', { exact: true }).fill(DRAFT);
  const chat = page.url();
  await goTo('Einstellungen');
  await page.getByLabel('Sprache').selectOption({ label: 'English' });
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('en');

  await page.goto(chat);
  await page.getByRole('log', { name: 'Messages with ben' }).waitFor();
  expect(await page.getByLabel('Message', { exact: true }).inputValue()).toBe(DRAFT);
});

test('the language of the browser is taken again, also without a network', async () => {
  const { page, context } = browser;
  await page.goto(`${server.url}/settings`);
  await page.getByLabel('Language').selectOption({ label: 'System' });
  await page.getByRole('navigation', { name: 'Hauptmenü' }).waitFor();

  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await context.setOffline(true);
  await page.reload();
  await page.getByRole('navigation', { name: 'Hauptmenü' }).waitFor();
  // A phone shows the short form of it.
  await page.getByText('Du bist offline', { exact: true }).first().waitFor({ state: 'attached' });
  expect(browser.faults()).toEqual([]);
});

/** By the tab bar of a phone, which a conversation covers. */
async function goTo(place: 'Chats' | 'Anfragen' | 'Einstellungen'): Promise<void> {
  const button = browser.page
    .getByRole('navigation', { name: 'Hauptmenü' })
    .getByRole('button', { name: place });
  if (!(await button.isVisible())) await browser.page.getByRole('button', { name: 'Zurück' }).click();
  await button.click();
}
