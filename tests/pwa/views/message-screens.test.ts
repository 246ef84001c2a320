import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openGallery } from './gallery-site.ts';
import type { GallerySite } from './gallery-site.ts';

let site: GallerySite;
let page: Page;

beforeAll(async () => {
  site = await openGallery();
}, 120_000);
beforeEach(async () => {
  await page?.close();
  page = await site.browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  page.setDefaultTimeout(8000);
});
afterAll(() => site?.close());

describe('one message, looked at closely', () => {
  it('is opened by its time, and by the keyboard from the timeline', async () => {
    await show('conversation');
    await page.locator('.meta').last().click();
    await dialog().waitFor();
    expect(await facts()).toMatchObject({ Seen: 'Not yet', Delivered: 'Not yet', Number: '53' });
    await page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
    await page.locator('.timeline').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await dialog().waitFor();
    expect((await facts())['Number']).toBe('52');
  });

  it('says where a time is not known', async () => {
    await show('conversation');
    // Seen, without a word of when.
    await page.locator('.meta:has(.tick[data-tick=seen])').last().click();
    await dialog().waitFor();
    expect((await facts())['Seen']).toBe('Yes. The time is not known on this device.');
  });

  it('is opened by a finger that rests on it', async () => {
    await show('conversation');
    await page
      .locator('.bubble')
      .last()
      .evaluate((bubble) =>
        bubble.dispatchEvent(
          new PointerEvent('contextmenu', { pointerType: 'touch', bubbles: true, cancelable: true }),
        ),
      );
    await dialog().waitFor();
  });

  it('that may be on its way is neither edited nor held back, and says so', async () => {
    await show('conversation-offline');
    await open('and the rope');
    await dialog().getByText('It may be on its way already').waitFor();
    expect(await dialog().getByRole('button', { name: 'Edit' }).count()).toBe(0);
    expect(await dialog().getByRole('button', { name: 'Don’t send' }).count()).toBe(0);
  });

  it('does not say that nobody tried where it may be on its way', async () => {
    await show('conversation-details-trying');
    await dialog().getByText('It may be on its way already').waitFor();
    expect((await facts())['Tried']).toBe('Just now');
  });

  it('reads from its top where it is longer than the screen', async () => {
    await page.setViewportSize({ width: 844, height: 390 });
    await show('conversation-details-late');
    await dialog().waitFor();
    expect(await dialog().evaluate((element) => element.scrollTop)).toBe(0);
    expect(await dialog().evaluate((element) => element.scrollHeight - element.clientHeight)).toBeGreaterThan(
      0,
    );
  });

  it('that was sent while one looked at it says so, and stays', async () => {
    await show('conversation-offline');
    await open('I can carry it');
    // The race: it can be taken back as far as the screen knows.
    await page.evaluate(() => {
      const { items } = window.gallery.models.timeline;
      items.value = items.value.map((item) =>
        item.text === 'I can carry it' ? { ...item, text: 'and the rope' } : item,
      );
    });
    await dialog().getByRole('button', { name: 'Don’t send' }).click();
    await dialog().getByText('It may be on its way already').waitFor();
    expect(await page.locator('.bubble', { hasText: 'and the rope' }).count()).toBe(2);
  });

  it('several that failed are tried again with one press', async () => {
    await show('conversation-unsent');
    await page.getByText('3 messages were not sent.').waitFor();
    await page.getByRole('button', { name: 'Try all again' }).click();
    await page.getByText('3 messages were not sent.').waitFor({ state: 'detached' });
    expect(await calls()).toContain('retryAll');
  });
});

