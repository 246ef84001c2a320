import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openGallery } from './gallery-site.ts';
import type { GallerySite } from './gallery-site.ts';

let site: GallerySite;
let page: Page;

beforeAll(async () => {
  // A camera and a microphone of the browser's own, which it gives to whoever asks.
  site = await openGallery(['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']);
  page = await site.browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  page.setDefaultTimeout(8_000);
}, 120_000);
afterAll(() => site?.close());

const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true });
const card = () => page.getByRole('alertdialog');
const screen = () => page.locator('.call-screen');
const calls = () => page.evaluate(() => [...window.gallery.calls]);

describe('a call that rings', () => {
  const ring = (media: 'voice' | 'video') =>
    page.evaluate((wanted) => {
      const { calls: model, conversations } = window.gallery.models;
      const row = conversations.rows.value[2];
      if (row === undefined) throw new Error('nobody is there');
      const id = '00000000-0000-7000-9000-000000000001' as NonNullable<typeof model.incoming.value>['id'];
      model.incoming.value = { id, peer: row.peer, name: row.name, media: wanted };
    }, media);

  it('leaves focus with who is typing, is spoken, and Escape does not decline it', async () => {
    await show('conversation');
    const field = page.getByRole('textbox', { name: 'Message' });
    await field.focus();
    await ring('voice');
    await card().waitFor();
    await page.keyboard.type('as I was saying');
    expect(await field.inputValue()).toBe('as I was saying');
    await page.keyboard.press('Escape');
    await spoken('jonas.weber is calling. Voice call.');
    expect(await card().isVisible()).toBe(true);
    expect(await calls()).not.toContain('declineCall');
  });

  it('takes focus from who is not typing, on no button, and gives it back', async () => {
    await show('conversation');
    await button('Conversation menu').focus();
    await ring('voice');
    await isFocused('.incoming');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Space');
    expect(await card().isVisible()).toBe(true);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Decline');
    await page.keyboard.press('Enter');
    await card().waitFor({ state: 'detached' });
    expect(await calls()).toContain('declineCall');
    await page.waitForFunction(
      () => document.activeElement?.getAttribute('aria-label') === 'Conversation menu',
    );
  });

  it.each([
    ['With camera', 'answerCall video'],
    ['Without camera', 'answerCall voice'],
  ])('a video call is answered %s', async (name, call) => {
    await show('call-incoming-video');
    await button(name).click();
    await screen().waitFor();
    expect(await calls()).toContain(call);
  });

  it('is not shown while the device is locked', async () => {
    await show('call-incoming');
    await card().waitFor();
    await page.evaluate(() => (window.gallery.models.session.phase.value = 'locked'));
    await card().waitFor({ state: 'detached' });
  });
});

