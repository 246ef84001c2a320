import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settled } from './gallery-pages.ts';
import { openGallery } from './gallery-site.ts';
import type { GallerySite } from './gallery-site.ts';

let site: GallerySite;
let page: Page;

beforeAll(async () => {
  site = await openGallery();
  page = await site.browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  page.setDefaultTimeout(8_000);
}, 120_000);
afterAll(() => site?.close());

const field = () => page.getByRole('searchbox', { name: 'Search messages' });
const hits = () => page.locator('.hit');
const goal = () => page.locator('[data-goal=true]');

describe('search in the list', () => {
  it('is reached by Ctrl + K, walked with arrows, and leads to the message with Enter', async () => {
    await show('conversation');
    await page.getByRole('textbox', { name: 'Message' }).focus();
    await page.keyboard.press('Control+k');
    await isFocused('.list-pane input');
    await page.keyboard.type('the');
    await page.getByRole('heading', { name: 'Messages' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    expect(await focusedHit()).toBe(1);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    await isFocused('.list-pane input');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    const text = 'Morning! Did you make it home before the storm?';
    await goal().getByText(text).waitFor();
    expect(await inView(text)).toBe(true);
    expect(await focusedHit()).toBe((await hits().count()) - 1);
    expect(await hits().last().getAttribute('aria-current')).toBe('true');
    await page.locator('[role=log][aria-live=polite]', { hasText: text }).waitFor({ state: 'attached' });
  });

  it('opens the first hit on Enter in the field, marks it for a moment, and Escape leads out', async () => {
    await show('conversation');
    await field().fill('coffee');
    await hits().first().waitFor();
    await field().press('Enter');
    await goal().getByText('you bring the coffee').waitFor();
    await goal().waitFor({ state: 'detached' });
    await field().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Escape');
    await isFocused('.list-pane input');
    await page.keyboard.press('Escape');
    await isFocused('.composer textarea');
    expect(await field().inputValue()).toBe('');
    expect(await hits().count()).toBe(0);
    expect(await page.locator('.conversation-item').count()).toBe(8);
  });

  it('finds conversations by name, says how far it is, and when there is nothing', async () => {
    await show('list');
    await field().fill('HANAE');
    await page.getByRole('heading', { name: 'Conversations' }).waitFor();
    await field().press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'hanae.ito' }).waitFor();
    await field().fill('porcupine');
    await page.getByText('Nothing on this device says “porcupine”.').waitFor();
    await page.evaluate(() => {
      window.gallery.models.search.progress.value = { done: 40_000, total: 100_000 };
    });
    await page.getByText('Still reading: 40,000 of 100,000').waitFor();
    await page.getByText('No messages found').waitFor({ state: 'detached' });
  });

  it('shows markup as the text that it is', async () => {
    await show('conversation');
    const hostile = '<img src=x onerror=alert(1)> <mark>zebra</mark>';
    await page.evaluate((text) => {
      const { items } = window.gallery.models.timeline;
      items.value = items.value.map((item, index) => (index === 3 ? { ...item, text } : item));
    }, hostile);
    await field().fill('zebra');
    expect(await hits().first().locator('.hit-text').textContent()).toBe(hostile);
    expect(await hits().locator('img').count()).toBe(0);
    expect(await hits().locator('mark').allTextContents()).toEqual(['zebra']);
  });

  it('ends when one goes to a place: Chats are the whole list', async () => {
    await show('list');
    await field().fill('the');
    await hits().first().waitFor();
    await page.getByRole('button', { name: /^Chats/ }).click();
    await page.locator('.conversation-item').first().waitFor();
    expect(await field().inputValue()).toBe('');
    expect(await hits().count()).toBe(0);
  });

  it('is a screen of its own on a phone, which Back leaves', async () => {
    const phone = await site.browser.newPage({
      viewport: { width: 390, height: 844 },
      isMobile: true,
      hasTouch: true,
    });
    await phone.goto(site.url('list'));
    await phone.getByRole('searchbox').tap();
    await phone.getByText('Search all messages').waitFor();
    const panel = () => phone.evaluate(() => window.gallery.models.shell.route.value.panel);
    expect(await panel()).toBe('search');
    await phone.getByRole('searchbox').fill('coffee');
    await phone.locator('.hit').first().tap();
    await phone.locator('.conversation').waitFor();
    expect(await phone.locator('.list-pane').isVisible()).toBe(false);
    await phone.evaluate(() => (window.gallery.models.shell.route.value = { panel: 'search' }));
    await phone.locator('.hit').first().waitFor();
    await phone.waitForFunction(() => document.activeElement?.matches('.hit[aria-current]'));
    await phone.getByRole('button', { name: 'Back' }).tap();
    await phone.getByRole('heading', { name: 'Chats' }).waitFor();
    expect(await phone.getByRole('searchbox').inputValue()).toBe('');
    expect(await phone.locator('.hit').count()).toBe(0);
    await phone.close();
  });
});