describe('a message that waits, while it is edited', () => {
  const field = () => page.locator('.composer textarea');
  const strip = () => page.locator('.editing');

  it('is in the field, beside the draft, and is saved by Enter', async () => {
    await show('conversation-offline');
    const draft = await field().inputValue();
    await open('I can carry it');
    await dialog().getByRole('button', { name: 'Edit' }).click();
    await dialog().waitFor({ state: 'detached' });
    await strip().getByText('Editing a message that waits').waitFor();
    await strip().getByText('I can carry it').waitFor();
    await page.waitForFunction(() => document.activeElement?.matches('.composer textarea'));
    expect(await field().inputValue()).toBe('I can carry it');
    await field().press('End');
    await page.keyboard.type(', and the coffee');
    await page.keyboard.press('Enter');
    await strip().waitFor({ state: 'detached' });
    await page.locator('.bubble', { hasText: 'I can carry it, and the coffee' }).waitFor();
    expect(await field().inputValue()).toBe(draft);
    expect(await calls()).not.toContain('typing');
  });

  it.each(['Escape', 'Stop editing'])('%s leaves it as it was, and brings the draft back', async (way) => {
    await show('conversation-editing');
    await field().focus();
    if (way === 'Escape') await page.keyboard.press(way);
    else await page.getByRole('button', { name: way }).click();
    await strip().waitFor({ state: 'detached' });
    expect(await field().inputValue()).toBe('What was being written before');
    await page.waitForFunction(() => document.activeElement?.matches('.composer textarea'));
    await page.locator('.bubble', { hasText: /^I can carry it\d/u }).waitFor();
  });

  it('and emptied is not saved, but can be withdrawn', async () => {
    await show('conversation-editing');
    await field().fill('');
    await field().press('Enter');
    await page.locator('.footnote').getByText('A message needs words.').waitFor();
    expect(await calls()).not.toContain('saveEdit');
    await strip().getByRole('button', { name: 'Don’t send' }).click();
    await strip().waitFor({ state: 'detached' });
    expect(await page.locator('.bubble', { hasText: 'I can carry it' }).count()).toBe(0);
    expect(await field().inputValue()).toBe('What was being written before');
  });

  it('is marked among the others while its words are in the field', async () => {
    await show('conversation-editing');
    expect(await page.locator('.message[aria-current] .text').allInnerTexts()).toEqual(['I can carry it']);
    await page.getByRole('button', { name: 'Stop editing' }).click();
    await page.locator('.message[aria-current]').waitFor({ state: 'detached' });
  });

  it('no longer waits once it was sent once more, as another message', async () => {
    await show('conversation-editing');
    await strip().getByText('Editing a message that waits').waitFor();
    await page.evaluate(() => {
      const { items } = window.gallery.models.timeline;
      items.value = items.value.map((item) =>
        item.text === 'I can carry it' ? { ...item, id: 'another' as typeof item.id } : item,
      );
    });
    await strip().getByText('Sent or withdrawn meanwhile').waitFor();
  });

  it('says so when it has gone out, and keeps the words in the field', async () => {
    await show('conversation-offline');
    await page.evaluate(() => {
      const { items, draft, editing } = window.gallery.models.timeline;
      const item = items.value.find(({ text }) => text === 'and the rope');
      if (item === undefined) throw new Error('nothing waits');
      draft.value = '';
      editing.value = { id: item.id, was: 'and the rope', text: 'and two ropes', saving: false };
    });
    await strip().getByText('Editing a message that waits').waitFor();
    await page.evaluate(() => {
      const { items } = window.gallery.models.timeline;
      items.value = items.value.map((item) =>
        item.text === 'and the rope' ? { ...item, tick: 'sent' } : item,
      );
    });
    await strip().getByText('Sent or withdrawn meanwhile').waitFor();
    await field().press('Enter');
    await page.locator('.footnote').getByText('It can’t be changed any more.').waitFor();
    expect(await field().inputValue()).toBe('and two ropes');
    expect(await strip().count()).toBe(0);
  });
});

describe('notices', () => {
  it.each([
    { width: 1280, height: 800 },
    { width: 844, height: 390 },
    { width: 390, height: 844 },
  ])('lie above what is being written, also of several lines, at $width×$height', async (size) => {
    await page.setViewportSize(size);
    await page.goto(site.url('notices'));
    await page.locator('.composer textarea').fill('one\ntwo\nthree\nfour');
    const [notice, composer] = [page.locator('.notice').last(), page.locator('.composer')];
    await notice.waitFor();
    await expect
      .poll(async () => {
        const [above, below] = [await notice.boundingBox(), await composer.boundingBox()];
        return (below?.y ?? 0) - ((above?.y ?? 0) + (above?.height ?? 0));
      })
      .toBeGreaterThan(0);
    const tops = await page
      .locator('.notice:visible')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().top));
    expect(Math.min(...tops)).toBeGreaterThanOrEqual(0);
  });

  it('of a request lead to the requests, and are gone then', async () => {
    await page.goto(site.url('notices'));
    await page.getByRole('button', { name: 'noor.haddad wants to be your friend' }).click();
    await page.getByRole('heading', { name: 'Requests', level: 1 }).waitFor();
    const words = await page.locator('.notice').allInnerTexts();
    expect(words.filter((one) => one.includes('noor.haddad'))).toEqual([]);
    expect(words).toHaveLength(3);
  });

  it('of a friend lead to the conversation', async () => {
    await page.goto(site.url('notices'));
    await page.getByRole('button', { name: 'hanae.ito accepted your friend request' }).click();
    await page.getByRole('region', { name: 'hanae.ito' }).waitFor();
  });
});