describe('the screen of a call', () => {
  it('M and V switch microphone and camera there, and nowhere else', async () => {
    await show('call-live');
    await page.keyboard.press('m');
    await page.keyboard.press('v');
    await button('Unmute the microphone').waitFor();
    await page.keyboard.press('m');
    await button('Mute the microphone').waitFor();
    const toggles = (call: string) => /^set(?:Microphone|Camera) /u.test(call);
    expect((await calls()).filter(toggles)).toEqual([
      'setMicrophone false',
      'setCamera true',
      'setMicrophone true',
    ]);
    await page.keyboard.press('Escape');
    await page.locator('.call-bar').waitFor();
    await page.getByRole('textbox', { name: 'Message' }).focus();
    await page.keyboard.type('mv');
    expect((await calls()).filter(toggles)).toHaveLength(3);
  });

  it('covers the app while it is open, which is within reach again beside the bar', async () => {
    await show('call-live');
    const inert = () => page.locator('.shell').evaluate((shell: HTMLElement) => shell.inert);
    await screen().waitFor();
    expect(await inert()).toBe(true);
    await button(/^Back to the messages/u).click();
    await page.locator('.call-bar').waitFor();
    expect(await inert()).toBe(false);
    const bar = await boxOf(page.locator('.call-bar'));
    expect((await boxOf(page.locator('.conversation-header'))).y).toBeGreaterThanOrEqual(bar.y + bar.height);
    await page.getByRole('button', { name: /Back to the call/u }).click();
    await screen().waitFor();
    await button('End the call').click();
    await page.getByRole('heading', { name: 'The call has ended' }).waitFor();
    await spoken('The call has ended');
    await button('Close').click();
    await screen().waitFor({ state: 'detached' });
    expect(await inert()).toBe(false);
  });

  it.each(['ltr', 'rtl'])('the own picture goes where arrow keys send it (%s)', async (dir) => {
    await show('call-live-video', { dir });
    const own = button('Your picture: move it to the next corner');
    await own.focus();
    for (const [key, corner] of [
      ['ArrowLeft', 'bottom left'],
      ['ArrowUp', 'top left'],
      ['ArrowRight', 'top right'],
      ['ArrowDown', 'bottom right'],
    ] as const) {
      await page.keyboard.press(key);
      expect(await cornerOf(own), key).toBe(corner);
    }
  });

  it.each(['ltr', 'rtl'])('the own picture is dragged to a corner and snaps there (%s)', async (dir) => {
    await show('call-live-video', { dir });
    const own = button('Your picture: move it to the next corner');
    const { x, y } = await boxOf(own);
    await page.mouse.move(x + 40, y + 40);
    await page.mouse.down();
    await page.mouse.move(300, 250, { steps: 4 });
    await page.mouse.up();
    expect(await cornerOf(own)).toBe('top left');
    const snapped = await boxOf(own);
    await page.mouse.move(snapped.x + 40, snapped.y + 40);
    await page.mouse.down();
    await page.mouse.move(1200, 300, { steps: 4 });
    await page.mouse.up();
    expect(await cornerOf(own)).toBe('top right');
  });

  it('the own picture glides to its place, but not where less motion is wanted', async () => {
    const glides = async (look: string) => {
      await show('call-live-video');
      const own = button('Your picture: move it to the next corner');
      return own.evaluate(async (element: HTMLButtonElement, looks) => {
        document.documentElement.dataset['looks'] = looks;
        element.click();
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        return element.getAnimations().some((animation) => !(animation instanceof CSSTransition));
      }, look);
    };
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    expect(await glides('contrast')).toBe(true);
    expect(await glides('contrast calm')).toBe(false);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    expect(await glides('contrast')).toBe(false);
  });

  it('explains the four pictures', async () => {
    await show('call-live');
    await button('Compare these four: 🐙 🚲 🍋 🎩').click();
    await page.getByRole('heading', { name: 'Read these to each other' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Read these to each other' }).waitFor({ state: 'hidden' });
    expect(await screen().isVisible()).toBe(true);
  });

  it('a video call begins with a look at oneself, where devices are chosen', async () => {
    await show('conversation-calls');
    await page.locator('.header-calls').getByRole('button', { name: 'Video call with mira.okafor' }).click();
    await page.getByRole('heading', { name: 'Ready to call mira.okafor?' }).waitFor();
    await page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0);
    await page.getByLabel('Microphone', { exact: true }).selectOption('headset');
    await button('Start the call').click();
    await screen().getByText('Calling…').waitFor();
    expect(await calls()).toEqual(
      expect.arrayContaining(['call video', 'chooseDevice microphone headset', 'startCall']),
    );
  });

  it.each([
    ['call-ended-no-answer', 'mira.okafor did not answer', 'call video'],
    ['call-ended-busy', 'mira.okafor is in another call', 'call voice'],
    ['call-ended-failed', 'the two networks let no direct connection through', 'call voice'],
  ])('%s says why, and calls again', async (state, words, call) => {
    await show(state);
    await screen().getByText(words).waitFor();
    await button('Call again').click();
    const asked = (await calls()).filter((one) => !one.startsWith('keepPlace'));
    expect(asked.slice(-2)).toEqual(['dismissCall', call]);
  });

  it('every control is 44 pixels large or larger', async () => {
    for (const state of [
      'call-live-video',
      'call-preview',
      'call-incoming-video',
      'call-minimised',
      'calls',
    ]) {
      await show(state);
      await page.locator('.call-screen, .incoming, .call-bar, .call-row').first().waitFor();
      const small = () =>
        page.evaluate(() =>
          [...document.querySelectorAll('.call-screen, .incoming, .call-bar, .call-row')]
            .flatMap((place) => [...place.querySelectorAll('button, select')])
            .filter((control) => control.checkVisibility())
            .flatMap((control) => {
              const { width, height } = control.getBoundingClientRect();
              const isLarge = width >= 44 && height >= 44;
              return isLarge ? [] : `${width} × ${height} ${control.outerHTML.slice(0, 120)}`;
            }),
        );
      // When it has come to rest.
      await expect.poll(small, { message: state, timeout: 5_000 }).toEqual([]);
    }
  });
});

describe('messages under a call', () => {
  it.each([
    ['the call', 'live'],
    ['the look at oneself', 'preview'],
    ['the end of a call', 'ended'],
  ] as const)('are seen by nobody until %s is away', async (_what, phase) => {
    await show('conversation');
    await enter(phase);
    await screen().waitFor();
    const n = await arrive();
    expect(await lastSeen()).toBeLessThan(n);
    if (phase === 'live') {
      const back = button(/^Back to the messages: \d+ new ones? from mira\.okafor$/u);
      expect(await back.locator('.badge').textContent()).toMatch(/\d/u);
      await back.click();
    } else if (phase === 'preview') await button('Cancel').click();
    else await button('Close').click();
    await screen().waitFor({ state: 'detached' });
    await expect.poll(lastSeen).toBe(n);
  });

  it('are counted on the way back to them, those of nobody else', async () => {
    await show('call-live');
    await button('Back to the messages').waitFor();
    await show('call-live-unread');
    const back = button('Back to the messages: 2 new ones from mira.okafor');
    expect(await back.locator('.badge').textContent()).toBe('2');
  });

  it('are seen beside the bar', async () => {
    await show('call-minimised');
    const n = await arrive();
    await expect.poll(lastSeen).toBe(n);
  });

  it('are not seen under a question either', async () => {
    await show('conversation');
    await page.locator('.meta').last().click();
    await page.locator('dialog:modal').waitFor();
    const n = await arrive();
    expect(await lastSeen()).toBeLessThan(n);
    await page.keyboard.press('Escape');
    await page.locator('dialog:modal').waitFor({ state: 'detached' });
    await expect.poll(lastSeen).toBe(n);
  });
});

describe('the controls of a call', () => {
  it('say nothing of a microphone that is still being opened', async () => {
    await show('conversation');
    await enter('starting');
    await expect.poll(() => button('Microphone').isDisabled()).toBe(true);
    await page.evaluate(() => {
      const { mine } = window.gallery.models.calls;
      mine.value = { ...mine.value, microphone: true };
    });
    await button('Mute the microphone').click();
    await button('Unmute the microphone').waitFor();
  });

  it('name the letter M only where it does something', async () => {
    await show('call-live');
    const title = () => button('Mute the microphone').getAttribute('title');
    expect(await title()).toBe('Mute the microphone (M)');
    await page.keyboard.press('Escape');
    await page.locator('.call-bar').waitFor();
    expect(await title()).toBe('Mute the microphone');
  });

  it('a call that had worked before it failed was lost', async () => {
    await show('call-ended-failed');
    await page.getByRole('heading', { name: 'The call did not work' }).waitFor();
    await page.evaluate(() => {
      const { current } = window.gallery.models.calls;
      if (current.value !== null) current.value = { ...current.value, since: Date.now(), error: null };
    });
    await page.getByRole('heading', { name: 'The connection was lost' }).waitFor();
  });
});

describe('where there is little room', () => {
  it('a long name leaves the time of a call and the button to themselves', async () => {
    const phone = await site.browser.newPage({ viewport: { width: 360, height: 800 } });
    await phone.goto(site.url('calls'));
    await phone.evaluate(() => {
      const { history } = window.gallery.models.calls;
      history.value = history.value.map((call) => ({ ...call, name: 'm'.repeat(32) }));
    });
    const row = phone.locator('.call-row', { hasText: 'mmmm' }).first();
    const [name, time, call] = await Promise.all(
      ['.person-name', '.item-time', '.icon-button'].map((part) => boxOf(row.locator(part))),
    );
    expect(name?.width).toBeGreaterThan(80);
    expect((name?.x ?? 0) + (name?.width ?? 0)).toBeLessThanOrEqual(time?.x ?? 0);
    expect((time?.x ?? 0) + (time?.width ?? 0)).toBeLessThanOrEqual(call?.x ?? 0);
    await phone.close();
  });

  it.each([390, 360, 320])('German places touch neither each other nor the edge (%i)', async (width) => {
    const phone = await site.browser.newPage({ viewport: { width, height: 700 }, locale: 'de-DE' });
    await phone.goto(site.url('settings'));
    await phone.getByText('Einstellungen').first().waitFor();
    const words = await phone.locator('.nav-label').evaluateAll((labels) =>
      labels.map((label) => {
        const range = document.createRange();
        range.selectNodeContents(label);
        const { left, right } = range.getBoundingClientRect();
        return { left, right };
      }),
    );
    const edges = [0, ...words.flatMap(({ left, right }) => [left, right]), width];
    for (let at = 0; at < edges.length; at += 2) {
      expect((edges[at + 1] ?? 0) - (edges[at] ?? 0)).toBeGreaterThanOrEqual(3);
    }
    await phone.close();
  });

  it('the places of a phone on its side are all within reach, and nothing lies over them', async () => {
    const phone = await site.browser.newPage({ viewport: { width: 844, height: 390 } });
    await phone.goto(site.url('call-minimised-list'));
    await phone.locator('.call-bar').waitFor();
    await phone.evaluate(() => (window.gallery.models.status.link.value = 'offline'));
    const chip = phone.locator('.status');
    await chip.waitFor({ timeout: 15_000 });
    const [last, status] = [await boxOf(phone.locator('.nav-place').last()), await boxOf(chip)];
    expect(last.y + last.height).toBeLessThanOrEqual(status.y);
    expect(status.y + status.height).toBeLessThanOrEqual(390);
    await phone.close();
  });
});

describe('a call that ended while one reads', () => {
  it('says how for a while, and stays when it failed', async () => {
    for (const [error, left] of [
      [null, 0],
      ['CALL_NO_WAY', 1],
    ] as const) {
      const desk = await site.browser.newPage();
      await desk.clock.install();
      await desk.goto(site.url('call-minimised'));
      const bar = desk.locator('.call-bar');
      await bar.waitFor();
      await desk.evaluate((code) => {
        const { current } = window.gallery.models.calls;
        if (current.value === null) throw new Error('no call');
        current.value = { ...current.value, phase: 'ended', ending: 'failed', error: code };
      }, error);
      await bar.getByRole('button', { name: 'Close' }).waitFor();
      // What follows a drawing waits for a frame, which the clock gives as well.
      await desk.clock.runFor(1_000);
      await desk.clock.fastForward(8_000);
      expect(await bar.count()).toBe(1);
      await desk.clock.fastForward(3_000);
      await desk.clock.runFor(100);
      await expect.poll(() => bar.count()).toBe(left);
      await desk.close();
    }
  });
});

describe('what ends a call', () => {
  it('is asked before the app is locked, and only then', async () => {
    await show('settings-lock-call');
    await button('Lock now').click();
    const question = page.getByRole('dialog', { name: 'Lock NexChat now?' });
    await question.getByText('This ends your call with mira.okafor.').waitFor();
    await question.getByRole('button', { name: 'Cancel' }).click();
    await question.waitFor({ state: 'detached' });
    expect(await calls()).not.toContain('lockNow');
    await button('Lock now').click();
    await question.getByRole('button', { name: 'Lock now' }).click();
    await expect.poll(calls).toContain('lockNow');
  });

  it.each([
    ['settings-data-call', 'Erase now…'],
    ['settings-data-call', 'Delete account…'],
    ['settings', 'Sign out'],
  ])('says so: %s, %s', async (state, press) => {
    await show(state);
    await page.evaluate((other) => {
      const { calls: model, timeline } = window.gallery.models;
      const peer = timeline.peer.value;
      if (other && peer !== null) model.elsewhere.value = { peer, name: 'mira.okafor', where: 'tab' };
    }, state === 'settings');
    await button(press).click();
    await page.getByRole('dialog').getByText('This ends your call with mira.okafor.').waitFor();
  });

  it('is not said of a call on another device, which goes on', async () => {
    await show('settings');
    await page.evaluate(() => {
      const { calls: model, timeline } = window.gallery.models;
      const peer = timeline.peer.value;
      if (peer !== null) model.elsewhere.value = { peer, name: 'mira.okafor', where: 'device' };
    });
    await button('Sign out').click();
    await page.getByRole('dialog', { name: 'Sign out of this device?' }).waitFor();
    expect(await page.getByText('This ends your call').count()).toBe(0);
  });
});

describe('calling somebody', () => {
  it.each([
    ['conversation-closed', 'You can call mira.okafor once you are friends.'],
    ['conversation-offline', 'Calls need a connection to the server.'],
    ['conversation-changed', 'mira.okafor has a new identity. Check it before you call.'],
    ['call-elsewhere-tab', 'You are in a call already, in another tab or on another device.'],
  ])('%s: the buttons say why not', async (state, why) => {
    await show(state);
    await page.evaluate(() => {
      const { can } = window.gallery.models.calls;
      can.value = { ...can.value, call: true };
    });
    const call = page.locator('.header-calls').getByRole('button', { name: 'Voice call with mira.okafor' });
    await call.focus();
    await page.keyboard.press('Enter');
    await page.locator('.call-hint:popover-open', { hasText: why }).waitFor();
    await spoken(why);
    expect((await calls()).some((made) => made.startsWith('call '))).toBe(false);
  });

  it('a browser that can’t make calls is told so', async () => {
    await show('conversation');
    const call = page.locator('.header-calls').getByRole('button', { name: 'Voice call with mira.okafor' });
    expect(await call.getAttribute('title')).toBe('This browser can’t make calls.');
  });

  it('works from a missed call between the messages and from the list, with the keyboard alone', async () => {
    await show('conversation-calls');
    const back = page.getByRole('button', { name: 'Call back: Voice call with mira.okafor' }).last();
    await back.focus();
    await page.keyboard.press('Enter');
    await screen().getByText('Calling…').waitFor();
    await show('calls');
    await page.locator('.call-row-who').first().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Ready to call mira.okafor?' }).waitFor();
  });

  it('missed calls are told in words, counted in the navigation, and there are earlier ones', async () => {
    await show('calls');
    expect(await page.getByText('Missed voice call').count()).toBe(1);
    await page.getByRole('navigation').getByRole('button', { name: 'Calls 2 new' }).waitFor();
    await button('Show earlier calls').click();
    expect(await calls()).toContain('loadMoreCalls');
  });
});

it('a call that another device is in can be ended from here', async () => {
  await show('call-elsewhere-device');
  await page.locator('.call-bar').getByRole('button', { name: 'End the call' }).click();
  await page.locator('.call-bar').waitFor({ state: 'detached' });
  expect(await calls()).toContain('endCallElsewhere');
});

describe('the settings of calls', () => {
  beforeEach(() => show('settings-calls-no-relay'));

  it('say that without a relay no call could connect', async () => {
    await page.getByText('This server has no relay: while this is on, no call can connect.').waitFor();
    await page.getByRole('checkbox', { name: 'Only through the relay' }).uncheck();
    await page.getByText('This server has no relay, so with this on no call could connect.').waitFor();
    expect(await calls()).toContain('setRelayOnly false');
  });

  it('lead to the notifications, which tell of calls as well', async () => {
    await button('To the notifications').click();
    await page.getByRole('heading', { name: 'Notifications', level: 1 }).waitFor();
  });

  it('show and meter oneself, and let go of the devices afterwards', async () => {
    await page.getByRole('heading', { name: 'Microphone, camera and speaker' }).waitFor();
    await page.evaluate(() => {
      const { mediaDevices } = navigator;
      const open = mediaDevices.getUserMedia.bind(mediaDevices);
      mediaDevices.getUserMedia = async (wanted) => {
        const stream = await open(wanted);
        Object.assign(window, { opened: stream });
        return stream;
      };
    });
    await button('Test them').click();
    await page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0);
    // The browser's microphone beeps once a second.
    await page.waitForFunction(() => {
      const level = document.querySelector<HTMLElement>('.call-level')?.style.getPropertyValue('--level');
      return Number(level) > 0.05;
    });
    await button('End the test').click();
    await page.waitForFunction(() => document.querySelector('video') === null);
    const live = await page.evaluate(() =>
      (window as unknown as { opened: MediaStream }).opened
        .getTracks()
        .filter(({ readyState }) => readyState === 'live'),
    );
    expect(live).toEqual([]);
  });
});

