import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { settled } from './views/gallery-pages.ts';
import { type GallerySite, openGallery } from './views/gallery-site.ts';

/** The window of messages as it moves through a long conversation, drawn by a real browser. */

let site: GallerySite;
let page: Page;

beforeAll(async () => {
  site = await openGallery();
  page = await site.browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  page.setDefaultTimeout(15_000);
}, 120_000);
afterAll(() => site?.close());

test('a window that moves on takes messages away at one end and brings others at the other: nobody is moved', async () => {
  await show('conversation-past');
  for (const [drop, add] of [
    ['newest', 'earlier'],
    ['oldest', 'later'],
  ]) {
    const before = await firstOnScreen();
    await page.evaluate(
      ([dropped, added]) => {
        const { items } = window.gallery.models.timeline;
        const now = items.value;
        const step = 40;
        const kept = dropped === 'newest' ? now.slice(0, -step) : now.slice(step);
        const [edge] = added === 'earlier' ? kept : kept.toReversed();
        const others = Array.from({ length: step }, (_, at) => ({
          ...edge!,
          id: `${added}-${at}` as never,
          text: `${added} ${at}`,
          n: null,
        }));
        items.value = added === 'earlier' ? [...others, ...kept] : [...kept, ...others];
      },
      [drop, add],
    );
    await settled(page);
    const after = await firstOnScreen();
    expect(after.text).toBe(before.text);
    expect(Math.abs(after.top - before.top)).toBeLessThanOrEqual(1);
  }
});

test('what the window has let go of is asked for again by who comes back to it', async () => {
  await show('conversation-past');
  const items = await page.evaluateHandle(() => window.gallery.models.timeline.items.value);
  const toStart = (asked: number) =>
    page.waitForFunction((times) => {
      const timeline = document.querySelector('.timeline');
      if (timeline !== null) timeline.scrollTop = timeline.scrollTop === 0 ? 9 : 0;
      return window.gallery.calls.filter((call) => call === 'loadEarlier').length === times;
    }, asked);
  await toStart(1);
  await settled(page);
  await page.evaluate((before) => (window.gallery.models.timeline.items.value = before), items);
  await settled(page);
  await toStart(2);
});

test('what is near the screen is drawn ahead of the reader, after a leap, too', async () => {
  await show('conversation-past');
  await page.locator('.timeline').evaluate((timeline) => (timeline.scrollTop -= 6000));
  await page.waitForFunction(() => {
    const rows = [...document.querySelectorAll('.timeline-row')].map((row) => row.getBoundingClientRect());
    const { top = 0, bottom = 0 } = document.querySelector('.timeline')?.getBoundingClientRect() ?? {};
    const above = rows.filter((row) => row.bottom <= top).length;
    const below = rows.filter((row) => row.top >= bottom).length;
    return above >= 7 && below >= 7;
  });
});

test('a reader who comes back finds the message where it stood, and nothing marked', async () => {
  await show('conversation-past');
  await page.locator('.timeline').evaluate((timeline) => (timeline.scrollTop -= 333));
  await settled(page);
  const before = await firstOnScreen();
  const { id, at } = await place();
  await page.evaluate(
    (goal) => {
      const { models } = window.gallery;
      const { peer, items, goal: wanted } = models.timeline;
      const [who, all] = [peer.value, items.value];
      models.shell.route.value = { panel: 'chats', peer: null };
      setTimeout(() => {
        peer.value = who;
        items.value = all;
        wanted.value = goal as never;
        models.shell.route.value = { panel: 'chats', peer: who };
      });
    },
    { id, at },
  );
  await page.locator('.timeline').waitFor();
  await settled(page);
  const after = await firstOnScreen();
  expect(after.text).toBe(before.text);
  expect(Math.abs(after.top - before.top)).toBeLessThanOrEqual(1);
  expect(await page.locator('[data-goal=true]').count()).toBe(0);
});

test('everything that is loaded is drawn for whoever asks, and only what is near the screen again after that', async () => {
  await show('conversation-past');
  const drawn = () => page.locator('.timeline-row').count();
  const few = await drawn();
  expect(few).toBeLessThan(80);
  const button = page.getByRole('button', { name: /^Draw the last 500 messages at once/ });
  await button.focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(
    () =>
      document.querySelectorAll('.timeline-row .message').length ===
      window.gallery.models.timeline.items.value.length,
  );
  expect(await drawn()).toBeGreaterThan(300);
  expect(await button.getAttribute('aria-pressed')).toBe('true');
  const before = await firstOnScreen();
  await page.keyboard.press('Enter');
  await page.waitForFunction((most) => document.querySelectorAll('.timeline-row').length < most, 80);
  expect((await firstOnScreen()).text).toBe(before.text);
});

test('keys move through it by screens; End leads to the newest message, also far from it', async () => {
  await show('conversation-past');
  await page.locator('.timeline').focus();
  const before = await firstOnScreen();
  await page.keyboard.press('PageUp');
  await page.waitForFunction((text) => {
    const header = document.querySelector('.conversation-header')?.getBoundingClientRect().bottom ?? 0;
    const first = [...document.querySelectorAll('.bubble')].find(
      (one) => one.getBoundingClientRect().top >= header,
    );
    return first?.querySelector('.text')?.textContent !== text;
  }, before.text);
  expect(await page.evaluate(() => window.gallery.calls)).not.toContain('toNewest');
  await page.keyboard.press('End');
  await page.waitForFunction(() => window.gallery.calls.includes('toNewest'));
  await page.getByText(/^9000\. /u).waitFor();
});

async function show(state: string): Promise<void> {
  await page.goto(site.url(state));
  await page.locator('.timeline-row').first().waitFor();
  await settled(page);
}

/** The first message that is wholly below the header, and where it begins. */
function firstOnScreen(): Promise<{ text: string; top: number }> {
  return page.evaluate(() => {
    const header = document.querySelector('.conversation-header')?.getBoundingClientRect().bottom ?? 0;
    const bubble = [...document.querySelectorAll('.bubble')].find(
      (one) => one.getBoundingClientRect().top >= header,
    );
    if (bubble === undefined) throw new Error('No message is on the screen.');
    return {
      text: bubble.querySelector('.text')?.textContent ?? '',
      top: bubble.getBoundingClientRect().top,
    };
  });
}

/** What the app was told of where somebody reads. */
function place(): Promise<{ id: string; at: number }> {
  return page.evaluate(() => {
    const told = window.gallery.calls.findLast((call) => call.startsWith('keepPlace ')) ?? '';
    const [, id, at] = told.split(' ');
    return { id: id ?? '', at: Number(at) };
  });
}