describe('the list of conversations', () => {
  it('says which way a call went, and has a clock by a friend whom the server has not heard of', async () => {
    await show('conversation-calls');
    const row = (name: string) => page.locator('.conversation-item', { hasText: name });
    await row('mira.okafor').getByText('Missed voice call').waitFor();
    await row('tomasz.nowak').getByText('Outgoing video call').waitFor();
    await page.evaluate(() => {
      const { conversations, people } = window.gallery.models;
      const [first, ...others] = conversations.rows.value;
      if (first === undefined) throw new Error('there is no conversation');
      const contact = people.contactsById.value.get(first.peer);
      if (contact === undefined) throw new Error('there is no contact');
      people.contactsById.value = new Map([[first.peer, { ...contact, pending: true }]]);
      conversations.rows.value = [{ ...first, lastAt: 0, lastTick: null, lastCall: null }, ...others];
    });
    const quiet = row('mira.okafor');
    await quiet.getByText('Say hello').waitFor();
    await quiet.getByRole('img', { name: 'Waiting to be sent' }).waitFor();
    await page.evaluate(() => {
      const { people } = window.gallery.models;
      people.contactsById.value = new Map(
        [...people.contactsById.value].map(([id, contact]) => [id, { ...contact, pending: false }]),
      );
    });
    await quiet.getByRole('img', { name: 'Waiting to be sent' }).waitFor({ state: 'detached' });
  });
});

describe('what is said to who is new', () => {
  it('comes one at a time and never again once it was put away', async () => {
    await show('list-hint');
    const hint = page.getByRole('complementary', { name: 'Good to know' });
    await hint.getByText('It works offline, too').waitFor();
    await page.evaluate(() => (window.gallery.models.shell.installing.value = 'offered'));
    await hint.getByRole('button', { name: 'Got it' }).click();
    await hint.getByText('Hear of new messages').waitFor();
    await hint.getByRole('button', { name: 'Not now' }).click();
    await hint.getByText('Keep NexChat at hand').waitFor();
    await hint.getByRole('button', { name: 'Install' }).click();
    expect(await calls()).toContain('install');
    await hint.getByRole('button', { name: 'Got it' }).click();
    expect(await page.evaluate(() => [...window.gallery.models.shell.hintsDone.value])).toEqual([
      'offline',
      'notices',
      'install',
    ]);
  });

  it('offers notifications once something was said, and goes when they are on', async () => {
    await show('list-hint-notices');
    const hint = page.getByRole('complementary', { name: 'Good to know' });
    await hint.getByText('Hear of new messages').waitFor();
    await hint.getByRole('button', { name: 'Turn on' }).click();
    await hint.getByText('Hear of new messages').waitFor({ state: 'detached' });
    expect(await calls()).toContain('setNotices true');
    await show('list-hint-notices');
    await page.evaluate(() => {
      const { conversations } = window.gallery.models;
      conversations.rows.value = conversations.rows.value.map((row) => ({ ...row, lastAt: 0 }));
    });
    await hint.getByText('Hear of new messages').waitFor({ state: 'detached' });
  });

  it('a recovery code that was not confirmed leads to a new one', async () => {
    await show('list-hint-code');
    await page.getByRole('button', { name: 'Make a new code' }).click();
    await page.getByRole('heading', { name: 'Recovery code' }).waitFor();
    await page.getByText('Nobody has checked that your code was written down').waitFor();
  });

  it('leaves room for how to begin: nothing more than a reminder where there is no conversation', async () => {
    await show('list-hint');
    const cards = page.getByRole('complementary', { name: 'Good to know' });
    await cards.getByText('It works offline, too').waitFor();
    await page.evaluate(() => {
      const { account, conversations } = window.gallery.models;
      account.recoveryUnconfirmed.value = true;
      conversations.rows.value = [];
    });
    await page.getByRole('region', { name: 'Your messages will be here' }).waitFor();
    expect(await page.getByText('Pick a conversation').count()).toBe(0);
    await page.getByRole('button', { name: 'Make a new code' }).waitFor();
    expect(await cards.count()).toBe(1);
    await cards.getByRole('button', { name: 'Later' }).click();
    await cards.getByText('It works offline, too').waitFor();
  });

  it('what another app shares waits above the conversations, or is dropped', async () => {
    await show('list-share');
    await page.getByText('A path along the ridge').waitFor();
    await page.getByRole('button', { name: 'Discard' }).click();
    await page.getByText('A path along the ridge').waitFor({ state: 'detached' });
  });
});

