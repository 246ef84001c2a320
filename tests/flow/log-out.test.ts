import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestServer, startServer } from '../support/server.ts';
import { until } from '../support/wait.ts';
import { type Person, openPerson } from './person.ts';

let server: TestServer;
let ana: Person;

beforeAll(async () => {
  server = await startServer();
  ana = await openPerson(server.url);
});
afterAll(async () => {
  await ana.browser.close();
  await server.close();
});

async function logOut(): Promise<void> {
  await ana.page.getByRole('navigation', { name: 'Main' }).getByText('Settings').click();
  await ana.page.getByRole('button', { name: 'Log out', exact: true }).click();
  await ana.page.getByRole('dialog').getByRole('button', { name: 'Log out and erase' }).click();
  await ana.page.getByRole('tab', { name: 'Sign in' }).waitFor();
}

test('logging out without a network erases the device at once, and the session when the network is back', async () => {
  await ana.register('ana');
  await ana.page.evaluate(async () => void (await navigator.serviceWorker.ready));
  const { context } = ana.browser;
  expect((await context.cookies()).map(({ name }) => name)).toContain('nexchat');

  await server.stop();
  await context.setOffline(true);
  await logOut();
  await until(
    async () => {
      const databases = await ana.page.evaluate(async () => indexedDB.databases());
      return databases.every(({ name }) => name === 'nexchat-device');
    },
    { within: 10_000, for: 'the database to be gone' },
  );

  await server.start();
  await context.setOffline(false);
  await until(async () => (await context.cookies()).length === 0, {
    within: 20_000,
    for: 'the session’s cookie to be gone',
  });
});

test('whoever signs in after that stays signed in', async () => {
  await ana.signIn('ana');
  await ana.page.reload();
  await ana.page.getByRole('navigation', { name: 'Main' }).waitFor();
  await ana.page.waitForTimeout(1000);
  expect((await ana.browser.context.cookies()).map(({ name }) => name)).toContain('nexchat');
  expect(await ana.status()).toBe('');
});
