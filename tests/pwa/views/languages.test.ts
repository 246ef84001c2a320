import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGLISH, marked } from '#pwa/dev/pseudo.ts';
import { STATES } from '#pwa/dev/states.ts';
import { de } from '#pwa/views/strings/de.ts';
import { OPENED, PRESSED, cutOff, picture, pressed, show } from './gallery-pages.ts';
import { openGallery } from './gallery-site.ts';
import type { GallerySite } from './gallery-site.ts';

const PICTURES = fileURLToPath(new URL('../../.artifacts/languages/', import.meta.url));

const PHONE: BrowserContextOptions = {
  viewport: { width: 360, height: 740 },
  isMobile: true,
  hasTouch: true,
};
const DESK: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };

let site: GallerySite;
/** Right to left, every word of the catalogues marked, dates and numbers in Arabic. */
let pseudo: { readonly phone: Page; readonly desk: Page };
let german: Page;

beforeAll(async () => {
  await mkdir(PICTURES, { recursive: true });
  // A microphone of the browser's own, which it gives to whoever asks.
  site = await openGallery(['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']);
  const newPage = (options: BrowserContextOptions) =>
    site.browser.newPage({ ...options, reducedMotion: 'reduce' });
  pseudo = { phone: await newPage(PHONE), desk: await newPage(DESK) };
  for (const page of Object.values(pseudo)) await page.addInitScript(writeArabic);
  german = await newPage({ ...PHONE, locale: 'de-DE' });
}, 120_000);
afterAll(() => site?.close());

const ALL: readonly (readonly [what: string, state: string, presses: readonly string[]])[] = [
  ...Object.keys(STATES).map((state) => [state, state, []] as const),
  ...PRESSED,
];

describe('every state of every screen, in other languages', () => {
  it.each(ALL)(
    '%s says only what is in the catalogues, isolates what people wrote, turns round with the writing, and fits',
    async (what, state, presses) => {
      const looks = await Promise.allSettled([
        ...Object.entries(pseudo).map(async ([size, page]) => {
          await open(page, site.url(state, { words: 'pseudo' }), presses.map(marked));
          await picture(page, `${PICTURES}${what}-pseudo-${size}.png`);
          expect(await page.title()).toMatch(/^(\(⟦.+⟧\) )?⟦.+⟧$/);
          expect(await unmarked(page), size).toEqual([]);
          expect([...(await cutOff(page)), ...(await clipped(page))], size).toEqual([]);
          expect(await notTurned(page), size).toEqual([]);
        }),
        (async () => {
          await open(german, site.url(state), presses.map(inGerman));
          await picture(german, `${PICTURES}${what}-de.png`);
          expect(await german.evaluate(() => document.documentElement.lang)).toBe('de');
          expect([...(await cutOff(german)), ...(await clipped(german))], 'German').toEqual([]);
        })(),
      ]);
      // Not before every page is at rest: the next state comes onto the same ones.
      expect(looks.flatMap((look) => (look.status === 'rejected' ? [String(look.reason)] : []))).toEqual([]);
    },
    60_000,
  );
});

it('a word of no catalogue, a name that is not kept apart, and an arrow that was not turned are seen', async () => {
  const { phone } = pseudo;
  await open(phone, site.url('list', { words: 'pseudo' }), []);
  await phone.evaluate(() => {
    const element = (name: string, text: string) =>
      Object.assign(document.createElement(name), { textContent: text });
    const line = element('p', 'Hello ');
    line.append(element('bdi', 'mira.okafor'));
    line.title = 'Bye';
    const arrow = element('i', '⟦→⟧');
    arrow.className = 'icon-directional';
    arrow.style.transform = 'none';
    document.body.append(line, element('p', 'mira.okafor'), arrow);
  });
  expect(await unmarked(phone)).toEqual(['Hello ', 'mira.okafor', 'Bye']);
  expect(await notTurned(phone)).toHaveLength(1);
});

async function open(page: Page, url: string, presses: readonly string[]): Promise<void> {
  await show(page, url);
  for (const press of presses) await pressed(page, press).click();
  if (presses.length > 0) await page.locator(OPENED).first().waitFor();
}

/** Runs in the page before everything else: words in dates, and digits, are not Latin then. */
function writeArabic(): void {
  Intl.DateTimeFormat = class extends Intl.DateTimeFormat {
    constructor(_: Intl.LocalesArgument, options?: Intl.DateTimeFormatOptions) {
      super('ar-EG', options);
    }
  } as typeof Intl.DateTimeFormat;
  Intl.NumberFormat = class extends Intl.NumberFormat {
    constructor(_: Intl.LocalesArgument, options?: Intl.NumberFormatOptions) {
      super('ar-EG', options);
    }
  } as typeof Intl.NumberFormat;
}

