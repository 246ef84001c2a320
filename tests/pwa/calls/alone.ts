import { fileURLToPath } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';
import { PAGE, bundle } from '#tests/support/browser-suite.ts';
import { openBrowser } from '#tests/support/browser.ts';
import { CALL_ARGS, MADE_UP_MEDIA, makeIsland } from '#tests/support/island.ts';

/** A test module at work in a Chromium that reaches nothing but itself, with a camera and a microphone. */
export interface Alone {
  readonly context: BrowserContext;
  /** Opens a tab in which the module has run; two origins share no storage and no locks. */
  tab(origin?: string): Promise<Page>;
  /** Cuts what connects the browser with itself, or mends it. */
  cut(isCut: boolean): Promise<void>;
  close(): Promise<void>;
}

const ORIGIN = 'http://127.0.0.1';

export async function openAlone(entry: URL): Promise<Alone> {
  const code = await bundle(fileURLToPath(entry));
  const island = await makeIsland();
  const browser = await openBrowser({ island, args: [...CALL_ARGS, ...MADE_UP_MEDIA] }).catch(
    async (error: unknown) => {
      await island.close();
      throw error;
    },
  );
  const { context } = browser;
  // No server is in its network: what it asks for comes over the wire that steers it.
  await context.route('**/*', (route) => {
    const isScript = new URL(route.request().url()).pathname === '/suite.js';
    return route.fulfill({
      contentType: isScript ? 'text/javascript; charset=utf-8' : 'text/html; charset=utf-8',
      body: isScript ? code : PAGE,
    });
  });
  return {
    context,
    async tab(origin = ORIGIN) {
      const page = await context.newPage();
      await page.goto(origin);
      await page.waitForFunction(() => 'suiteReady' in globalThis);
      return page;
    },
    cut: island.cut,
    async close() {
      await browser.close();
      await island.close();
    },
  };
}
