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
}, 120_000);
afterAll(() => site?.close());

describe('timeline', () => {
  it('draws a screenful of 5,000 messages and opens at the newest', async () => {
    await show('conversation-5000');
    await settled(page);
    expect(await page.locator('.timeline-row').count()).toBeLessThan(60);
    expect(await fromEnd()).toBeLessThanOrEqual(1);
    expect(await page.locator('.to-end').count()).toBe(0);
  });

  it('opens at the first unread message when it does not fit with the newest', async () => {
    await show('conversation-5000-unread');
    await settled(page);
    const divider = await page.locator('.unread-divider').boundingBox();
    expect(divider?.y).toBeGreaterThan(60);
    expect(divider?.y).toBeLessThan(200);
    expect(await fromEnd()).toBeGreaterThan(1000);
  });

  it('asks for earlier messages near the start, once', async () => {
    await show('conversation-5000');
    await settled(page);
    expect(await calls()).not.toContain('loadEarlier');
    await page.locator('.timeline').evaluate((timeline) => (timeline.scrollTop = 300));
    await page.waitForFunction(() => window.gallery.models.timeline.items.value.length === 5100);
    await settled(page);
    expect((await calls()).filter((call) => call === 'loadEarlier').length).toBe(1);
  });

  it('keeps the reader’s place in every frame when earlier messages arrive', async () => {
    await show('conversation-5000');
    await settled(page);
    for (const scrolled of [0, 40, 700]) {
      expect(spread((await watchArrival(scrolled)).tops)).toBeLessThanOrEqual(1);
    }
  });

  it('C16 asks for what is missing once it comes near the screen, and keeps the reader’s place', async () => {
    await show('conversation-hole');
    await settled(page);
    expect(await page.locator('.hole').count()).toBe(0);
    expect(await fills()).toEqual([]);
    const first = await watchArrival();
    expect(first.asked).toEqual(['fillHole 361']);
    expect(spread(first.tops)).toBeLessThanOrEqual(1);
    expect((await watchArrival()).asked).toEqual(['fillHole 261']);
    await page.locator('.hole').waitFor({ state: 'detached' });
  });

  it('C16 keeps the place of a reader who waits at the start of what is here', async () => {
    await show('conversation-hole');
    await settled(page);
    await waitAtStart();
    const { tops } = await watchArrival(0);
    // Heights of rows and the scroll position are whole pixels, each for itself.
    expect(spread(tops)).toBeLessThanOrEqual(2);
  });

  it('C16 says without a connection that messages come later, and asks for them once there is one', async () => {
    await show('conversation-hole-offline');
    const hole = page.locator('.hole').last();
    await hole.getByText('Earlier messages come when you are back online').waitFor();
    expect(await fills()).toEqual([]);
    const said = await page.evaluate(async () => {
      window.gallery.models.status.link.value = 'live';
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      return [...document.querySelectorAll('.hole')].map(({ textContent }) => textContent);
    });
    expect(new Set(said)).toEqual(new Set(['Loading earlier messages']));
    await page.waitForFunction(() => window.gallery.calls.includes('fillHole 99'));
    await page.waitForFunction(() => window.gallery.models.timeline.items.value.length === 14 + 50);
  });

  it('follows what arrives only at the end; elsewhere a button counts it and leads there', async () => {
    await show('conversation-5000');
    await settled(page);
    await arrive('One');
    await settled(page);
    expect(await fromEnd()).toBeLessThanOrEqual(1);

    await page.locator('.timeline').evaluate((timeline) => (timeline.scrollTop -= 3000));
    await settled(page);
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
    await settled(page);
    await page.locator('.timeline').evaluate((timeline) => (timeline.scrollTop -= 3000));
    await settled(page);
    await page.getByRole('textbox').fill('Mine\nin\nmany\nlines');
    await page.keyboard.press('Enter');
    await page.locator('.bubble', { hasText: 'Mine' }).waitFor();
    await settled(page);
    expect(await fromEnd()).toBeLessThanOrEqual(1);
    await page.getByRole('textbox').fill('a\nb\nc\nd');
    await settled(page);
    expect(await fromEnd()).toBeLessThanOrEqual(1);
  });

  it('stays at the end while messages of both sides of any height interleave', async () => {
    await show('conversation-5000');
    await settled(page);
    await interleave({ rounds: 24, queued: false, everyMs: 15 });
    expect(await fromEnd()).toBeLessThanOrEqual(1);
    expect(await page.locator('.to-end').count()).toBe(0);
    expect(await lastSeen()).toBe(await newestIncoming());
  });

  it('stays at the end while queued messages get their numbers among those that come in', async () => {
    await show('conversation-5000');
    await settled(page);
    await interleave({ rounds: 24, queued: true, everyMs: 15 });
    expect(await fromEnd()).toBeLessThanOrEqual(1);
    expect(await page.locator('.to-end').count()).toBe(0);
    expect(await lastSeen()).toBe(await newestIncoming());
  });

  it.each([20, 45, 90])(
    'stays at the end while both type every %i ms and numbers come a little later',
    async (everyMs) => {
      await show('conversation-5000');
      await settled(page);
      await interleave({ rounds: 16, queued: true, soon: true, everyMs });
      expect(await fromEnd()).toBeLessThanOrEqual(1);
      expect(await page.locator('.to-end').count()).toBe(0);
      expect(await lastSeen()).toBe(await newestIncoming());
    },
  );

  it('leaves the end for a person who scrolls up a little, even while messages come in', async () => {
    await show('conversation-5000');
    await settled(page);
    await page.locator('.timeline').hover();
    const incoming = interleave({ rounds: 24, queued: false, everyMs: 30, mine: false });
    await page.mouse.wheel(0, -400);
    await page.locator('.to-end').waitFor();
    await incoming;
    await settled(page);
    expect(await fromEnd()).toBeGreaterThan(400);
    await page.getByRole('button', { name: /^\d+ new messages$/ }).click();
    await page.locator('.to-end').waitFor({ state: 'detached' });
    await settled(page);
    expect(await fromEnd()).toBeLessThanOrEqual(1);
  });

  it('comes back to the end for an own message, even if one of the friend is drawn after it', async () => {
    await show('conversation-5000');
    await settled(page);
    await page.locator('.timeline').evaluate((timeline) => (timeline.scrollTop -= 3000));
    await page.locator('.to-end').waitFor();
    await interleave({ rounds: 1, queued: false, everyMs: 0 });
    expect(await fromEnd()).toBeLessThanOrEqual(1);
  });

  it('reports as seen only what was on the screen of a focused window', async () => {
    await show('conversation-5000-unread');
    await settled(page);
    const seen = await lastSeen();
    const newest = await page.evaluate(() => window.gallery.models.timeline.items.value.at(-1)?.n ?? 0);
    expect(seen).toBeGreaterThan(5200);
    expect(seen).toBeLessThan(newest - 50);

    await page.evaluate(() =>
      Object.defineProperty(document, 'hasFocus', { value: () => false, configurable: true }),
    );
    await page.locator('.timeline').evaluate((timeline) => (timeline.scrollTop += 1500));
    await settled(page);
    expect(await lastSeen()).toBe(seen);

    await page.evaluate(() =>
      Object.defineProperty(document, 'hasFocus', { value: () => true, configurable: true }),
    );
    await page.evaluate(() => window.dispatchEvent(new Event('focus')));
    expect(await lastSeen()).toBeGreaterThan(seen);
  });

  it.each<[string, () => Promise<void>]>([
    ['a turn of the wheel', () => page.mouse.wheel(0, 10)],
    ['a move of the pointer', () => page.mouse.move(800, 320)],
    ['a key', () => page.keyboard.press('Shift')],
    ['coming back', () => page.evaluate(() => void window.dispatchEvent(new Event('focus')))],
  ])('reports nothing as seen after a minute without input, and then at %s', async (_what, input) => {
    await show('conversation');
    await settled(page);
    await page.mouse.move(700, 300);
    await arrive('One');
    await settled(page);
    const seen = await newestIncoming();
    expect(await lastSeen()).toBe(seen);

    await page.evaluate(() => {
      const now = Date.now;
      Date.now = () => now() + 60_000;
    });
    await arrive('Two');
    await settled(page);
    // What comes in moves the messages, and moving them without a hand is no input either.
    await page.locator('.timeline').evaluate((timeline) => (timeline.scrollTop -= 1));
    await settled(page);
    expect(await lastSeen()).toBe(seen);

    await input();
    await expect.poll(lastSeen).toBe(seen + 1);
  });

  it('speaks what arrives, never history', async () => {
    await show('conversation-5000');
    await settled(page);
    const voice = page.locator('[role=log][aria-live=polite]');
    expect(await voice.textContent()).toBe('');
    await page.locator('.timeline').evaluate((timeline) => (timeline.scrollTop = 0));
    await settled(page);
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
    expect(await phone.evaluate(() => [...window.gallery.calls])).toContain('send one');
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

describe('people', () => {
  it('asks the server for the beginning of a name once it has three letters and typing pauses', async () => {
    await show('people-search');
    await page.getByText('Type at least three letters of a name').waitFor();
    const field = page.getByRole('searchbox');
    await field.pressSequentially('el');
    await page.waitForTimeout(400);
    expect(await calls()).toEqual(['loadDirectory']);
    await field.pressSequentially('if');
    await page.getByText('Nobody’s name begins with “elif”.').waitFor();
    expect(await calls()).toEqual(['loadDirectory', 'loadDirectory elif']);
  });

  it('says who is online where the server tells, and of nobody while not connected', async () => {
    await show('people');
    const line = (name: string) =>
      page.locator('.person', { hasText: name }).locator('.person-line').textContent();
    await page.getByText('freya').waitFor();
    expect([await line('mira.okafor'), await line('elif.kaya')]).toEqual(['Online', '']);
    await page.locator('.person', { hasText: 'elif.kaya' }).getByText('Online').waitFor();
    expect(await line('freya')).toBe('Offline');
    await page.evaluate(() => (window.gallery.models.status.link.value = 'connecting'));
    await page.locator('.person .dot').first().waitFor({ state: 'detached' });
    expect(await page.locator('.person-line', { hasText: /^(Online|Offline)$/ }).count()).toBe(0);
  });

  it('a link leads to the one person whose it is, until something else is looked for', async () => {
    await page.goto(site.url('people', { name: 'web+nexchat:freya' }));
    await page.getByRole('button', { name: 'Add freya as a friend' }).waitFor();
    expect(await page.locator('.person').count()).toBe(1);
    expect(await calls()).toEqual(['loadDirectory freya']);
    await page.getByRole('searchbox').fill('');
    await page.getByText('clara.dubois').waitFor();

    await page.goto(site.url('people', { name: ' @Freya' }));
    await page.getByRole('button', { name: 'Add freya as a friend' }).waitFor();
    await page.goto(site.url('people', { name: 'Amara.Lindqvist' }));
    await page.getByText('clara.dubois').waitFor();
    for (const name of ['mira', 'https://example.org/freya']) {
      await page.goto(site.url('people', { name }));
      await page.getByText(`Nobody’s name contains “${name}”.`).waitFor();
      expect(await page.locator('.person').count()).toBe(0);
    }
  });

  it('says of a stranger what the directory told for a minute, and asks again on return', async () => {
    const other = await site.browser.newPage();
    await other.clock.install();
    await other.goto(site.url('people'));
    const said = (name: string) => other.locator('.person', { hasText: name }).getByText('Online');
    const asked = () =>
      other.evaluate(() => window.gallery.calls.filter((call) => call === 'loadDirectory').length);
    const answered = async (times: number) => {
      await expect.poll(asked).toBe(times);
      await other.clock.runFor(500);
      await said('elif.kaya').waitFor();
    };
    await other.getByText('freya').waitFor();
    await other.clock.runFor(10);
    await answered(1);
    await other.clock.runFor(61_000);
    await said('elif.kaya').waitFor({ state: 'detached' });
    await said('mira.okafor').waitFor();

    await other.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await answered(2);
    await other.evaluate(() => (window.gallery.models.status.link.value = 'offline'));
    await said('elif.kaya').waitFor({ state: 'detached' });
    await other.evaluate(() => (window.gallery.models.status.link.value = 'live'));
    await answered(3);
    await other.close();
  });
});

describe('around the conversation', () => {
  it('says that the server is away, and tries again when asked to', async () => {
    await show('conversation-offline');
    await page.getByRole('button', { name: /Can’t reach the server: 3 will send/ }).click();
    expect(await calls()).toContain('reconnect');
  });

  it('shows trouble in time even while it turns between trying and waiting', async () => {
    await show('list');
    await page.evaluate(() => {
      const { link } = window.gallery.models.status;
      setInterval(() => (link.value = link.value === 'connecting' ? 'offline' : 'connecting'), 500);
    });
    await page.locator('.status').waitFor({ timeout: 4000 });
  });

  it('refuses a file that is dropped anywhere, so that the browser never opens it', async () => {
    await show('conversation');
    const opened = await page.locator('.timeline').evaluate((element) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(['x'], 'x.html', { type: 'text/html' }));
      const drop = (type: string) =>
        element.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
      return [drop('dragover'), drop('drop')];
    });
    expect(opened).toEqual([false, false]);
    await page.locator('.notice', { hasText: 'Files can’t be sent yet' }).waitFor();
  });

  it('says so when there is no conversation at an address, and leads back', async () => {
    await show('conversation-unknown');
    await page.getByRole('heading', { name: 'There is no conversation at this address' }).waitFor();
    expect(await page.locator('.composer').count()).toBe(0);
    await page.getByRole('button', { name: 'Back to your chats' }).click();
    await page.getByText('Pick a conversation').waitFor();
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
    await page.waitForFunction(() => document.activeElement?.textContent === 'Search here');
    await page.keyboard.press('ArrowDown');
    await page.waitForFunction(() => document.activeElement?.textContent === 'Jump to date');
    await page.keyboard.press('End');
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
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('2 messages have not been sent and will be lost.').waitFor();
    await page.getByRole('button', { name: 'Sign out and erase' }).click();
    await page.getByRole('heading', { name: 'NexChat' }).waitFor();
    expect(await calls()).toContain('logOut');
  });

  it('asks for the password again where the chip says so', async () => {
    await show('sign-in-again');
    await page.getByRole('button', { name: 'Sign in again to send' }).click();
    const password = page.getByLabel('Password', { exact: true });
    await password.waitFor();
    await page.waitForFunction(() => document.activeElement?.matches('dialog input'));
    await page.keyboard.type('a long enough one');
    expect(await password.inputValue()).toBe('a long enough one');
    const dialog = page.getByRole('dialog');
    expect(
      await dialog.evaluate((element) => element.scrollLeft + element.scrollWidth - element.clientWidth),
    ).toBe(0);
    await page.keyboard.press('Enter');
    expect(await calls()).toContain('logIn amara.lindqvist');
  });
});

describe('while one has to sign in again', () => {
  it('says in the composer, which is there also where the chip is not, that messages wait', async () => {
    await show('conversation');
    await page.locator('.footnote', { hasText: 'End-to-end encrypted' }).waitFor();
    await page.evaluate(() => (window.gallery.models.session.needsSignIn.value = true));
    await page.locator('.footnote', { hasText: 'when you have signed in again' }).waitFor();
  });

  it('tells password managers the name in a field that nobody sees or lands in', async () => {
    for (const state of ['settings-password', 'settings-recovery']) {
      await show(state);
      const box = await page.locator('input[name=username]').boundingBox();
      expect([box?.width, box?.height]).toEqual([1, 1]);
    }
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
const fills = async () => (await calls()).filter((call) => call.startsWith('fillHole'));
const spread = (tops: readonly number[]) => Math.max(...tops) - Math.min(...tops);
const sent = async () => (await calls()).filter((call) => call.startsWith('send'));
const lastSeen = async () =>
  Number((await calls()).findLast((call) => call.startsWith('markSeen'))?.split(' ')[1] ?? 0);
const fromEnd = () =>
  page
    .locator('.timeline')
    .evaluate(({ scrollHeight, clientHeight, scrollTop }) => scrollHeight - clientHeight - scrollTop);

/** A message of the friend comes in. */
async function arrive(text: string): Promise<void> {
  await page.evaluate((words) => {
    const { timeline, conversations } = window.gallery.models;
    const newest = timeline.items.value.at(-1);
    if (newest === undefined) throw new Error('there is no conversation to arrive in');
    const n = (newest.n ?? 0) + 1;
    const id = `arrived-${n}` as typeof newest.id;
    timeline.items.value = [
      ...timeline.items.value,
      { id, mine: false, text: words, at: Date.now(), n, tick: null, error: null, holeBefore: false },
    ];
    conversations.rows.value = conversations.rows.value.map((row) =>
      row.peer === timeline.peer.value ? { ...row, unread: row.unread + 1 } : row,
    );
  }, text);
}

interface Burst {
  readonly rounds: number;
  /** Own messages wait below those of the friend, and get their numbers all together at the end. */
  readonly queued: boolean;
  /** An own message gets its number two messages later, not all together at the end. */
  readonly soon?: boolean;
  readonly everyMs: number;
  readonly mine?: boolean;
}

/** In each round one own message and one of the friend, of very different heights; then waits until all is still. */
async function interleave(burst: Burst): Promise<void> {
  await page.evaluate(async ({ rounds, queued, soon, everyMs, mine }) => {
    const { timeline, conversations } = window.gallery.models;
    type Item = (typeof timeline.items.value)[number];
    let n = timeline.items.value.at(-1)?.n ?? 0;
    const item = (id: string, own: boolean, round: number, number: number | null): Item => ({
      id: `${id}-${round}` as Item['id'],
      mine: own,
      text: `${id} ${round}`.concat(' and some more'.repeat((round * (own ? 7 : 13)) % 60)),
      at: Date.now(),
      n: number,
      tick: own ? (number === null ? 'queued' : 'sent') : null,
      error: null,
      holeBefore: false,
    });
    const pause = () => new Promise((done) => setTimeout(done, everyMs));
    const waiting = () => timeline.items.value.filter(({ tick }) => tick === 'queued');
    const settledItems = () => timeline.items.value.filter(({ tick }) => tick !== 'queued');
    for (let round = 0; round < rounds; round++) {
      if (queued) {
        timeline.items.value = [...timeline.items.value, item('own', true, round, null)];
        await pause();
      }
      const own = queued || mine === false ? [] : [item('own', true, round, ++n)];
      timeline.items.value = [...settledItems(), ...own, item('theirs', false, round, ++n), ...waiting()];
      conversations.rows.value = conversations.rows.value.map((row) =>
        row.peer === timeline.peer.value ? { ...row, unread: row.unread + 1 } : row,
      );
      await pause();
      const [first, ...rest] = waiting();
      if (soon === true && first !== undefined && rest.length > 0) {
        timeline.items.value = [...settledItems(), { ...first, n: ++n, tick: 'sent' }, ...rest];
      }
    }
    for (let first = waiting()[0]; first !== undefined; first = waiting()[0]) {
      const rest = waiting().slice(1);
      timeline.items.value = [...settledItems(), { ...first, n: ++n, tick: 'sent' }, ...rest];
      await pause();
    }
  }, burst);
  await settled(page);
}

function newestIncoming(): Promise<number> {
  return page.evaluate(
    () => window.gallery.models.timeline.items.value.findLast(({ mine }) => !mine)?.n ?? 0,
  );
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

/** A new device with the newest messages alone: scrolls to their start without a connection. */
async function waitAtStart(): Promise<void> {
  await page.evaluate(() => {
    const { timeline, status } = window.gallery.models;
    status.link.value = 'offline';
    timeline.items.value = timeline.items.value.slice(-40);
    timeline.hasEarlier.value = true;
  });
  await settled(page);
  await page.locator('.timeline').evaluate((timeline) => (timeline.scrollTop = 0));
  await settled(page);
  await page.locator('.hole').getByText('Earlier messages come when you are back online').waitFor();
}

/**
 * With a connection, scrolls to a place, or up until missing messages have been asked for, and tells where the first
 * message below the header is painted in each frame until they are in.
 */
function watchArrival(scrollTo?: number): Promise<{ asked: string[]; tops: number[] }> {
  return page.evaluate(async (place) => {
    const filled = () => window.gallery.calls.filter((call) => call.startsWith('fillHole'));
    const count = () => window.gallery.models.timeline.items.value.length;
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const [asked, before] = [filled().length, count()];
    const timeline = document.querySelector('.timeline');
    if (timeline === null) throw new Error('there is no conversation');
    window.gallery.models.status.link.value = 'live';
    const isThere = () => place !== undefined || filled().length > asked;
    if (place !== undefined) timeline.scrollTop = place;
    for (let steps = 0; !isThere(); steps++) {
      if (steps > 600) throw new Error('nothing was asked for');
      timeline.scrollBy(0, -40);
      await frame();
    }
    await frame();
    await frame();
    const { bottom } = document.querySelector('.conversation-header')?.getBoundingClientRect() ?? {
      bottom: 0,
    };
    const watched = [...document.querySelectorAll('.bubble')].find(
      (one) => one.getBoundingClientRect().top >= bottom,
    );
    const text = watched?.querySelector('.text')?.textContent;
    // Entries say what is painted: they are made after resize observers have put things right.
    const painted = () =>
      new Promise<number>((resolve) => {
        const observer = new IntersectionObserver((entries) => {
          observer.disconnect();
          const shown = entries.find(({ target }) => target.querySelector('.text')?.textContent === text);
          resolve(shown?.boundingClientRect.top ?? Infinity);
        });
        for (const bubble of document.querySelectorAll('.bubble')) observer.observe(bubble);
      });
    const tops = [await painted()];
    if (count() !== before) throw new Error('they came before they could be watched');
    for (let rest = 20; rest > 0 && tops.length < 600; rest -= count() === before ? 0 : 1) {
      tops.push(await painted());
    }
    return { asked: filled().slice(asked), tops };
  }, scrollTo);
}