describe('search in a conversation', () => {
  it('goes through the hits with Enter and Shift + Enter, and ends with Escape', async () => {
    await show('conversation');
    await page.getByRole('button', { name: 'Conversation menu' }).click();
    await page.getByRole('menuitem', { name: 'Search here' }).click();
    await isFocused('.find input');
    await page.keyboard.type('the');
    const says = (words: RegExp) => page.locator('.find-count', { hasText: words }).waitFor();
    await says(/^1 of 10$/u);
    await goal().getByText('The view from the ridge').waitFor();
    await page.keyboard.press('Enter');
    await says(/^2 of 10$/u);
    await goal().getByText('Shall I ask Jonas').waitFor();
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.press('Shift+Enter');
    await says(/^10 of 10$/u);
    await page.getByRole('button', { name: 'Newer hit' }).click();
    await says(/^9 of 10$/u);
    await page.getByRole('searchbox', { name: 'Search in this conversation' }).fill('porcupine');
    await says(/^Not found$/u);
    expect(await page.getByRole('button', { name: 'Older hit' }).isDisabled()).toBe(true);
    await page.getByRole('searchbox', { name: 'Search in this conversation' }).press('Escape');
    await isFocused('.composer textarea');
    expect(await page.locator('.find').count()).toBe(0);
  });

  it('jumps to the first message of a day', async () => {
    await show('conversation-5000');
    const { id, date, newest } = await page.evaluate(() => {
      const items = window.gallery.models.timeline.items.value;
      const day = new Date(items[2500]?.at ?? 0).setHours(0, 0, 0, 0);
      const two = (part: number) => String(part).padStart(2, '0');
      const dateOf = (at: Date) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
      return {
        id: items.find((item) => item.at >= day)?.text ?? '',
        date: dateOf(new Date(day)),
        newest: dateOf(new Date(items.at(-1)?.at ?? 0)),
      };
    });
    await page.getByRole('button', { name: 'Conversation menu' }).click();
    await page.getByRole('menuitem', { name: 'Jump to date' }).click();
    const dayField = page.getByLabel('Date', { exact: true });
    expect(await dayField.inputValue()).toBe(newest);
    await dayField.fill(date);
    await page.getByRole('button', { name: 'Jump', exact: true }).click();
    await goal().getByText(id, { exact: true }).waitFor();
    expect(await inView(id)).toBe(true);
    expect(await page.locator('dialog[open]').count()).toBe(0);
  });
});