async function show(state: string, more: Record<string, string> = {}): Promise<void> {
  await page.goto(site.url(state, more));
  await page.locator('main').first().waitFor();
  await page.locator('.composer, .panel, .section-pane, .nothing-open').first().waitFor();
}

const isFocused = (selector: string) =>
  page.waitForFunction((wanted) => document.activeElement?.matches(wanted), selector);

/** Into a call with the friend whose conversation is open. */
const enter = (phase: 'starting' | 'live' | 'preview' | 'ended') =>
  page.evaluate((wanted) => {
    const { calls: model, timeline } = window.gallery.models;
    if (timeline.peer.value === null) throw new Error('no conversation is open');
    model.current.value = {
      peer: timeline.peer.value,
      name: 'mira.okafor',
      mine: true,
      media: 'voice',
      phase: wanted,
      since: wanted === 'live' ? Date.now() : null,
      ending: wanted === 'ended' ? 'no-answer' : null,
      error: null,
    };
  }, phase);

/** A message of the friend whose conversation is open, drawn and come to rest; its number. */
const arrive = () =>
  page.evaluate(async () => {
    const { timeline, conversations } = window.gallery.models;
    const newest = timeline.items.value.at(-1);
    if (newest === undefined) throw new Error('there is no conversation to arrive in');
    const n = Math.max(...timeline.items.value.map((item) => item.n ?? 0)) + 1;
    const id = `arrived-${n}` as typeof newest.id;
    timeline.items.value = [
      ...timeline.items.value,
      { ...newest, id, mine: false, text: 'under the call', at: Date.now(), n, tick: null, error: null },
    ];
    conversations.rows.value = conversations.rows.value.map((row) =>
      row.peer === timeline.peer.value ? { ...row, unread: row.unread + 1 } : row,
    );
    for (let frames = 0; frames < 20; frames++) await new Promise((done) => requestAnimationFrame(done));
    return n;
  });

const lastSeen = async () =>
  Number((await calls()).findLast((call) => call.startsWith('markSeen'))?.split(' ')[1] ?? 0);

const spoken = (words: string) =>
  page.locator('[role=log][aria-live=polite]', { hasText: words }).waitFor({ state: 'attached' });

async function boxOf(locator: Locator) {
  const box = await locator.boundingBox();
  if (box === null) throw new Error('it is not on the screen');
  return box;
}

async function cornerOf(locator: Locator): Promise<string> {
  const { x, y, width, height } = await boxOf(locator);
  return `${y + height / 2 < 400 ? 'top' : 'bottom'} ${x + width / 2 < 640 ? 'left' : 'right'}`;
}
