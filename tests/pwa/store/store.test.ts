import { afterAll, beforeAll, describe, test } from 'vitest';
import { CLIENT_STORE_CASES } from '#tests/contracts/client-store.ts';
import { type BrowserSuite, openBrowserSuite } from '#tests/support/browser-suite.ts';
import type { Page } from 'playwright-core';
import { LOCAL_STORE_CASES } from './cases/all.ts';
import type { Suite } from './suite.ts';

declare const suite: Suite;

let browser: BrowserSuite;
let page: Page;
beforeAll(async () => {
  browser = await openBrowserSuite(new URL('suite.ts', import.meta.url));
  page = await browser.tab();
});
afterAll(() => browser?.close());

describe('client store: Dexie in Chromium', () => {
  test.each(CLIENT_STORE_CASES.map(({ title }) => title))('%s', (title) =>
    page.evaluate((name) => suite.run(name), title),
  );
});

describe('local store', () => {
  test.each(LOCAL_STORE_CASES.map(({ title }) => title))('%s', (title) =>
    page.evaluate((name) => suite.run(name), title),
  );
});
