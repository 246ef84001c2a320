import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openGallery } from './gallery-site.ts';
import type { GallerySite } from './gallery-site.ts';

let site: GallerySite;
let page: Page;

beforeAll(async () => {
  site = await openGallery();
  page = await site.browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
}, 120_000);
afterAll(() => site?.close());

describe('timeline', () => {
  it('draws a screenful of 5,000 messages and opens at the newest', async () => {
    await show('conversation-5000');
    await settled();
    expect(await page.locator('.timeline-row').count()).toBeLessThan(60);
    expect(await fromEnd()).toBeLessThanOrEqual(1);
    expect(await page.locator('.to-end').count()).toBe(0);
  });

  it('opens at the first unread message when it does not fit with the newest', async () => {
    await show('conversation-5000-unread');
    await settled();
    const divider = await page.locator('.unread-divider').boundingBox();
    expect(divider?.y).toBeGreaterThan(60);
    expect(divider?.y).toBeLessThan(200);
    expect(await fromEnd()).toBeGreaterThan(1000);
  });

  it('asks for earlier messages near the start, once', async () => {
    await show('conversation-5000');
    await settled();
    expect(await calls()).not.toContain('loadEarlier');
    await page.locator('.timeline').evaluate((timeline) => (timeline.scrollTop = 300));
    await page.waitForFunction(() => window.gallery.models.timeline.items.value.length === 5100);
    await settled();
    expect((await calls()).filter((call) => call === 'loadEarlier').length).toBe(1);
  });

  it('keeps the reader’s place in every frame when earlier messages arrive', async () => {
    await show('conversation-5000');
    await settled();
    for (const scrolled of [0, 40, 700]) {
      const { before, tops } = await watchEarlierArrive(scrolled);
      expect(Math.max(...tops.map((top) => Math.abs(top - before)))).toBeLessThanOrEqual(1);
    }
  });

  it('follows what arrives only at the end; elsewhere a button counts it and leads there', async () => {
    await show('conversation-5000');
    await settled();
    await arrive('One');
    await settled();
    expect(await fromEnd()).toBeLessThanOrEqual(1);

    await page.locator('.timeline').evaluate((timeline) => (timeline.scrollTop -= 3000));
    await settled();
    const reading = await firstOnScreen();
    await arrive('Two');
    await arrive('Three');
    await page.getByRole('button', { name: '2 new messages' }).waitFor();
    expect(Math.abs((await positionOf(reading.text)) - reading.top)).toBeLessThanOrEqual(1);

    await page.getByRole('button', { name: '2 new messages' }).click();
    await page.getByText('Three', { exact: true }).last().waitFor();
    await page.locator('.to-end').waitFor({ state: 'detached' });
  });

  it('follows what one writes oneself from anywhere, and stays at the end while the composer grows', async () => {
    await show('conversation-5000');
    await settled();
    await page.locator('.timeline').evaluate((timeline) => (timeline.scrollTop -= 3000));
    await settled();
    await page.getByRole('textbox').fill('Mine\nin\nmany\nlines');
    await page.keyboard.press('Enter');
    await page.locator('.bubble', { hasText: 'Mine' }).waitFor();
    await settled();
    expect(await fromEnd()).toBeLessThanOrEqual(1);
    await page.getByRole('textbox').fill('a\nb\nc\nd');
    await settled();
    expect(await fromEnd()).toBeLessThanOrEqual(1);
  });

  it('reports as seen only what was on the screen of a focused window', async () => {
    await show('conversation-5000-unread');
    await settled();
    const seen = await lastSeen();
    const newest = await page.evaluate(() => window.gallery.models.timeline.items.value.at(-1)?.n ?? 0);
    expect(seen).toBeGreaterThan(5200);
    expect(seen).toBeLessThan(newest - 50);

    await page.evaluate(() =>
      Object.defineProperty(document, 'hasFocus', { value: () => false, configurable: true }),
    );
    await page.locator('.timeline').evaluate((timeline) => (timeline.scrollTop += 1500));
    await settled();
    expect(await lastSeen()).toBe(seen);

    await page.evaluate(() =>
      Object.defineProperty(document, 'hasFocus', { value: () => true, configurable: true }),
    );
    await page.evaluate(() => window.dispatchEvent(new Event('focus')));
    expect(await lastSeen()).toBeGreaterThan(seen);
  });

  it('speaks what arrives, never history', async () => {
    await show('conversation-5000');
    await settled();
    const voice = page.locator('[role=log][aria-live=polite]');
    expect(await voice.textContent()).toBe('');
    await page.locator('.timeline').evaluate((timeline) => (timeline.scrollTop = 0));
    await settled();
    expect(await voice.textContent()).toBe('');
    await arrive('Hello there');
    await voice.getByText('mira.okafor: Hello there').waitFor({ state: 'attached' });
  });

  it('pops a tick when its message is seen, and only then', async () => {
    await show('conversation');
    await page.locator('[data-tick=delivered]').last().waitFor();
    expect(await page.locator('[data-pops=true]').count()).toBe(0);
    await page.evaluate(() => {
      const { timeline } = window.gallery.models;
      timeline.items.value = timeline.items.value.map((item) =>
        item.mine ? { ...item, tick: 'seen' } : item,
      );
    });
    await page.locator('.timeline [data-tick=delivered]').waitFor({ state: 'detached' });
    expect(await page.locator('.timeline [data-pops=true]').count()).toBe(2);
  });

  it('shows markup as the text that it is, and makes links only of harmless addresses', async () => {
    await show('conversation');
    const hostile = '<img src=x onerror=alert(1)> javascript:alert(1) https://ok.example/<b>';
    await arrive(hostile);
    const bubble = page.locator('.bubble', { hasText: 'onerror' });
    await bubble.waitFor();
    expect(await bubble.locator('.text').textContent()).toBe(hostile);
    expect(await bubble.locator('img, b').count()).toBe(0);
    expect(
      await bubble.locator('a').evaluateAll((links) => links.map((link) => link.getAttribute('href'))),
    ).toEqual(['https://ok.example/']);
  });

  it('offers to try again or discard what was not sent', async () => {
    await show('conversation-offline');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('button', { name: 'Discard' }).waitFor({ state: 'detached' });
    expect(await calls()).toContain('retry');
  });
});

