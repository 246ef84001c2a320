import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { UserId } from '#shared/ids.ts';
import { type BrowserSuite, openBrowserSuite } from '#tests/support/browser-suite.ts';
import type { Suite } from './suite.ts';

declare const suite: Suite;

let browser: BrowserSuite;
beforeAll(async () => {
  browser = await openBrowserSuite(new URL('suite.ts', import.meta.url));
});
afterAll(() => browser?.close());

const state = (tab: Page, peer: UserId) => tab.evaluate((id) => suite.state(id), peer);

test('C6 on a full disk a page is refused whole, and stored when there is space again', async () => {
  const blank = await browser.tab();
  const devtools = await browser.devtools(blank);
  const { origin } = browser;
  const { usage } = await devtools.send('Storage.getUsageAndQuota', { origin });
  // Chromium remembers for a while how much space it has granted, so the limit comes before the database does.
  await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + 1_000_000 });
  const tab = await browser.tab();
  const peer = await tab.evaluate(() => suite.begin());
  await tab.evaluate(() => suite.make(300, 9_000));
  const before = await state(tab, peer);
  expect(await tab.evaluate(() => suite.applyMade())).toBe('STORAGE_FULL');
  expect(await state(tab, peer)).toEqual(before);

  const written = await tab.evaluate((id) => suite.queueUntilFull(id), peer);
  expect(written.code).toBe('STORAGE_FULL');
  expect(await state(tab, peer)).toEqual({ ...before, messages: written.count });

  await devtools.send('Storage.overrideQuotaForOrigin', { origin });
  expect(await tab.evaluate(() => suite.applyMade())).toBeNull();
  expect(await state(tab, peer)).toMatchObject({ messages: 300 + written.count, unread: 300 });
});
