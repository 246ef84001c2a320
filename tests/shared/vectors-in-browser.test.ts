import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BrowserSuite, openBrowserSuite } from '#tests/support/browser-suite.ts';
import { vectorChecks } from './vector-checks.ts';
import type { Checks } from './vectors.page.ts';

declare const checks: Checks;

let browser: BrowserSuite;
beforeAll(async () => {
  browser = await openBrowserSuite(new URL('vectors.page.ts', import.meta.url));
});
afterAll(() => browser?.close());

test('Chromium agrees with every frozen vector', async () => {
  const page = await browser.tab();
  const results = await page.evaluate(() => checks.run());
  expect(results).toEqual(vectorChecks.map(({ name }) => ({ name, failure: null })));
});
