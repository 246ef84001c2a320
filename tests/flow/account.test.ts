import { afterAll, beforeAll, expect, test } from 'vitest';
import { ERRORS } from '#shared/errors.ts';
import { type TestServer, startServer } from '../support/server.ts';
import { until } from '../support/wait.ts';
import { PASSWORD, type Person, openPerson } from './person.ts';

/** What an account survives: a forgotten password, a changed one, another device, new keys. */

let server: TestServer;
let ana: Person;
let ben: Person;
let code: string;

beforeAll(async () => {
  server = await startServer();
  [ana, ben] = await Promise.all([openPerson(server.url), openPerson(server.url)]);
  code = await ana.register('ana');
  await ben.register('ben');
  await ana.addFriend('ben');
  await ben.acceptFriend('ana');
  await ana.openChat('ben');
  await ben.openChat('ana');
  await ana.send('before everything');
  await ben.sees('before everything');
});
afterAll(async () => {
  await ana?.browser.close();
  await ben?.browser.close();
  await server?.close();
});

const settings = async ({ page }: Person, section: string) => {
  await page.goto(`${server.url}/settings/${section}`);
};

test('a friend who was verified on one device is verified on another', async () => {
  const safety = `${new URL(ana.page.url()).pathname}/safety`;
  await ana.page.goto(`${server.url}${safety}`);
  await ana.page.getByRole('button', { name: 'Mark as verified' }).click();
  await ana.page.getByText('You made sure that this is ben.').waitFor();
  const phone = await openPerson(server.url);
  try {
    await phone.signIn('ana');
    await phone.openChat('ben');
    await until(
      async () => {
        await phone.page.goto(`${server.url}${safety}`);
        await phone.page.getByText('You made sure that this is ben.').waitFor({ timeout: 3_000 });
        return true;
      },
      { within: 20_000, for: 'the verification to arrive' },
    );
    // And back again.
    await phone.page.getByRole('button', { name: 'Remove verification' }).click();
    await ana.page.getByRole('button', { name: 'Mark as verified' }).waitFor({ timeout: 20_000 });
  } finally {
    await phone.browser.close();
  }
});

test('a forgotten password is replaced by the recovery code, once, with everything that was there', async () => {
  const device = await openPerson(server.url);
  const fillIn = async (typed: string, password: string) => {
    await device.page.getByLabel('Username').fill('ana');
    await device.page.getByLabel('Recovery code').fill(typed);
    await device.page.getByLabel('New password').fill(password);
    await device.page.getByRole('button', { name: 'Set new password' }).click();
  };
  try {
    await device.page.getByRole('button', { name: 'Forgot your password?' }).click();
    const wrong = code.slice(0, -1) + (code.endsWith('A') ? 'B' : 'A');
    await fillIn(wrong, 'four other words here');
    await device.page.getByText(ERRORS.RECOVERY_INVALID.say).first().waitFor();
    await fillIn(code.toLowerCase().replaceAll('-', ' '), 'four other words here');
    const next = await device.readCode();
    expect(next.replaceAll(/[^0-9A-Z]/g, '')).not.toBe(code.replaceAll(/[^0-9A-Z]/g, ''));
    await device.openChat('ben');
    await device.sees('before everything');
    await device.send('back again');
    await ben.sees('back again');

    const late = await openPerson(server.url);
    await late.page.getByRole('button', { name: 'Forgot your password?' }).click();
    await late.page.getByLabel('Username').fill('ana');
    await late.page.getByLabel('Recovery code').fill(code);
    await late.page.getByLabel('New password').fill('five quite other words here');
    await late.page.getByRole('button', { name: 'Set new password' }).click();
    await late.page.getByText('A code works only once.').first().waitFor();
    await late.browser.close();
  } finally {
    await device.browser.close();
  }
});

test('a device whose session ended comes back with the new password, and loses nothing', async () => {
  await ana.page.goto(server.url);
  await ana.page
    .getByRole('button', { name: /^Sign in again/ })
    .first()
    .click();
  await ana.page.getByLabel('Password', { exact: true }).fill('four other words here');
  await ana.page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click();
  await ana.openChat('ben');
  await ana.sees('back again');
});

