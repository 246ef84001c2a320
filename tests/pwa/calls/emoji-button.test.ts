import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GallerySite, openGallery } from '../views/gallery-site.ts';

const WORDS = 'These have changed since the call was interrupted: compare them again.';

describe('the button with the four pictures', () => {
  let site: GallerySite;
  let page: Page;

  beforeAll(async () => {
    site = await openGallery();
    page = await site.browser.newPage({ reducedMotion: 'reduce' });
    page.setDefaultTimeout(8_000);
    await page.goto(site.url('call-live'));
    await page.locator('.call-emoji').waitFor();
  }, 120_000);
  afterAll(() => site?.close());

  const button = () => page.locator('.call-emoji');
  const isMarked = async () => {
    const marks = await button().locator('svg').count();
    const label = await button().getAttribute('aria-label');
    expect(label?.includes(WORDS)).toBe(marks === 1);
    return marks === 1;
  };
  const show = (emoji: readonly string[] | null, changed: boolean) =>
    page.evaluate(
      ([four, isOther]) => {
        const { calls } = window.gallery.models;
        calls.emoji.value = four;
        calls.emojiChanged.value = isOther;
      },
      [emoji, changed] as const,
    );
  const look = async () => {
    await button().click();
    const popover = page.locator('.call-emoji-words:popover-open');
    await popover.waitFor();
    const says = await popover.getByText(WORDS).count();
    await page.keyboard.press('Escape');
    await popover.waitFor({ state: 'detached' });
    return says === 1;
  };

  it('is marked once the pictures are others, and says so, until they were looked at', async () => {
    expect(await isMarked()).toBe(false);
    expect(await look()).toBe(false);

    await show(null, false);
    await show(['🐶', '🐱', '🦁', '🐴'], true);
    await button().waitFor();
    expect(await isMarked()).toBe(true);
    expect(await look()).toBe(true);
    await button().locator('svg').waitFor({ state: 'detached' });
    expect(await look()).toBe(false);

    await show(['🐷', '🐘', '🐰', '🐼'], true);
    await button().locator('svg').waitFor();
    expect(await isMarked()).toBe(true);
  });

  it('stays marked while the call is out of the way', async () => {
    const minimised = (on: boolean) =>
      page.evaluate((is) => {
        window.gallery.models.calls.minimised.value = is;
      }, on);
    await minimised(true);
    await button().waitFor({ state: 'detached' });
    await minimised(false);
    await button().locator('svg').waitFor();
    expect(await isMarked()).toBe(true);
    await look();
    await button().locator('svg').waitFor({ state: 'detached' });
    await minimised(true);
    await button().waitFor({ state: 'detached' });
    await minimised(false);
    await button().waitFor();
    expect(await isMarked()).toBe(false);
  });
});
