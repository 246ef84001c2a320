import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { RunOptions } from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STATES } from '#pwa/dev/states.ts';
import { OPENED, PRESSED, cutOff, picture, pressed, show } from './views/gallery-pages.ts';
import { tooFaint } from './views/contrast.ts';
import { openGallery } from './views/gallery-site.ts';
import type { GallerySite } from './views/gallery-site.ts';

const PICTURES = fileURLToPath(new URL('../.artifacts/gallery/', import.meta.url));

const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
};
const DESK: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
const NARROW: BrowserContextOptions = {
  viewport: { width: 320, height: 568 },
  isMobile: true,
  hasTouch: true,
};
const THEMES = ['light', 'dark'] as const;
/** All of axe's, and once more what depends on the colours. */
const RULES: Readonly<Record<(typeof THEMES)[number], RunOptions>> = {
  light: {},
  dark: { runOnly: ['color-contrast', 'link-in-text-block'] },
};

/** A page that lives through all tests, with what went wrong on it since it was last asked. */
interface Screen {
  readonly name: string;
  readonly page: Page;
  takeErrors(): string[];
}

let site: GallerySite;
let axe: string;
let phone: Screen;
let desk: Screen;
let narrow: Screen;

beforeAll(async () => {
  axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await mkdir(PICTURES, { recursive: true });
  // A camera and a microphone of the browser's own, which it gives to whoever asks.
  site = await openGallery(['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']);
  [phone, desk, narrow] = await Promise.all([
    open('phone', PHONE),
    open('desk', DESK),
    open('narrow', NARROW),
  ]);
}, 120_000);
afterAll(() => site?.close());

describe('every state of every screen, on phone and desk, light and dark', () => {
  it.each(Object.keys(STATES))(
    '%s has no accessibility violation, no error, nothing cut off',
    async (state) => {
      await Promise.all(
        [phone, desk].map(async ({ name, page, takeErrors }) => {
          await show(page, site.url(state));
          await examine(page, state, name);
          expect(takeErrors(), name).toEqual([]);
        }),
      );
    },
    90_000,
  );
});

describe('what a press opens, on phone and desk, light and dark', () => {
  it.each(PRESSED)(
    '%s has no accessibility violation, no error, nothing cut off',
    async (what, state, presses) => {
      await Promise.all(
        [phone, desk].map(async ({ name, page, takeErrors }) => {
          await show(page, site.url(state));
          for (const press of presses) await pressed(page, press).click();
          await page.locator(OPENED).first().waitFor();
          await examine(page, what, name);
          expect(takeErrors(), name).toEqual([]);
        }),
      );
    },
    90_000,
  );
});

describe('at the edges', () => {
  it.each([
    'door',
    'list',
    'conversation-offline',
    'conversation-changed',
    'conversation-details-unsent',
    'conversation-editing',
    'conversation-editing-empty',
    'conversation-unsent',
    'list-hint-install',
    'list-hint-notices',
    'hostile',
    'conversation-notices',
    'conversation-find',
    'search-results',
    'people',
    'requests',
    'settings',
    'settings-devices',
    'settings-data',
    'recovery-code',
    'locked-key',
    'safety',
    'calls',
    'call-incoming-video',
    'call-preview',
    'call-live-video',
    'call-live-muted',
    'call-ended-failed',
    'call-minimised',
    'conversation-calls',
    'settings-calls',
    'settings-notices-on',
  ])(
    '%s fits on a screen 320 pixels wide, in both directions of writing',
    async (state) => {
      for (const dir of ['ltr', 'rtl']) {
        await show(narrow.page, site.url(state, { dir }));
        expect(await cutOff(narrow.page), dir).toEqual([]);
      }
    },
    60_000,
  );

  it.each(['list', 'search-results'])(
    '%s can be read on the wallpaper',
    async (state) => {
      await show(phone.page, site.url(state));
      const words = phone.page.locator(
        'li:nth-child(-n + 4) :is(.item-name, .item-time, .item-text, .hit-text)',
      );
      expect(await words.count()).toBeGreaterThan(3);
      for (const theme of THEMES) {
        await dress(phone.page, theme);
        expect(await tooFaint(phone.page, words), theme).toEqual([]);
      }
    },
    30_000,
  );

  it('the views, with everything they need, keep to their budget', async () => {
    expect(await site.gzipped('.js')).toBeLessThan(106 * 1024);
    expect(await site.gzipped('.css')).toBeLessThan(14 * 1024);
  });
});

async function open(name: string, options: BrowserContextOptions): Promise<Screen> {
  const page = await site.browser.newPage({ ...options, reducedMotion: 'reduce' });
  let errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (said) => {
    if (said.type() === 'error' || said.type() === 'warning') errors.push(said.text());
  });
  return {
    name,
    page,
    takeErrors() {
      const taken = errors;
      errors = [];
      return taken;
    },
  };
}

/** Looks at what is on the screen in both themes. */
async function examine(page: Page, what: string, name: string): Promise<void> {
  for (const theme of THEMES) {
    await dress(page, theme);
    await picture(page, `${PICTURES}${what}-${theme}-${name}.png`);
    expect(await violations(page, RULES[theme]), `${name}, ${theme}`).toEqual([]);
  }
  expect(await cutOff(page), name).toEqual([]);
}

async function dress(page: Page, theme: (typeof THEMES)[number]): Promise<void> {
  await page.evaluate((chosen) => (window.gallery.models.shell.theme.value = chosen), theme);
  await page.locator(`html[data-theme=${theme}]`).waitFor();
}

/** What axe finds wrong, short enough to read. */
async function violations(page: Page, rules: RunOptions): Promise<string[]> {
  await page.evaluate(axe);
  const results = await page.evaluate((options) => window.axe.run(document, options), {
    ...rules,
    resultTypes: ['violations'],
  } satisfies RunOptions);
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}
