import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOSTILE_TEXTS } from '#pwa/dev/hostile.ts';
import { openGallery } from './gallery-site.ts';
import type { GallerySite } from './gallery-site.ts';

let site: GallerySite;
let page: Page;
let errors: string[];

beforeAll(async () => {
  site = await openGallery();
  page = await site.browser.newPage({ viewport: { width: 390, height: 844 }, reducedMotion: 'reduce' });
  page.on('pageerror', ({ message }) => errors.push(message));
  page.on('dialog', (dialog) => {
    errors.push(dialog.message());
    void dialog.dismiss();
  });
}, 120_000);
afterAll(() => site?.close());

describe('what somebody may write to break the page, or to fool its reader', () => {
  it('stays text, links to nothing but the web and mail, and reaches over no edge', async () => {
    await show('hostile');
    const seen = new Map<string, Bubble>();
    // All of it, a screenful after the other, from the newest.
    for (let step = 0; step < 200 && seen.size < HOSTILE_TEXTS.length; step++) {
      for (const bubble of await bubbles()) seen.set(bubble.key, bubble);
      await page.locator('.timeline').evaluate((timeline) => timeline.scrollBy(0, -600));
      await page.waitForTimeout(20);
    }
    expect(seen.size).toBe(HOSTILE_TEXTS.length);
    for (const { elements, schemes, overflow, isolated } of seen.values()) {
      expect(elements.filter((name) => name !== 'A' && name !== 'BDI')).toEqual([]);
      expect(schemes.filter((scheme) => !['http:', 'https:', 'mailto:'].includes(scheme))).toEqual([]);
      expect(overflow).toBeLessThanOrEqual(0.5);
      expect(isolated).toBe(true);
    }
    expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
    expect(errors).toEqual([]);
  }, 60_000);

  it('does not turn the time beside it around', async () => {
    await show('hostile');
    for (let step = 0; step < 200; step++) {
      const times = await page
        .locator('.bubble:has(.text:text("reversed"))')
        .evaluateAll((found) => found.map((bubble) => bubble.querySelector('.meta')?.textContent ?? ''));
      if (times.length > 0) {
        expect(times[0]).toMatch(/^\d\d:\d\d$/);
        const order = await page
          .locator('.bubble:has(.text:text("reversed")) .meta time')
          .evaluate((time) => {
            const range = document.createRange();
            const text = time.firstChild as Text;
            const at = (index: number) => {
              range.setStart(text, index);
              range.setEnd(text, index + 1);
              return range.getBoundingClientRect().x;
            };
            return at(0) < at(4);
          });
        expect(order).toBe(true);
        return;
      }
      await page.locator('.timeline').evaluate((timeline) => timeline.scrollBy(0, -600));
      await page.waitForTimeout(20);
    }
    throw new Error('the message was not found');
  }, 60_000);

  it('shows where a link leads whose letters only look like a known name', async () => {
    await show('hostile');
    for (let step = 0; step < 200; step++) {
      if ((await page.locator('.real-host').count()) > 0) break;
      await page.locator('.timeline').evaluate((timeline) => timeline.scrollBy(0, -600));
      await page.waitForTimeout(20);
    }
    expect(await page.locator('.real-host').first().textContent()).toMatch(/\(xn--[a-z0-9-]+\.com\)/);
  }, 60_000);

  it('nothing that can’t be seen is sent', async () => {
    await show('conversation');
    const field = page.locator('.composer textarea');
    for (const nothing of ['   ', '\u200b\u200d\u2060', '\u202e\u202c', '\u3164\u2800']) {
      await field.fill(nothing);
      expect(await page.locator('.send').isDisabled(), JSON.stringify(nothing)).toBe(true);
    }
    await field.fill('👩‍🚀');
    expect(await page.locator('.send').isDisabled()).toBe(false);
  });

  it('a file that is pasted or dropped is refused kindly, and the text beside it is taken', async () => {
    await show('conversation');
    await page.locator('.composer textarea').evaluate((field) => {
      const files = new DataTransfer();
      files.items.add(new File(['x'], 'x.png', { type: 'image/png' }));
      field.dispatchEvent(
        new ClipboardEvent('paste', { clipboardData: files, bubbles: true, cancelable: true }),
      );
    });
    await page.locator('.footnote', { hasText: 'Files can’t be sent yet' }).waitFor();
    const prevented = await page.locator('.timeline').evaluate((timeline) => {
      const files = new DataTransfer();
      files.items.add(new File(['x'], 'x.png', { type: 'image/png' }));
      return !timeline.dispatchEvent(
        new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true }),
      );
    });
    expect(prevented).toBe(true);
    await page.locator('.notice', { hasText: 'Files can’t be sent yet' }).waitFor();
  });

  it('10,000 characters are a message, one more is not', async () => {
    await show('conversation');
    const field = page.locator('.composer textarea');
    await field.fill('y'.repeat(10_001));
    expect(await page.locator('.send').isDisabled()).toBe(true);
    await field.fill('y'.repeat(10_000));
    await page.locator('.send').click();
    await page.locator('.message[data-mine=true] .text', { hasText: 'yyyyyyyyyy' }).last().waitFor();
  });
});

interface Bubble {
  readonly key: string;
  readonly elements: string[];
  readonly schemes: string[];
  /** How far it reaches over the side, in pixels. */
  readonly overflow: number;
  readonly isolated: boolean;
}

function bubbles(): Promise<Bubble[]> {
  return page.locator('.bubble:has(.text)').evaluateAll((found) =>
    found.map((bubble) => {
      const text = bubble.querySelector('.text') as HTMLElement;
      const links = [...text.querySelectorAll('a')];
      const { left, right } = bubble.getBoundingClientRect();
      return {
        key: text.textContent.slice(0, 80),
        elements: [...text.querySelectorAll('*')].map(({ tagName }) => tagName),
        schemes: links.map(({ protocol }) => protocol),
        overflow: Math.max(-left, right - innerWidth, text.scrollWidth - bubble.clientWidth),
        isolated: ['plaintext', 'isolate'].includes(getComputedStyle(text).unicodeBidi),
      };
    }),
  );
}

async function show(state: string): Promise<void> {
  errors = [];
  await page.goto(site.url(state));
  await page.locator('.composer').waitFor();
}
