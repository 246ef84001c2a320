import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type BrowserSuite, openBrowserSuite } from '#tests/support/browser-suite.ts';
import type { LockSuite } from './lock-suite.ts';

declare const suite: LockSuite;

const WRITTEN = ['the sentence behind the lock', 'the sentence behind the lock'];
let browser: BrowserSuite;
beforeAll(async () => {
  browser = await openBrowserSuite(new URL('lock-suite.ts', import.meta.url));
});
afterAll(() => browser?.close());
afterEach(async () => {
  for (const page of browser.context.pages()) await page.close();
  // The browser must not end with its last page.
}, 10_000);

/** An authenticator belongs to a name, never to an address in figures. */
async function openTab(): Promise<Page> {
  const page = await browser.context.newPage();
  await page.goto(browser.origin.replace('127.0.0.1', 'localhost'));
  await page.waitForFunction(() => 'suiteReady' in globalThis);
  return page;
}

async function reloaded(page: Page): Promise<Page> {
  await page.reload();
  await page.waitForFunction(() => 'suiteReady' in globalThis);
  return page;
}

test('a locked device holds no key, and the passphrase brings everything back', async () => {
  const page = await openTab();
  const user = await page.evaluate(() => suite.begin());
  expect((await page.evaluate((id) => suite.searchStored(id), user)).keys).toBeGreaterThan(3);
  expect(await page.evaluate(() => suite.lock())).toBeNull();
  // Whoever has it open goes on.
  expect(await page.evaluate(() => suite.texts())).toEqual(WRITTEN);
  const stored = await page.evaluate((id) => suite.searchStored(id), user);
  expect(stored).toEqual({ keys: 0, found: 0, control: true });

  await reloaded(page);
  expect(await page.evaluate(() => suite.start())).toBe('locked');
  expect(await page.evaluate(() => suite.shown())).toEqual({ minutes: 5, hasKey: false });
  expect(await page.evaluate(() => suite.unlock('four walls and a window'))).toBe(
    'BAD_CREDENTIALS passphrase',
  );
  expect(await page.evaluate(() => suite.unlock())).toBeNull();
  expect(await page.evaluate(() => suite.texts())).toEqual(WRITTEN);
  expect(await page.evaluate((id) => suite.searchStored(id), user)).toMatchObject({ keys: 0, found: 0 });
});

test('a lock can be changed, not set twice, and taken off with its passphrase', async () => {
  const page = await openTab();
  const user = await page.evaluate(() => suite.begin());
  await page.evaluate(() => suite.lock());
  expect(await page.evaluate(() => suite.lock())).toBe('CONFLICT lock');
  expect(await page.evaluate(() => suite.setMinutes(30))).toBe(30);
  expect(await page.evaluate(() => suite.shown())).toEqual({ minutes: 30, hasKey: false });
  expect(await page.evaluate(() => suite.disable('not this one'))).toBe('BAD_CREDENTIALS passphrase');
  expect((await page.evaluate((id) => suite.searchStored(id), user)).keys).toBe(0);
  expect(await page.evaluate(() => suite.disable())).toBeNull();
  expect(await page.evaluate(() => suite.shown())).toBeUndefined();
  await reloaded(page);
  expect(await page.evaluate(() => suite.start())).toBe('open');
  expect(await page.evaluate(() => suite.texts())).toEqual(WRITTEN);
});

test('wrong passphrases cost more and more time, also over a restart', async () => {
  const page = await openTab();
  await page.evaluate(() => suite.begin());
  await page.evaluate(() => suite.lock());
  await reloaded(page);
  const at = (now: number, passphrase?: string) =>
    page.evaluate(([time, typed]) => suite.unlock(typed, time), [now, passphrase] as const);
  const wrong = 'BAD_CREDENTIALS passphrase';
  let now = Date.now();
  for (let tries = 0; tries < 3; tries++) expect(await at(now, 'guess')).toBe(wrong);
  expect(await at(now + 1_000, 'guess')).toBe('RATE_LIMITED 4');
  await reloaded(page);
  // Not even the right one.
  expect(await at(now + 4_999)).toBe('RATE_LIMITED 1');
  now += 5_000;
  expect(await at(now, 'guess')).toBe(wrong);
  expect(await at(now + 9_999, 'guess')).toBe('RATE_LIMITED 1');
  // By a clock that was set back the wait begins anew: it neither wins guesses nor locks anybody out.
  const back = now - 3_600_000;
  expect(await at(back, 'guess')).toBe('RATE_LIMITED 10');
  expect(await at(back - 1_000)).toBe('RATE_LIMITED 10');
  expect(await at(back + 8_999)).toBe('RATE_LIMITED 1');
  expect(await at(back + 9_000)).toBeNull();
  // And a right one clears the account.
  await reloaded(page);
  expect(await at(now, 'guess')).toBe(wrong);
  expect(await at(now)).toBeNull();
});

test('an unlocked tab can hand its keys to another one, usable and not readable', async () => {
  const first = await openTab();
  await first.evaluate(() => suite.begin());
  await first.evaluate(() => suite.lock());
  const second = await openTab();
  expect(await second.evaluate(() => suite.start())).toBe('locked');
  await second.evaluate(() => suite.listen());
  await first.evaluate(() => suite.handOver());
  expect(await second.evaluate(() => suite.takeOver())).toBe(true);
  expect(await second.evaluate(() => suite.texts())).toEqual(WRITTEN);
});

