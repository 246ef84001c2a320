import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { RunOptions } from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STATES } from '#pwa/dev/states.ts';
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

/** Forms and questions, by the state that they are opened from and what is pressed there. */
const PRESSED: readonly [what: string, state: string, presses: readonly string[]][] = [
  ['door-register', 'door', ['Create account']],
  ['door-recover', 'door', ['Forgot your password?']],
  ['recovery-code-check', 'recovery-code', ['I have written it down']],
  ['recovery-code-skip', 'recovery-code', ['Continue without it']],
  ['locked-wipe', 'locked', ['Erase this device']],
  ['settings-devices-rename', 'settings-devices', ['Rename Safari on iPhone']],
  ['settings-devices-end', 'settings-devices', ['End the sign-in of Safari on iPhone']],
  ['settings-data-delete', 'settings-data', ['Delete account…']],
  ['safety-paste', 'safety', ['Paste a code']],
  ['safety-scan', 'safety', ['Scan their code']],
  ['call-emoji', 'call-live-video', ['Compare these four: 🐙 🚲 🍋 🎩']],
  ['call-devices', 'call-live-video', ['Microphone, camera, speaker']],
  ['settings-calls-test', 'settings-calls', ['Test them']],
  ['conversation-block', 'conversation', ['Conversation menu', 'Block']],
  ['conversation-day', 'conversation', ['Conversation menu', 'Jump to date']],
  ['conversation-report', 'conversation', ['Conversation menu', 'Report']],
];

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
          await show(page, state);
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
          await show(page, state);
          for (const press of presses) await pressed(page, press).click();
          await page.locator('dialog[open], form, .scanner, :popover-open, .call-mirror').first().waitFor();
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
  ])(
    '%s fits on a screen 320 pixels wide, in both directions of writing',
    async (state) => {
      for (const dir of ['ltr', 'rtl']) {
        await show(narrow.page, state, { dir });
        expect(await cutOff(narrow.page), dir).toEqual([]);
      }
    },
    60_000,
  );

  it('the views, with everything they need, keep to their budget', async () => {
    expect(await site.gzipped('.js')).toBeLessThan(94 * 1024);
    expect(await site.gzipped('.css')).toBeLessThan(13 * 1024);
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

async function show(page: Page, state: string, more: Record<string, string> = {}): Promise<void> {
  await page.goto(site.url(state, more));
  // Views come after the first paint, and the status chip only when it is worth showing.
  const { view, hasCall, hasNews } = await page.evaluate(() => {
    const { session, status, shell, account, calls } = window.gallery.models;
    const route = shell.route.value;
    const inside = session.phase.value === 'ready' && account.recoveryCode.value === null;
    const wide = innerWidth >= 720;
    const panels = {
      chats: wide ? '.nothing-open' : '.list-pane',
      search: '.results, .list-pane .pane-scroll > .empty',
      calls: '.panel',
      people: '.panel',
      requests: '.panel',
      settings: wide ? '.section-pane' : '.list-pane',
    };
    const conversation =
      route.panel === 'chats' && route.safety === true
        ? '.safety .qr svg, .safety [role=status]'
        : '.composer, .conversation.nothing-open';
    const detail =
      (route.panel === 'chats' && route.peer !== null && conversation) ||
      (route.panel === 'settings' && route.section !== null && '.section-pane');
    const outside = session.phase.value === 'starting' ? '.splash' : '.door-card';
    return {
      view: inside ? detail || panels[route.panel] : outside,
      hasCall: inside && (calls.current.value ?? calls.incoming.value ?? calls.elsewhere.value) !== null,
      hasNews: inside && (session.needsSignIn.value || status.link.value !== 'live'),
    };
  });
  await page.locator(view).waitFor();
  if (hasCall) await page.locator('.call-screen, .call-bar, .incoming').first().waitFor();
  if (hasNews) await page.locator('.status').waitFor({ timeout: 15_000 });
  await page.evaluate(async () => {
    await document.fonts.ready;
  });
}

/** Looks at what is on the screen in both themes. */
async function examine(page: Page, what: string, name: string): Promise<void> {
  for (const theme of THEMES) {
    await dress(page, theme);
    await page.screenshot({ path: `${PICTURES}${what}-${theme}-${name}.png` });
    expect(await violations(page), `${name}, ${theme}`).toEqual([]);
  }
  expect(await cutOff(page), name).toEqual([]);
}

const pressed = (page: Page, name: string) =>
  page
    .getByRole('button', { name, exact: true })
    .or(page.getByRole('tab', { name, exact: true }))
    .or(page.getByRole('menuitem', { name, exact: true }));

async function dress(page: Page, theme: (typeof THEMES)[number]): Promise<void> {
  await page.evaluate((chosen) => (window.gallery.models.shell.theme.value = chosen), theme);
  await page.locator(`html[data-theme=${theme}]`).waitFor();
}

/** What axe finds wrong, short enough to read. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const results = await page.evaluate((options) => window.axe.run(document, options), {
    resultTypes: ['violations'],
  } satisfies RunOptions);
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}

/** What reaches over the side of the screen. */
function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('button, input, textarea, h1, h2, p')]
      .filter((element) => element.checkVisibility() && element.closest('.visually-hidden, .skip') === null)
      .filter((element) => {
        const { left, right } = element.getBoundingClientRect();
        return left < -0.5 || right > innerWidth + 0.5;
      })
      .map((element) => element.outerHTML.slice(0, 160)),
  );
}