test('the password is changed for the one that knows it', async () => {
  await settings(ana, 'password');
  const [current, next] = ['four other words here', PASSWORD];
  await ana.page.getByLabel('Current password', { exact: true }).fill(PASSWORD);
  await ana.page.getByLabel('New password', { exact: true }).fill(next);
  await ana.page.getByRole('button', { name: 'Change password' }).click();
  await ana.page.getByText('The password is wrong.').first().waitFor();
  await ana.page.getByLabel('Current password', { exact: true }).fill(current);
  await ana.page.getByLabel('New password', { exact: true }).fill(next);
  await ana.page.getByRole('button', { name: 'Change password' }).click();
  const device = await openPerson(server.url);
  try {
    await until(
      async () => {
        await device.page.goto(server.url);
        await device.signIn('ana', next);
        return true;
      },
      { within: 40_000, for: 'the new password to be the one' },
    );
    await device.openChat('ben');
    await device.sees('back again');
  } finally {
    await device.browser.close();
  }
});

test('new keys under the same identity: both sides go on, and what was sealed to the old ones still opens', async () => {
  await settings(ana, 'devices');
  await ana.page.getByRole('button', { name: 'Renew keys' }).click();
  await ana.page.getByText('Your keys are new.').first().waitFor();
  await ana.openChat('ben');
  await ana.send('with new keys');
  await ben.sees('with new keys');
  await ben.send('to the new keys');
  await ana.sees('to the new keys');
  expect(await ben.page.locator('.remark').count()).toBe(0);
  const device = await openPerson(server.url);
  try {
    await device.signIn('ana');
    await device.openChat('ben');
    await device.sees('to the new keys');
    const shown = await device.readAll();
    expect(shown.map(({ text }) => text)).toEqual([
      'before everything',
      'back again',
      'with new keys',
      'to the new keys',
    ]);
  } finally {
    await device.browser.close();
  }
});

test('everything can be exported, and read again with the passphrase', async () => {
  const passphrase = 'seven green umbrellas';
  await settings(ana, 'data');
  await ana.page.getByLabel('Passphrase for the file').fill(passphrase);
  const [download] = await Promise.all([
    ana.page.waitForEvent('download'),
    ana.page.getByRole('button', { name: 'Export', exact: true }).click(),
  ]);
  const path = await download.path();
  expect(download.suggestedFilename()).toMatch(/^nexchat-ana-\d{4}-\d\d-\d\d\.nxexport$/);
  await ana.page.getByLabel('Exported file').setInputFiles(path);
  await ana.page.getByLabel('Passphrase of the file').fill('not this one');
  await ana.page.getByRole('button', { name: 'Open', exact: true }).click();
  await ana.page.getByText('This passphrase does not open the file.').first().waitFor();
  await ana.page.getByLabel('Passphrase of the file').fill(passphrase);
  await ana.page.getByRole('button', { name: 'Open', exact: true }).click();
  await ana.page.getByText('Export of ana').first().waitFor();
  await ana.page.getByText('4 messages').first().waitFor();
});

test('an account that is deleted is gone here and at the server, and the friend can still read', async () => {
  await settings(ana, 'data');
  await ana.page.getByRole('button', { name: 'Delete account…' }).click();
  const dialog = ana.page.getByRole('dialog');
  await dialog.getByLabel('Type ana to confirm').fill('ana');
  await dialog.getByLabel('Password', { exact: true }).fill('not the password');
  await dialog.getByRole('button', { name: 'Delete for good' }).click();
  await dialog.getByText('The password is wrong.').first().waitFor();
  await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Delete for good' }).click();
  await ana.page.getByRole('tab', { name: 'Sign in' }).waitFor();
  await ana.fillIn('Sign in', 'ana', PASSWORD);
  await ana.page.getByText(ERRORS.BAD_CREDENTIALS.say).first().waitFor();
  await ana.fillIn('Create account', 'ana', PASSWORD);
  await ana.page.getByText(ERRORS.USERNAME_TAKEN.say).first().waitFor();
  await ben.page.reload();
  await ben.openChat('ana');
  await ben.sees('to the new keys');
});