test('keys that are renewed behind a lock are there after the next unlocking, and a damaged keyring changes nothing', async () => {
  const page = await openTab();
  const user = await page.evaluate(() => suite.begin());
  await page.evaluate(() => suite.lock());
  expect(await page.evaluate(() => suite.damagedKeyring())).toBe('KEYRING_DAMAGED');
  await page.evaluate(() => suite.rotate());
  expect((await page.evaluate((id) => suite.searchStored(id), user)).keys).toBe(0);
  await reloaded(page);
  expect(await page.evaluate(() => suite.unlock())).toBeNull();
  expect(await page.evaluate(() => suite.identities())).toBe(2);
  expect(await page.evaluate(() => suite.disable())).toBeNull();
  await reloaded(page);
  expect(await page.evaluate(() => suite.start())).toBe('open');
  expect(await page.evaluate(() => suite.identities())).toBe(2);
});

test('a keyring that comes while the lock is taken off is there afterwards', async () => {
  const page = await openTab();
  for (let tries = 0; tries < 5; tries++) {
    await page.evaluate(() => suite.begin());
    await page.evaluate(() => suite.lock());
    expect(await page.evaluate(() => suite.rotateWhileDisabling())).toBe(2);
    await reloaded(page);
    expect(await page.evaluate(() => suite.start())).toBe('open');
    expect(await page.evaluate(() => suite.identities())).toBe(2);
  }
});

test('a device that was set up before there was a lock says how to get one, and goes on as it is', async () => {
  const page = await openTab();
  const user = await page.evaluate(() => suite.begin());
  await page.evaluate((id) => suite.forgetCopies(id), user);
  await reloaded(page);
  expect(await page.evaluate(() => suite.start())).toBe('open');
  expect(await page.evaluate(() => suite.lock())).toBe('LOCK_UNAVAILABLE');
  await reloaded(page);
  expect(await page.evaluate(() => suite.start())).toBe('open');
  expect(await page.evaluate(() => suite.texts())).toEqual(WRITTEN);
});

test('the account’s password opens a device whose passphrase is forgotten, with everything on it', async () => {
  const page = await openTab();
  await page.evaluate(() => suite.beginAs());
  expect(await page.evaluate(() => suite.lock())).toBeNull();
  expect(await page.evaluate(() => suite.start())).toBe('locked');
  await page.evaluate(() => suite.signInAgain());
  expect(await page.evaluate(() => suite.draft())).toBe(WRITTEN[0]);
  expect(await page.evaluate(() => suite.shown())).toBeUndefined();
  expect(await page.evaluate(() => suite.start())).toBe('open');
  // And it can be locked again.
  expect(await page.evaluate(() => suite.lock())).toBeNull();
});

test('an authenticator of the device opens the lock beside the passphrase', async () => {
  const page = await openTab();
  const devtools = await browser.devtools(page);
  await devtools.send('WebAuthn.enable');
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
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
  const user = await page.evaluate(() => suite.begin());
  expect(await page.evaluate(() => suite.canUseKey())).toBe(true);
  await page.evaluate(() => suite.lock());
  expect(await page.evaluate(() => suite.addKey())).toBeNull();
  expect(await page.evaluate(() => suite.shown())).toEqual({ minutes: 5, hasKey: true });
  expect(await page.evaluate((id) => suite.searchStored(id), user)).toMatchObject({ keys: 0, found: 0 });

  expect(await page.evaluate(() => suite.start())).toBe('locked');
  expect(await page.evaluate(() => suite.unlockWithKey())).toBeNull();
  expect(await page.evaluate(() => suite.texts())).toEqual(WRITTEN);

  // Somebody else's finger.
  expect(await page.evaluate(() => suite.start())).toBe('locked');
  await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
  expect(await page.evaluate(() => suite.unlockWithKey())).toMatch(/^LOCK_KEY_FAILED/);
  expect(await page.evaluate(() => suite.unlock())).toBeNull();
});

test('an authenticator without a PRF is refused, and the lock stays as it was', async () => {
  const page = await openTab();
  const devtools = await browser.devtools(page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      hasPrf: false,
    },
  });
  await page.evaluate(() => suite.begin());
  await page.evaluate(() => suite.lock());
  expect(await page.evaluate(() => suite.addKey())).toMatch(/^LOCK_KEY_FAILED/);
  expect(await page.evaluate(() => suite.shown())).toEqual({ minutes: 5, hasKey: false });
});

test('without its keys a device is nobody’s, and after erasing nothing is left', async () => {
  const page = await openTab();
  const user = await page.evaluate(() => suite.begin());
  await page.evaluate(() => suite.lock());
  await page.evaluate(() => suite.eraseKeys());
  expect(await page.evaluate((id) => suite.searchStored(id), user)).toMatchObject({ keys: 0, found: 0 });
  expect(await page.evaluate(() => suite.start())).toBe('nobody');
  await page.evaluate(() => suite.erase());
  expect(await page.evaluate(() => suite.databases())).toEqual([]);
});
