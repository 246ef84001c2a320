import { afterAll, beforeAll, expect, test } from 'vitest';
import { SEEDED, seed } from '../support/seed.ts';
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

async function logOut({ page }: Person): Promise<void> {
  await page.getByRole('navigation', { name: 'Main' }).getByText('Settings').click();
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out and erase' }).click();
  await page.getByRole('tab', { name: 'Sign in' }).waitFor();
}

test('logging out without a network erases the device at once, and the session when the network is back', async () => {
  await ana.register('ana');
  await ana.page.evaluate(async () => void (await navigator.serviceWorker.ready));
  const { context } = ana.browser;
  expect((await context.cookies()).map(({ name }) => name)).toContain('nexchat');

  await server.stop();
  await context.setOffline(true);
  await logOut(ana);
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

test('a tab that starts while another one logs out shows nothing of who was in', async () => {
  await seed({ url: server.url, messages: 3 });
  const bob = await openPerson(server.url);
  try {
    await bob.signIn(SEEDED.users[1], SEEDED.password);
    await bob.page.locator('.conversation-item').first().waitFor();
    const late = await bob.browser.context.newPage();
    await late.addInitScript(() => {
      const { decrypt } = SubtleCrypto.prototype;
      SubtleCrypto.prototype.decrypt = async function (...asked) {
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        return decrypt.apply(this, asked);
      };
      const look = () => {
        if (document.querySelector('.conversation-item') !== null) document.title = 'shown';
      };
      new MutationObserver(look).observe(document, { childList: true, subtree: true });
    });
    await late.goto(server.url);
    // Its database is open by now, and nothing of it is readable yet.
    await late.waitForTimeout(500);
    await logOut(bob);
    await late.getByRole('tab', { name: 'Sign in' }).waitFor();
    expect(await late.title()).toBe('NexChat');
    expect(await late.locator('.conversation-item').count()).toBe(0);
    await late.waitForTimeout(3_500);
    expect(await late.title()).toBe('NexChat');
    expect(await late.getByRole('tab', { name: 'Sign in' }).isVisible()).toBe(true);
  } finally {
    await bob.browser.close();
  }
});