/** Latin words that came from no catalogue, and that are neither a name nor a text of somebody's, kept apart by bdi or dir. */
function unmarked(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const foreign = (text: string) => /\p{Script=Latin}/u.test(text) && !text.includes('⟦');
    const isolated = 'bdi, .avatar, :not(html)[dir], :not(html)[lang]';
    const texts: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const parent = node.parentElement;
      const text = node.textContent ?? '';
      if (parent === null || !foreign(text) || !parent.checkVisibility()) continue;
      if (parent.closest(isolated) === null && parent.translate) texts.push(text);
    }

    const values = new Set<unknown>();
    JSON.stringify(window.gallery.models, (_, value: unknown) => {
      values.add(value);
      return value instanceof Map || value instanceof Set ? [...value] : value;
    });
    const attributes = ['aria-label', 'aria-description', 'aria-valuetext', 'title', 'placeholder', 'alt'];
    const named = [...document.body.querySelectorAll('*')]
      .filter((element) => element.checkVisibility())
      .flatMap((element) => attributes.map((name) => element.getAttribute(name) ?? ''))
      .filter((text) => foreign(text) && !values.has(text));
    return [...texts, ...named];
  });
}

/** Words of the app that reach out of the box they stand in, or that are cut there. What people wrote and one-line previews may end in dots. */
function clipped(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const boxes = 'button, .card, dialog, header, li, p, h1, h2, label, legend, dt, dd, nav, main';
    const found: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const parent = node.parentElement;
      const box = parent?.closest(boxes);
      if (!parent || !box || !parent.checkVisibility() || node.textContent?.trim() === '') continue;
      if (
        parent.closest(
          'bdi, :not(html)[dir], .visually-hidden, .skip, .badge, .item-preview, select, [translate=no]',
        ) !== null
      )
        continue;
      // Only spoken, as the labels of a folded sidebar.
      if (getComputedStyle(parent).clipPath === 'inset(50%)') continue;
      range.selectNodeContents(node);
      const [text, around] = [range.getBoundingClientRect(), box.getBoundingClientRect()];
      if (text.width === 0) continue;
      if (text.left < around.left - 1 || text.right > around.right + 1)
        found.push(`${box.className || box.tagName}: ${node.textContent}`);
    }
    return found;
  });
}

/** What should have been turned round with the direction of writing and was not, or the other way. */
function notTurned(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const all = (selector: string) =>
      [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility());
    const wrong = [
      ...all('.icon-directional').filter((icon) => new DOMMatrix(getComputedStyle(icon).transform).a !== -1),
      // Read aloud group by group, in the same order everywhere.
      ...all('.fingerprint, .groups, .code-field').filter(
        (code) => getComputedStyle(code).direction !== 'ltr',
      ),
      ...all('.timeline .bubble').filter((bubble) => {
        const { left, right } = bubble.getBoundingClientRect();
        const pane = bubble.closest('.timeline')?.getBoundingClientRect() ?? new DOMRect();
        const onTheLeft = left - pane.left < pane.right - right;
        return onTheLeft !== (bubble.closest('[data-mine=true]') !== null);
      }),
    ];
    return wrong.map((element) => element.outerHTML.slice(0, 160));
  });
}

/** What is invented in the gallery and named by buttons: a device, and the pictures of a call. */
const INVENTED = ['Safari on iPhone', '🐙 🚲 🍋 🎩'] as const;

/** What a button of the gallery is called in German. */
function inGerman(english: string): string {
  const found = INVENTED.map((given) => twin(ENGLISH, de.words, english, given)).find((word) => word);
  if (found === undefined) throw new Error(`No word of the catalogues is “${english}”`);
  return found;
}

/** The word of `other` that stands where `wanted` stands in `one`. */
function twin(one: object, other: object, wanted: string, given: string): string | undefined {
  const theirs = new Map<string, unknown>(Object.entries(other));
  for (const [key, said] of Object.entries(one) as [string, unknown][]) {
    const found = theirs.get(key);
    if (typeof said === 'object' && said !== null) {
      const inside = twin(said, Object(found), wanted, given);
      if (inside !== undefined) return inside;
    }
    if (spoken(said, given) === wanted) return spoken(found, given);
  }
  return undefined;
}

/** Those who take more than a name or know no device say something else. */
function spoken(said: unknown, given: string): string | undefined {
  if (typeof said === 'string') return said;
  if (typeof said !== 'function' || said === ENGLISH.first.error) return undefined;
  return String(said(given, given));
}
