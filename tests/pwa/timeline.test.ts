import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { settled } from './views/gallery-pages.ts';
import { type GallerySite, openGallery } from './views/gallery-site.ts';

/** The window of messages as it moves through a long conversation, drawn by a real browser. */

let site: GallerySite;
let page: Page;

beforeAll(async () => {
  site = await openGallery();
  page = await site.browser.newPage({
    viewport: { width: 1280, height: 800 },
    reducedMotion: 'reduce',
    timezoneId: 'UTC',
  });
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

test('whoever wants it all drawn gets earlier messages by the hundreds, where they read, until there are no more', async () => {
  await show('conversation-past');
  await page.getByRole('button', { name: /^Draw the last 500 messages at once/ }).focus();
  await page.keyboard.press('Enter');
  const drawn = (count: number) =>
    page.waitForFunction((all) => document.querySelectorAll('.timeline-row .message').length === all, count);
  await drawn(500);
  const earlier = page.getByRole('button', { name: 'Draw 500 earlier messages' });
  for (let count = 1_000; count <= 3_000; count += 500) {
    await page.locator('.timeline').evaluate((timeline) => (timeline.scrollTop = 0));
    await settled(page);
    const before = await firstOnScreen();
    await earlier.click();
    await drawn(count);
    await settled(page);
    const bubble = page.locator('.bubble', { hasText: before.text }).last();
    const after = await bubble.evaluate((element) => element.getBoundingClientRect().top);
    expect(Math.abs(after - before.top)).toBeLessThanOrEqual(2);
  }
  // The browser's own search finds what is far from the screen.
  const found = await page.evaluate(() => {
    const { items } = window.gallery.models.timeline;
    const { find } = window as unknown as { find(text: string): boolean };
    return find(items.value[7]?.text ?? '');
  });
  expect(found).toBe(true);
  await page.evaluate(() => (window.gallery.models.timeline.hasEarlier.value = false));
  await earlier.waitFor({ state: 'detached' });
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

test('of 100,000 messages a screenful is drawn wherever one goes, and no place stays blank', async () => {
  const COUNT = 100_000;
  await show('conversation');
  await page.evaluate((count) => {
    const { items, goal, unreadAfter } = window.gallery.models.timeline;
    const [first] = items.value;
    if (first === undefined) throw new Error('there is no message');
    const start = Date.UTC(2020, 0, 1);
    unreadAfter.value = null;
    items.value = Array.from({ length: count }, (_, at) => ({
      ...first,
      id: `m${at + 1}` as never,
      n: at + 1,
      at: start + at * 1_800_000,
      mine: at % 3 === 0,
      tick: at % 3 === 0 ? ('seen' as const) : null,
      text: `${at + 1}. ${'Words that go on for a while. '.repeat((at * 7) % 9)}`,
    }));
    goal.value = { id: null };
  }, COUNT);
  const seen = async (n: number) => {
    await page.getByText(new RegExp(`^${n}\\. `, 'u')).waitFor();
    await settled(page);
    expect(await page.locator('.timeline-row').count()).toBeLessThan(80);
  };
  await seen(COUNT);
  expect(await blankAfter(Array.from({ length: 40 }, (_, at) => 1 - (at + 1) / 40))).toEqual([]);
  await seen(1);
  await page.getByRole('button', { name: 'Conversation menu' }).click();
  await page.getByRole('menuitem', { name: 'Jump to date' }).click();
  await page.locator('input[type=date]').fill('2023-03-01');
  await page.keyboard.press('Enter');
  // 1,155 days of 48 messages each.
  await seen(1_155 * 48 + 1);
  expect(await blankAfter([0.5, 0.1, 0.9, 0])).toEqual([]);
});

/** Goes to such parts of the way down, one after the other, and tells where nothing was drawn two frames later. */
function blankAfter(places: readonly number[]): Promise<number[]> {
  return page.evaluate(async (all) => {
    const timeline = document.querySelector('.timeline');
    if (timeline === null) throw new Error('there is no conversation');
    const { top, bottom } = timeline.getBoundingClientRect();
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const blank: number[] = [];
    for (const part of all) {
      timeline.scrollTop = part * (timeline.scrollHeight - timeline.clientHeight);
      await frame();
      await frame();
      const rows = [...document.querySelectorAll('.timeline-row')].map((row) => row.getBoundingClientRect());
      // Under the header nothing has to be.
      const covers =
        rows.some((row) => row.top <= top + 140) && rows.some((row) => row.bottom >= bottom - 140);
      if (!covers) blank.push(part);
    }
    return blank;
  }, places);
}

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
