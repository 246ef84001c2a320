import { afterEach, expect, test } from 'vitest';
import { type TestServer, startServer } from '../support/server.ts';
import { type Person, openPerson } from './person.ts';

/** What the server has done counts, though nobody heard it say so. */
const ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function come(server: TestServer): Promise<Person> {
  const person = await openPerson(server.url);
  ends.push(() => person.browser.close());
  return person;
}

/** The next answer of this address gets lost on its way. */
const loseAnswer = ({ page }: Person, address: string) =>
  page.evaluate((path) => {
    const truly = window.fetch;
    window.fetch = async (...call) => {
      const answer = await truly(...call);
      if (!answer.url.endsWith(path)) return answer;
      window.fetch = truly;
      throw new TypeError('connection lost');
    };
  }, address);

async function recover({ page }: Person, name: string, code: string, password: string): Promise<void> {
  await page.getByLabel('Username').fill(name);
  await page.locator('input[name=recovery-code]').fill(code);
  await page.locator('input[type=password]').first().fill(password);
  await page.locator('form button[type=submit]').click();
}

async function standAtRecovery({ page }: Person): Promise<void> {
  await page.getByRole('tab', { name: 'Sign in' }).click();
  await page
    .getByRole('button', { name: /forgot/i })
    .first()
    .click();
}

test('a recovery whose answer gets lost still shows the new code, and it is the one that counts', async () => {
  const server = await startServer();
  ends.push(() => server.close());
  const ana = await come(server);
  const code = await ana.register('ana');

  const tablet = await come(server);
  await loseAnswer(tablet, '/api/auth/reset');
  await standAtRecovery(tablet);
  await recover(tablet, 'ana', code, 'another quiet river at noon');
  await tablet.page.locator('form .form-error').waitFor({ timeout: 30_000 });
  await tablet.page.getByRole('button', { name: 'Back to signing in' }).click();
  await tablet.fillIn('Sign in', 'ana', 'another quiet river at noon');
  const next = await tablet.readCode();
  expect(next).not.toBe(code);

  const phone = await come(server);
  await standAtRecovery(phone);
  await recover(phone, 'ana', next, 'a third river in the morning');
  expect(await phone.readCode()).not.toBe(next);
}, 120_000);
