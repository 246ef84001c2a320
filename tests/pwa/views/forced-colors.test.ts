import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { show } from './gallery-pages.ts';
import { openGallery } from './gallery-site.ts';
import type { GallerySite } from './gallery-site.ts';

/** Where the system chooses the colours, backgrounds and shadows are gone, and with them whatever they alone say. */
let site: GallerySite;
let page: Page;

beforeAll(async () => {
  site = await openGallery();
  page = await site.browser.newPage({
    viewport: { width: 1280, height: 800 },
    reducedMotion: 'reduce',
    forcedColors: 'active',
  });
}, 120_000);
afterAll(() => site?.close());

/** What is drawn without letters. Of a line with words in its middle only the beginning counts. */
const DRAWN = 'svg, .badge, .dot, .typing-dots, .unread-divider, .strength-bars, progress, input, select';
/** What is chosen among others of its kind. */
const CHOSEN = '[aria-current]:not([aria-current=false]), [aria-selected=true], .segments > :has(:checked)';
/** Contrast of what is no text (WCAG 2.2, 1.4.11). */
const ENOUGH = 3;

it.each([
  'door',
  'list',
  'conversation',
  'conversation-offline',
  'conversation-5000-unread',
  'conversation-typing',
  'conversation-find',
  'people',
  'requests',
  'settings',
  'settings-devices',
  'call-live',
  'call-incoming',
  'notices',
])('nothing of %s vanishes', async (state) => {
  await show(page, site.url(state));
  expect(await vanished()).toEqual([]);
  expect(
    await page
      .locator(CHOSEN)
      .evaluateAll((all) =>
        all
          .filter((one) => one.checkVisibility() && getComputedStyle(one).outlineStyle === 'none')
          .map((one) => one.outerHTML.slice(0, 120)),
      ),
  ).toEqual([]);
});

/** What is on the screen and makes no difference to it. */
async function vanished(): Promise<string[]> {
  const drawn = page.locator(DRAWN);
  const found = await drawn.evaluateAll((all) =>
    all.flatMap((element, index) => {
      const { x, y, width, height } = element.getBoundingClientRect();
      const top = document.elementFromPoint(x + width / 2, y + height / 2);
      const isSeen =
        element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
        (element.contains(top) || top?.contains(element) === true) &&
        element.closest('[inert], :disabled, .avatar > svg') === null;
      if (!isSeen || width < 2 || height < 2) return [];
      const across = element.matches('.unread-divider') ? width / 4 : width;
      return [{ index, html: element.outerHTML.slice(0, 120), box: [x, y, across, height] as const }];
    }),
  );
  const shown = await page.screenshot();
  const hide = (to: string) =>
    drawn.evaluateAll((all, visibility) => {
      for (const element of all) (element as HTMLElement).style.visibility = visibility;
    }, to);
  await hide('hidden');
  const hidden = await page.screenshot();
  await hide('');
  // The app's own policy lets no picture in.
  const blank = await site.browser.newPage();
  const contrasts = await blank.evaluate(compare, {
    pngs: [shown.toString('base64'), hidden.toString('base64')],
    boxes: found.map(({ box }) => box),
  });
  await blank.close();
  return found.flatMap(({ html }, at) => ((contrasts[at] ?? 0) < ENOUGH ? [`${contrasts[at]} ${html}`] : []));
}

interface Shots {
  readonly pngs: readonly string[];
  readonly boxes: readonly (readonly [number, number, number, number])[];
}

/** Runs in a browser: the greatest contrast between two pictures in each box. */
async function compare({ pngs, boxes }: Shots): Promise<number[]> {
  const [shown, hidden] = await Promise.all(
    pngs.map(async (png) => {
      const image = new Image();
      image.src = `data:image/png;base64,${png}`;
      await image.decode();
      const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
      if (context === null) throw new Error('no canvas');
      context.drawImage(image, 0, 0);
      return context;
    }),
  );
  if (shown === undefined || hidden === undefined) throw new Error('two pictures are compared');
  const linear = (part = 0) => (part <= 10 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4);
  const light = (data: Uint8ClampedArray, at: number) =>
    0.2126 * linear(data[at]) + 0.7152 * linear(data[at + 1]) + 0.0722 * linear(data[at + 2]) + 0.05;
  return boxes.map((box) => {
    const [front, back] = [shown.getImageData(...box).data, hidden.getImageData(...box).data];
    let most = 1;
    for (let at = 0; at < front.length; at += 4) {
      const [a, b] = [light(front, at), light(back, at)];
      most = Math.max(most, Math.max(a, b) / Math.min(a, b));
    }
    return most;
  });
}
