import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { encodeQR } from 'qr';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OWN_SAFETY_CODE, SAFETY_CODE } from '#pwa/dev/fake-trust.ts';
import { openGallery } from './gallery-site.ts';
import type { GallerySite } from './gallery-site.ts';

let site: GallerySite;
let page: Page;
let files: string;

/** The browser's camera films a file, which holds the code that the gallery shows. */
beforeAll(async () => {
  files = await mkdtemp(join(tmpdir(), 'nexchat-camera-'));
  const film = join(files, 'code.y4m');
  await writeFile(film, filmOf(SAFETY_CODE));
  site = await openGallery([
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${film}`,
  ]);
}, 120_000);
beforeEach(async () => {
  await page?.context().close();
  const context = await site.browser.newContext({
    viewport: { width: 1280, height: 800 },
    reducedMotion: 'reduce',
  });
  page = await context.newPage();
  page.setDefaultTimeout(8000);
});
afterAll(async () => {
  await site?.close();
  await rm(files, { recursive: true, force: true });
});

describe('the safety number', () => {
  it('opens from the menu of a conversation, takes focus, and gives it back', async () => {
    await show('conversation');
    await choose('Safety number');
    await page.waitForFunction(() => document.activeElement?.textContent === 'Safety number');
    expect(await page.getByRole('group', { name: /^The safety number/ }).textContent()).toMatch(
      /^(\d{5} ){12}$/,
    );
    expect(await calls()).toContain('showSafety miraokaforxxxxxxxxxxxx');
    // Beside the conversation, which can still be used.
    expect(await page.locator('.talk').evaluate((talk) => (talk as HTMLElement).inert)).toBe(false);
    await page.getByRole('button', { name: 'Close' }).click();
    await page.waitForFunction(() => document.activeElement?.matches('.composer textarea'));
    expect((await calls()).findLast((call) => call.startsWith('showSafety'))).toBe('showSafety nobody');
  });

  it.each([320, 390, 1100, 1280])('is read in rows of three groups at %i pixels', async (width) => {
    await page.setViewportSize({ width, height: 800 });
    await show('safety');
    const groups = page.locator('.safety .groups');
    await groups.waitFor();
    const tops = await groups
      .locator('span')
      .evaluateAll((spans) => spans.map((span) => span.getBoundingClientRect().top));
    const rows = [...new Set(tops)].map((top) => tops.filter((other) => other === top).length);
    expect(rows).toEqual([3, 3, 3, 3]);
    expect(await groups.evaluate((all) => all.scrollWidth - all.clientWidth)).toBe(0);
  });

  it('covers the conversation on a phone', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await show('safety');
    const panel = await page.locator('.safety').boundingBox();
    expect(panel).toEqual({ x: 0, y: 0, width: 390, height: 844 });
    expect(await page.locator('.talk').evaluate((talk) => (talk as HTMLElement).inert)).toBe(true);
    await page.getByRole('button', { name: 'Close' }).press('Escape');
    await page.locator('.safety').waitFor({ state: 'detached' });
    expect(await page.locator('.talk').evaluate((talk) => (talk as HTMLElement).inert)).toBe(false);
  });

  it('draws a code that a camera reads, and verifies by it', async () => {
    await page.context().grantPermissions(['camera']);
    await show('safety');
    await page.getByRole('button', { name: 'Scan their code' }).click();
    await page.getByText('The codes are the same. mira.okafor is verified.').first().waitFor();
    expect(await calls()).toContain(`compareSafety ${SAFETY_CODE}`);
    await page.waitForFunction(() => document.activeElement?.matches('.verdict'));
    await page.locator('.header-words .verified').waitFor();
    await page.getByRole('button', { name: 'Remove verification' }).click();
    await page.getByText('Not verified yet').first().waitFor();
    expect(await page.locator('.verdict').count()).toBe(0);
  });

  it('warns when the code belongs to somebody else, and verifies nobody', async () => {
    await show('safety');
    await page.getByRole('button', { name: 'Paste a code' }).click();
    await page.getByLabel('Code of mira.okafor').fill('NXSN1.of-somebody-else');
    await page.getByRole('button', { name: 'Compare' }).click();
    const verdict = page.locator('.verdict', { hasText: 'The codes are different.' });
    await verdict.waitFor();
    // Above the code, and yet on the screen of who pasted below it.
    const top = async () => (await verdict.boundingBox())?.y ?? 0;
    await expect.poll(top).toBeGreaterThan(60);
    await page.locator('.safety-state', { hasText: 'Not verified yet' }).waitFor();
  });

  it('the sixty digits say whether they are the same, and verify nobody by themselves', async () => {
    await show('safety');
    await page.getByRole('button', { name: 'Paste a code' }).click();
    const groups = await page.getByRole('group', { name: /twelve groups of five/ }).textContent();
    await page.getByLabel('Code of mira.okafor').fill(groups ?? '');
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.locator('.safety-body .note', { hasText: 'These are the same digits as yours.' }).waitFor();
    await page.locator('.safety-state', { hasText: 'Not verified yet' }).waitFor();
  });

  it('says so when the camera may not be used, and offers to paste, anything but one’s own code', async () => {
    await page.context().grantPermissions([]);
    await show('safety');
    await page.getByRole('button', { name: 'Scan their code' }).click();
    await page.locator('.scanner', { hasText: 'NexChat may not use the camera.' }).waitFor();
    await page.getByRole('button', { name: 'Paste a code' }).click();
    const field = page.getByLabel('Code of mira.okafor');
    await page.waitForFunction(() => document.activeElement?.matches('textarea.area-code'));
    await field.fill('hello');
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.locator('.form-error', { hasText: 'That is neither a safety code of NexChat' }).waitFor();
    await field.fill(OWN_SAFETY_CODE);
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.locator('.form-error', { hasText: 'This is your own code.' }).waitFor();
    await field.fill(SAFETY_CODE);
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.locator('.verdict[data-outcome=match]').waitFor();
  });

  it('switches the camera off when one stops', async () => {
    await page.context().grantPermissions(['camera']);
    await show('safety');
    // What is seen is no code of NexChat: the camera goes on looking.
    await page.evaluate(() => {
      const { mediaDevices } = navigator;
      const open = mediaDevices.getUserMedia.bind(mediaDevices);
      mediaDevices.getUserMedia = async (wanted) => {
        const stream = await open(wanted);
        for (const track of stream.getVideoTracks()) track.enabled = false;
        Object.assign(window, { tracks: stream.getTracks() });
        return stream;
      };
    });
    await page.getByRole('button', { name: 'Scan their code' }).click();
    await page.getByText('Hold the code on the screen of mira.okafor into the frame.').waitFor();
    const states = () =>
      page.evaluate(() => Reflect.get(window, 'tracks').map((track: MediaStreamTrack) => track.readyState));
    expect(await states()).toEqual(['live']);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('button', { name: 'Scan their code' }).waitFor();
    expect(await states()).toEqual(['ended']);
  });

  it('is copied as the text of its code', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await show('safety');
    await page.getByRole('button', { name: 'Copy code' }).click();
    await page.getByRole('button', { name: 'Code copied' }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(OWN_SAFETY_CODE);
  });

  it('keeps its mark beside a name that is too long for its line', async () => {
    await page.setViewportSize({ width: 320, height: 640 });
    const long = 'm'.repeat(32);
    for (const [state, name, goesOn] of [
      ['conversation-verified', 'h1 > bdi', false],
      ['list', '[data-row=miraokaforxxxxxxxxxxxx] .item-name > bdi', false],
      // Whom one asks to be a friend is read whole.
      ['people', '.person-name:has(.verified) > bdi', true],
    ] as const) {
      await show(state);
      await rename(long, 'verified');
      const words = page.locator(name).filter({ hasText: long });
      await words.waitFor();
      const cut = await words.evaluate((element) => element.scrollWidth - element.clientWidth);
      const lines = await words.evaluate((element) => {
        const whole = document.createRange();
        whole.selectNodeContents(element);
        const tops = new Set([...whole.getClientRects()].map(({ top }) => Math.round(top)));
        return tops.size;
      });
      if (goesOn) {
        expect(cut).toBeLessThanOrEqual(0);
        expect(lines).toBeGreaterThan(1);
      } else {
        expect(cut).toBeGreaterThan(0);
      }
      const mark = await words.locator('xpath=../*[@class="verified"]').boundingBox();
      const line = await words.locator('xpath=..').boundingBox();
      if (mark === null || line === null) throw new Error(`no mark in ${state}`);
      expect(mark.width).toBeGreaterThan(15);
      expect(mark.x + mark.width).toBeLessThanOrEqual(line.x + line.width + 0.5);
    }
  });

  it('is marked as compared by hand', async () => {
    await show('safety');
    await page.getByRole('button', { name: 'Mark as verified' }).click();
    await page.getByRole('button', { name: 'Remove verification' }).waitFor();
    await page.locator('[data-row=miraokaforxxxxxxxxxxxx] .verified').waitFor();
  });
});

describe('another identity', () => {
  it('is shown in the timeline and above the composer, and accepted by a tap', async () => {
    await show('conversation-changed');
    await page.locator('.remark', { hasText: 'mira.okafor has a new identity' }).waitFor();
    await page.locator('.footnote', { hasText: 'Messages wait until you continue' }).waitFor();
    // What is written meanwhile waits, too.
    await page.getByRole('textbox').fill('Are you still you?');
    await page.keyboard.press('Enter');
    expect(await calls()).toContain('send Are you still you?');
    await page.getByRole('button', { name: 'Continue with the new identity' }).click();
    await page.locator('.changed').waitFor({ state: 'detached' });
    expect(await calls()).toContain('acceptIdentity');
  });

  it('of somebody who was verified can only be verified again', async () => {
    await show('conversation-changed-verified');
    await page.locator('.changed').waitFor();
    expect(await page.getByRole('button', { name: 'Continue with the new identity' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Show safety number' }).click();
    await page.getByRole('button', { name: 'Mark as verified' }).click();
    await page.locator('.changed').waitFor({ state: 'detached' });
  });

  it('takes one line where there is little height, and says the rest when it is opened', async () => {
    await page.setViewportSize({ width: 844, height: 390 });
    await show('conversation-changed');
    const heights = async () => {
      const [header, notice] = [page.locator('.conversation-header'), page.locator('.changed')];
      const [above, below] = [await header.boundingBox(), await notice.boundingBox()];
      return { messages: (below?.y ?? 0) - (above?.y ?? 0) - (above?.height ?? 0), notice: below?.height };
    };
    const accept = page.getByRole('button', { name: 'Continue with the new identity' });
    await page.locator('.changed').waitFor();
    const { messages, notice } = await heights();
    expect(messages).toBeGreaterThan(120);
    expect(notice).toBeLessThan(60);
    expect(await accept.isVisible()).toBe(false);
    await page.locator('.changed summary').click();
    await accept.click();
    await page.locator('.changed').waitFor({ state: 'detached' });
  });

  it('stays where it happened while messages come, and moves no reader', async () => {
    await show('conversation-notices');
    const remarks = page.locator('.remark');
    await remarks.last().getByText('You verified mira.okafor').waitFor();
    await page.evaluate(() => {
      const { timeline } = window.gallery.models;
      const newest = timeline.items.value.at(-1);
      if (newest === undefined) throw new Error('there is no conversation');
      const id = 'arrived' as typeof newest.id;
      timeline.items.value = [
        ...timeline.items.value,
        { ...newest, id, n: 54, mine: false, tick: null, text: 'Good!' },
      ];
    });
    await page.locator('.bubble', { hasText: 'Good!' }).waitFor();
    const order = await page
      .locator('.timeline-row')
      .evaluateAll((rows) => rows.slice(-2).map((row) => row.querySelector('.remark') !== null));
    expect(order).toEqual([true, false]);
    const left = () =>
      page
        .locator('.timeline')
        .evaluate(({ scrollHeight, clientHeight, scrollTop }) => scrollHeight - clientHeight - scrollTop);
    await expect.poll(left).toBeLessThanOrEqual(1);
  });
});

describe('blocking and reporting', () => {
  it('says that a report waits while there is no connection', async () => {
    await show('conversation-offline');
    await page.getByRole('button', { name: 'Conversation menu' }).click();
    await page.getByRole('menuitem', { name: 'Report' }).click();
    await page.getByRole('button', { name: 'Send report' }).click();
    await page.getByRole('dialog').getByText('sent as soon as the server can be reached').waitFor();
  });

  it('blocks after asking, and unblocks where one would write', async () => {
    await show('conversation');
    await choose('Block');
    const dialog = page.getByRole('dialog', { name: 'Block mira.okafor?' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect(await calls()).not.toContain('stand blocked');
    await choose('Block');
    await dialog.getByRole('button', { name: 'Block' }).click();
    await page.getByText('You blocked mira.okafor.').waitFor();
    await page.locator('.composer').getByText('Not sent yet').waitFor();
    expect(await page.locator('.composer textarea').count()).toBe(0);
    await page.locator('[data-row=miraokaforxxxxxxxxxxxx]').getByText('Blocked').waitFor();
    await page.getByRole('button', { name: 'Unblock' }).click();
    await page.getByText('You blocked mira.okafor.').waitFor({ state: 'detached' });
  });

  it('reports with a reason and a note, and blocks if that is wanted', async () => {
    await show('conversation');
    await choose('Report');
    const dialog = page.getByRole('dialog', { name: 'Report mira.okafor' });
    await dialog.getByLabel('Pretends to be somebody else').check();
    await dialog.getByLabel('What happened (optional)').fill(' Not the Mira that I know ');
    await dialog.getByLabel('Also block mira.okafor').check();
    await dialog.getByRole('button', { name: 'Send report' }).click();
    await page.getByRole('dialog', { name: 'Thank you' }).getByRole('button', { name: 'Close' }).click();
    expect((await calls()).filter((call) => /^(report|stand)/.test(call))).toEqual([
      'stand blocked',
      'report mira.okafor impersonation Not the Mira that I know',
    ]);
    await page.getByText('You blocked mira.okafor.').waitFor();
  });

  it('asks within the screen of the smallest phone, however long the name', async () => {
    await page.setViewportSize({ width: 320, height: 640 });
    await show('conversation');
    await rename('m'.repeat(32));
    for (const item of ['Block', 'Report', 'Unfriend']) {
      await choose(item);
      const dialog = page.locator('dialog.dialog');
      await dialog.waitFor();
      expect(await dialog.evaluate((element) => element.scrollWidth - element.clientWidth)).toBe(0);
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
    }
  });

  it('is asked again, or answered, where one would write', async () => {
    await show('conversation-closed');
    const ask = page.getByRole('button', { name: 'Send a friend request' });
    await ask.click();
    await page.getByRole('button', { name: 'Withdraw the request' }).click();
    await ask.waitFor();
    await show('conversation-closed-asks');
    await page.locator('.composer').getByText('mira.okafor wants to be your friend again.').waitFor();
    await page.locator('.composer').getByRole('button', { name: 'Decline' }).click();
    await ask.waitFor();
  });

  it.each(['conversation-closed', 'conversation-blocked'])(
    'shows no presence of whom one can’t write to (%s)',
    async (state) => {
      const header = page.locator('.conversation-header');
      const row = page.locator('.conversation-item[aria-current=true]');
      await show('conversation');
      await header.locator('.dot[data-online=true]').waitFor();
      await row.locator('.dot[data-online=true]').waitFor();
      await show(state);
      await header.locator('.presence').waitFor();
      await row.waitFor();
      expect(await header.locator('.dot').count()).toBe(0);
      expect(await row.locator('.dot').count()).toBe(0);
      expect(await header.getByText('Online').count()).toBe(0);
    },
  );

  it('shows who is blocked among people, but not among requests', async () => {
    await show('people');
    const row = page.locator('.person', { hasText: 'victor.lang' });
    await row.getByText('Blocked').waitFor();
    await row.getByRole('button', { name: 'Unblock victor.lang' }).click();
    await row.getByText('Not sent yet').waitFor();
    await show('requests');
    expect(await page.getByText('xenia.moss').count()).toBe(0);
  });
});

async function show(state: string): Promise<void> {
  await page.goto(site.url(state));
  await page.locator('main').waitFor();
}

/** Mira with another name, and maybe verified. */
async function rename(name: string, trust: 'verified' | 'unverified' = 'unverified'): Promise<void> {
  await page.evaluate(
    ([newName, newTrust]) => {
      const { people, conversations, timeline } = window.gallery.models;
      conversations.rows.value = conversations.rows.value.map((row) =>
        row.peer === timeline.peer.value ? { ...row, name: newName } : row,
      );
      people.contactsById.value = new Map(
        [...people.contactsById.value].map(([id, contact]) => [
          id,
          id === timeline.peer.value ? { ...contact, name: newName, trust: newTrust } : contact,
        ]),
      );
    },
    [name, trust] as const,
  );
}

async function choose(item: string): Promise<void> {
  await page.getByRole('button', { name: 'Conversation menu' }).click();
  await page.getByRole('menuitem', { name: item, exact: true }).click();
}

const calls = () => page.evaluate(() => [...window.gallery.calls]);

/** One frame of an uncompressed film (YUV4MPEG2) that shows a QR code. */
function filmOf(text: string): Buffer {
  const [width, height] = [640, 480];
  const modules = encodeQR(text, 'raw', { ecc: 'medium', border: 4 });
  const scale = Math.floor(height / modules.length);
  const [left, top] = [width, height].map((side) => (side - modules.length * scale) >> 1) as [number, number];
  const luma = Buffer.alloc(width * height, 235);
  for (const [y, row] of modules.entries()) {
    for (const [x, dark] of row.entries()) {
      if (!dark) continue;
      for (let line = 0; line < scale; line++) {
        const from = (top + y * scale + line) * width + left + x * scale;
        luma.fill(16, from, from + scale);
      }
    }
  }
  const grey = Buffer.alloc((width * height) / 2, 128);
  const head = `YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\n`;
  return Buffer.concat([Buffer.from(head), Buffer.from('FRAME\n'), luma, grey]);
}