describe('where one writes', () => {
  it('a long name leaves the empty field one line', async () => {
    await show('hostile');
    await page.setViewportSize({ width: 390, height: 844 });
    const field = page.getByRole('textbox', { name: 'Message', exact: true });
    const height = async () => (await field.boundingBox())?.height;
    const empty = await height();
    await field.fill('Short');
    expect(empty).toBe(await height());
  });
});

describe('looks and storage', () => {
  it('motion, transparency and contrast are set for the whole page, and where it is always dark', async () => {
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    await show('settings');
    for (const [label, look] of [
      ['Reduce motion', 'calm'],
      ['Reduce transparency', 'opaque'],
      ['More contrast', 'contrast'],
    ] as const) {
      await page.getByLabel(label).check();
      await page.locator(`html[data-looks~=${look}]`).waitFor();
    }
    await page.evaluate(() => {
      const dark = document.createElement('div');
      dark.className = 'always-dark';
      document.body.append(dark);
    });
    for (const [place, ink] of [
      ['html', '#160a05'],
      ['.always-dark', '#fff'],
    ] as const) {
      expect(await token(place, '--blur')).toBe('none');
      expect(await token(place, '--quick')).toMatch(/^0m?s$/);
      expect(await token(place, '--ink')).toBe(ink);
      expect(await token(place, '--glass')).toBe(await token(place, '--surface'));
    }
    await page.getByLabel('Reduce motion').uncheck();
    await page.locator('html:not([data-looks~=calm])').waitFor();
    for (const place of ['html', '.always-dark']) expect(await token(place, '--quick')).not.toMatch(/^0m?s$/);
  });

  it('a system that asks for more contrast is heard where it is always dark, too', async () => {
    await page.emulateMedia({ contrast: 'more' });
    await show('call-live-video');
    expect(await token('.always-dark', '--ink')).toBe('#fff');
    expect(await token('.always-dark', '--blur')).toBe('none');
  });

  it('says how much is used, and asks the browser to keep it', async () => {
    await show('settings');
    await page.getByText('about 48.3 MB of the 12.4 GB').waitFor();
    await page.getByRole('button', { name: 'Keep it' }).click();
    await page.getByText('Your browser keeps it').first().waitFor();
    expect(await page.getByRole('button', { name: 'Keep it' }).count()).toBe(0);
  });
});

const dialog = () => page.getByRole('dialog', { name: 'Message' });
const calls = () => page.evaluate(() => window.gallery.calls);
const token = (place: string, name: string) =>
  page
    .locator(place)
    .evaluate((element, property) => getComputedStyle(element).getPropertyValue(property), name);

async function open(text: string): Promise<void> {
  await page.locator('.bubble', { hasText: text }).locator('.meta').click();
  await dialog().waitFor();
}

function facts(): Promise<Record<string, string>> {
  return dialog().evaluate((element) =>
    Object.fromEntries(
      [...element.querySelectorAll('dt')].map((name) => [
        name.textContent,
        name.nextElementSibling?.textContent ?? '',
      ]),
    ),
  );
}

async function show(state: string): Promise<void> {
  await page.goto(site.url(state));
  await page.locator('.nav').waitFor();
}