describe('composer', () => {
  it('sends on Enter, not on Shift + Enter, not while an input method composes', async () => {
    await show('conversation');
    const field = page.getByRole('textbox');
    await field.focus();
    await page.keyboard.type('one');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('two');
    await field.evaluate((element) => {
      const enter = { key: 'Enter', bubbles: true, cancelable: true };
      element.dispatchEvent(new KeyboardEvent('keydown', { ...enter, isComposing: true }));
      element.dispatchEvent(new KeyboardEvent('keydown', { ...enter, keyCode: 229 }));
    });
    expect(await sent()).toEqual([]);
    await page.keyboard.press('Enter');
    expect(await sent()).toEqual(['send one\ntwo']);
    expect(await field.inputValue()).toBe('');
    expect((await calls()).filter((call) => call === 'typing').length).toBe(7);
  });

  it('starts a new line on Enter where the keyboard is on the screen', async () => {
    const phone = await site.browser.newPage({
      viewport: { width: 390, height: 844 },
      isMobile: true,
      hasTouch: true,
    });
    await phone.goto(site.url('conversation'));
    await phone.getByRole('textbox').fill('one');
    await phone.keyboard.press('Enter');
    expect(await phone.getByRole('textbox').inputValue()).toBe('one\n');
    await phone.getByRole('button', { name: 'Send' }).tap();
    expect(await phone.evaluate(() => window.gallery.calls.at(-1))).toBe('send one');
    await phone.close();
  });

  it('refuses what is too long and pasted files, and says so', async () => {
    await show('conversation');
    const field = page.getByRole('textbox');
    await field.fill('x'.repeat(10_001));
    await page.getByText('1 character too long').waitFor();
    expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);
    await field.evaluate((element) => {
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File(['x'], 'x.png', { type: 'image/png' }));
      element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
    });
    await page.locator('.footnote', { hasText: 'Files can’t be sent yet' }).waitFor();
  });
});