describe('reading far from the newest message', () => {
  it('opens at its goal, and stays there whatever comes in', async () => {
    await show('conversation-past');
    await settled(page);
    const before = await firstOnScreen();
    expect(before.marked).toBe(true);
    await page.evaluate(() => {
      const { conversations } = window.gallery.models;
      conversations.rows.value = conversations.rows.value.map((row) => ({ ...row, unread: row.unread + 1 }));
    });
    await settled(page);
    expect(await firstOnScreen()).toEqual(before);
    await page.getByRole('button', { name: /new messages?$/ }).waitFor();
  });

  it('grows towards the newest message, without moving the reader or speaking', async () => {
    await show('conversation-past');
    await settled(page);
    expect(await calls()).not.toContain('loadLater');
    await page.locator('.timeline').evaluate((timeline) => (timeline.scrollTop = timeline.scrollHeight));
    await page.waitForFunction(() => window.gallery.calls.includes('loadLater'));
    const before = await firstOnScreen();
    await page.waitForFunction(() => window.gallery.models.timeline.items.value.length === 500);
    await settled(page);
    expect(Math.abs((await firstOnScreen()).top - before.top)).toBeLessThanOrEqual(1);
    expect((await firstOnScreen()).text).toBe(before.text);
    expect((await calls()).filter((call) => call === 'loadLater')).toHaveLength(1);
    const said = await page.locator('[role=log][aria-live=polite]').textContent();
    expect(said).not.toContain('4001.');
  });

  it('the button leads to the newest message, where what comes in is followed again', async () => {
    await show('conversation-past');
    await settled(page);
    const button = page.locator('.to-end');
    await button.focus();
    await page.keyboard.press('Enter');
    await button.waitFor({ state: 'detached' });
    expect(await calls()).toContain('toNewest');
    await isFocused('.timeline');
    await page.getByText(/^9000\. /u).waitFor();
    await settled(page);
    expect(await fromEnd()).toBeLessThanOrEqual(1);
  });

  it('marks its goal softly, and without motion where that is wanted', async () => {
    const animation = () =>
      page.evaluate(() => {
        const bubble = document.querySelector('[data-goal=true] > .bubble');
        return bubble === null ? null : getComputedStyle(bubble).animationName;
      });
    await show('conversation-past');
    await goal().waitFor();
    expect(await animation()).toBe('none');
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    await show('conversation-past');
    await goal().waitFor();
    expect(await animation()).toBe('goal');
    await page.emulateMedia({ reducedMotion: 'reduce' });
  });
});

async function show(state: string): Promise<void> {
  await page.goto(site.url(state));
  await page.locator('main').waitFor();
}

const calls = () => page.evaluate(() => [...window.gallery.calls]);
const isFocused = (selector: string) =>
  page.waitForFunction((wanted) => document.activeElement?.matches(wanted), selector);
const focusedHit = () => hits().evaluateAll((all) => all.findIndex((hit) => hit === document.activeElement));
const fromEnd = () =>
  page
    .locator('.timeline')
    .evaluate(({ scrollHeight, clientHeight, scrollTop }) => scrollHeight - clientHeight - scrollTop);

/** Whether a message is between header and composer. */
function inView(text: string): Promise<boolean> {
  return page.evaluate((words) => {
    const box = (selector: string) => document.querySelector(selector)?.getBoundingClientRect();
    const bubble = [...document.querySelectorAll('.bubble')]
      .find((one) => one.querySelector('.text')?.textContent === words)
      ?.getBoundingClientRect();
    const [header, composer] = [box('.conversation-header'), box('.composer')];
    if (bubble === undefined || header === undefined || composer === undefined) return false;
    return bubble.top >= header.bottom && bubble.bottom <= composer.top;
  }, text);
}

/** The first message that is wholly below the header, where it begins, and whether a marked one is in view. */
function firstOnScreen(): Promise<{ text: string; top: number; marked: boolean }> {
  return page.evaluate(() => {
    const header = document.querySelector('.conversation-header')?.getBoundingClientRect().bottom ?? 0;
    const bubble = [...document.querySelectorAll('.bubble')].find(
      (one) => one.getBoundingClientRect().top >= header,
    );
    if (bubble === undefined) throw new Error('no message is on the screen');
    const marked = document.querySelector('[data-goal=true]')?.getBoundingClientRect();
    return {
      text: bubble.querySelector('.text')?.textContent ?? '',
      top: bubble.getBoundingClientRect().top,
      marked: marked !== undefined && marked.top > header && marked.bottom < innerHeight,
    };
  });
}
