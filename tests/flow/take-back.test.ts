import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { type Proxy, createProxy } from '../support/proxy.ts';
import { type TestServer, startServer } from '../support/server.ts';
import { type Person, openPerson, texts } from './person.ts';

let server: TestServer;
let proxy: Proxy;
let ana: Person;
let ben: Person;

beforeAll(async () => {
  const port = await freePort();
  proxy = await createProxy(port);
  const url = `http://localhost:${proxy.port}`;
  server = await startServer({ port, origins: [url] });
  ana = await openPerson(url);
  ben = await openPerson(server.url);
  await ana.register('ana');
  await ben.register('ben');
  await ana.addFriend('ben');
  await ben.acceptFriend('ana');
  await ana.openChat('ben');
  await ben.openChat('ana');
  await ana.send('hello');
  await ben.sees('hello');
  await ana.sees('hello', 'seen');
}, 120_000);
afterAll(async () => {
  await ana?.browser.close();
  await ben?.browser.close();
  await proxy?.close();
  await server?.close();
});

const inspect = async (text: string) => {
  await ana.page.locator('.bubble', { hasText: text }).locator('.meta').click();
  return ana.page.getByRole('dialog', { name: 'Message', exact: true });
};

test('a message says when it was written, taken, delivered and seen', async () => {
  const dialog = await inspect('hello');
  await dialog.waitFor();
  const facts = await dialog.locator('dd').allTextContents();
  expect(facts.filter((fact) => /\d\d:\d\d:\d\d/.test(fact)).length).toBe(4);
  await ana.picture('details');
  await dialog.getByRole('button', { name: 'Close' }).click();
  await dialog.waitFor({ state: 'detached' });
});

test('what was never sent is edited and withdrawn, and the friend misses nothing', async () => {
  // No connection gets as far as to carry anything.
  await proxy.refuse();
  proxy.cut();
  await ana.page.locator('.status').waitFor({ timeout: 60_000 });
  await ana.send('first, with a mistake', 'second', 'third');
  const field = ana.page.getByLabel('Message', { exact: true });
  await field.fill('a draft');
  let dialog = await inspect('first, with a mistake');
  await dialog.getByRole('button', { name: 'Edit' }).click();
  const strip = ana.page.locator('.editing');
  await strip.waitFor();
  await field.and(ana.page.locator(':focus')).waitFor();
  expect(await field.inputValue()).toBe('first, with a mistake');
  await ana.picture('editing');
  // Left and come back to, or reloaded: neither the draft nor what was typed is lost, and the message still waits.
  await field.fill('first, half way');
  await ana.page.reload();
  await expect.poll(() => field.inputValue()).toBe('first, half way\na draft');
  await field.fill('a draft');
  await ana.page.locator('.status').waitFor({ timeout: 60_000 });
  dialog = await inspect('first, with a mistake');
  await dialog.getByRole('button', { name: 'Edit' }).click();
  await field.and(ana.page.locator(':focus')).waitFor();
  await field.fill('first');
  await field.press('Enter');
  await strip.waitFor({ state: 'detached' });
  expect(await field.inputValue()).toBe('a draft');
  await ana.page.reload();
  await expect.poll(() => field.inputValue()).toBe('a draft');
  await field.fill('');
  await ana.page.locator('.status').waitFor({ timeout: 60_000 });
  dialog = await inspect('third');
  await dialog.getByRole('button', { name: 'Don’t send' }).click();
  await dialog.waitFor({ state: 'detached' });
  await proxy.accept();
  await ana.sees('first', 'seen');
  await ben.sees('first');
  expect(texts(await ben.readAll())).toEqual(['hello', 'second', 'first']);
  expect(await ben.page.locator('.remark').count()).toBe(0);
});

test('what another app shares becomes the draft of the conversation that is chosen', async () => {
  await ana.page.goto(
    `${new URL(ana.page.url()).origin}/share?title=A%20path&url=https%3A%2F%2Fa.example%2F`,
  );
  await ana.page.getByText('Where to?').waitFor();
  expect(new URL(ana.page.url()).search).toBe('');
  await ana.openChat('ben');
  const field = ana.page.getByLabel('Message', { exact: true });
  await expect.poll(() => field.inputValue()).toBe('A path\nhttps://a.example/');
  await ana.page.reload();
  await expect.poll(() => field.inputValue()).toBe('A path\nhttps://a.example/');
});

test('a recovery code that nobody confirmed is asked for again after a reload', async () => {
  await ben.page.goto(new URL('/', ben.page.url()).href);
  await ben.page.getByText('Keep a copy of your recovery code').waitFor();
  await ben.page.getByRole('button', { name: 'Make a new code' }).click();
  await ben.page.getByText('Nobody has checked that your code was written down').waitFor();
});

test('looks are kept, and hints that were put away do not come again', async () => {
  await ana.page.goto(new URL('/settings', ana.page.url()).href);
  await ana.page.getByLabel('More contrast').check();
  await ana.page.reload();
  await ana.page.locator('html[data-looks~=contrast]').waitFor();
  await ana.page.getByText(/^NexChat uses about/).waitFor();
  await ana.picture('settings-contrast');
});

test('a friend whose account is deleted reads so, and nothing can be written to them', async () => {
  await ben.page.goto(new URL('/settings/data', ben.page.url()).href);
  await proxy.refuse();
  proxy.cut();
  await ana.page.goto(new URL('/', ana.page.url()).href);
  await ana.openChat('ben');
  await ana.page.locator('.status').waitFor({ timeout: 60_000 });
  await ana.page.getByLabel('Message', { exact: true }).fill('are you there');
  await ana.page.getByLabel('Message', { exact: true }).press('Enter');
  await ben.page.getByRole('button', { name: 'Delete account…' }).click();
  const dialog = ben.page.getByRole('dialog');
  await dialog.getByLabel(/^Type ben/).fill('ben');
  await dialog.getByLabel('Password', { exact: true }).fill('a quiet river at night');
  await dialog.getByRole('button', { name: 'Delete for good' }).click();
  await ben.page.getByRole('tab', { name: 'Sign in' }).waitFor({ timeout: 30_000 });
  await proxy.accept();
  await ana.page.locator('.failed', { hasText: 'This account was deleted.' }).waitFor({ timeout: 60_000 });
  await ana.page.locator('.presence', { hasText: 'Account deleted' }).waitFor();
  await ana.picture('gone');
});