describe('keyboard and focus', () => {
  it('walks the list with arrows as one tab stop, opens a conversation and lands in its composer', async () => {
    await show('list');
    const rows = page.locator('.conversation-item');
    await rows.first().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    expect(await rows.nth(1).evaluate((row) => row === document.activeElement)).toBe(true);
    expect(
      await rows.evaluateAll((all) => all.filter((row) => (row as HTMLElement).tabIndex === 0).length),
    ).toBe(1);
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.matches('.composer textarea'));
  });

  it('opens the menu of a conversation, walks it, and asks before unfriending', async () => {
    await show('conversation');
    await page.getByRole('button', { name: 'Conversation menu' }).press('Enter');
    await page.waitForFunction(() => document.activeElement?.textContent === 'Key fingerprint');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Unfriend mira.okafor?' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect((await calls()).filter((call) => call.startsWith('stand'))).toEqual([]);
    await page.getByRole('button', { name: 'Conversation menu' }).press('Enter');
    await page.getByRole('menuitem', { name: 'Unfriend' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Unfriend' }).click();
    await page.getByText('You are not friends any more').waitFor();
  });

  it('says how many messages logging out would lose', async () => {
    await show('settings');
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByText('2 messages have not been sent and will be lost.').waitFor();
    await page.getByRole('button', { name: 'Log out and erase' }).click();
    await page.getByRole('heading', { name: 'NexChat' }).waitFor();
    expect(await calls()).toContain('logOut');
  });

  it('asks for the password again where the chip says so', async () => {
    await show('sign-in-again');
    await page.getByRole('button', { name: 'Sign in again to send' }).click();
    await page.getByLabel('Password', { exact: true }).fill('a long enough one');
    await page.keyboard.press('Enter');
    expect(await calls()).toContain('logIn amara.lindqvist');
  });
});

describe('door', () => {
  it('signs in, or creates an account with a password that is long enough', async () => {
    await show('door');
    await page.getByLabel('Username').fill('Amara');
    await page.getByLabel('Password', { exact: true }).fill('short');
    await page.keyboard.press('Enter');
    expect(await calls()).toEqual(['logIn amara']);
    await page.getByRole('tab', { name: 'Create account' }).click();
    await page.getByText('Too short').waitFor();
    await page.getByRole('button', { name: 'Create account' }).click();
    expect(await calls()).toEqual(['logIn amara']);
    await page.getByLabel('Password', { exact: true }).fill('four unrelated words');
    await page.getByText('Strong').waitFor();
    await page.getByRole('button', { name: 'Create account' }).click();
    expect(await calls()).toEqual(['logIn amara', 'register amara']);
  });
});

async function show(state: string): Promise<void> {
  await page.goto(site.url(state));
  await page.locator('main').waitFor();
}

const calls = () => page.evaluate(() => [...window.gallery.calls]);
const sent = async () => (await calls()).filter((call) => call.startsWith('send'));
const lastSeen = async () =>
  Number((await calls()).findLast((call) => call.startsWith('markSeen'))?.split(' ')[1] ?? 0);
const fromEnd = () =>
  page
    .locator('.timeline')
    .evaluate(({ scrollHeight, clientHeight, scrollTop }) => scrollHeight - clientHeight - scrollTop);

/** Measured sizes have come in when nothing has moved for some frames. */
async function settled(): Promise<void> {
  await page.evaluate(async () => {
    const state = () => {
      const timeline = document.querySelector('.timeline');
      return `${timeline?.scrollTop} ${timeline?.scrollHeight} ${window.gallery.models.timeline.items.value.length}`;
    };
    for (let still = 0, frames = 0, before = ''; still < 12 && frames < 600; frames++) {
      await new Promise((done) => requestAnimationFrame(done));
      const now = state();
      still = now === before ? still + 1 : 0;
      before = now;
    }
  });
}

/** A message of the friend comes in. */
async function arrive(text: string): Promise<void> {
  await page.evaluate((words) => {
    const { timeline } = window.gallery.models;
    const newest = timeline.items.value.at(-1);
    if (newest === undefined) throw new Error('there is no conversation to arrive in');
    const n = (newest.n ?? 0) + 1;
    const id = `arrived-${n}` as typeof newest.id;
    timeline.items.value = [
      ...timeline.items.value,
      { id, mine: false, text: words, at: Date.now(), n, tick: null, error: null },
    ];
  }, text);
}

/** The first message that is wholly below the header, and where its bubble begins. */
function firstOnScreen(): Promise<{ text: string; top: number }> {
  return page.evaluate(() => {
    const header = document.querySelector('.conversation-header')?.getBoundingClientRect().bottom ?? 0;
    const bubble = [...document.querySelectorAll('.bubble')].find(
      (one) => one.getBoundingClientRect().top >= header,
    );
    if (bubble === undefined) throw new Error('no message is on the screen');
    return {
      text: bubble.querySelector('.text')?.textContent ?? '',
      top: bubble.getBoundingClientRect().top,
    };
  });
}

function positionOf(text: string): Promise<number> {
  return page.evaluate((words) => {
    const bubble = [...document.querySelectorAll('.bubble')].find(
      (one) => one.querySelector('.text')?.textContent === words,
    );
    return bubble?.getBoundingClientRect().top ?? Number.NaN;
  }, text);
}

/** Scrolls to where earlier messages are asked for, and tells where the first visible one was in each frame until they are in. */
function watchEarlierArrive(scrolled: number): Promise<{ before: number; tops: number[] }> {
  return page.evaluate(async (top) => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const count = () => window.gallery.models.timeline.items.value.length;
    const timeline = document.querySelector('.timeline');
    const header = document.querySelector('.conversation-header');
    if (timeline === null || header === null) throw new Error('there is no conversation');
    const countBefore = count();
    timeline.scrollTop = top;
    await frame();
    await frame();
    const { bottom } = header.getBoundingClientRect();
    const watched = [...document.querySelectorAll('.bubble')].find(
      (one) => one.getBoundingClientRect().top >= bottom,
    );
    const text = watched?.querySelector('.text')?.textContent;
    if (watched === undefined || count() !== countBefore)
      throw new Error('they came before they could be watched');
    const before = watched.getBoundingClientRect().top;
    const tops: number[] = [];
    for (let rest = 20; rest > 0 && tops.length < 600; rest -= count() === countBefore ? 0 : 1) {
      await frame();
      const bubble = [...document.querySelectorAll('.bubble')].find(
        (one) => one.querySelector('.text')?.textContent === text,
      );
      tops.push(bubble?.getBoundingClientRect().top ?? Infinity);
    }
    return { before, tops };
  }, scrolled);
}
