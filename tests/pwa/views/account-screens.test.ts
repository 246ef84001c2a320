import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openGallery } from './gallery-site.ts';
import type { GallerySite } from './gallery-site.ts';
import type { UserId } from '#shared/ids.ts';

/** As in pwa/dev/fake-account.ts. */
const PASSWORD = 'four unrelated words';
const CODE = '7Q2M-4TZX-9KHR-5VNB-8WCD-3PFY-A6EJ';

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

describe('the recovery code', () => {
  it('is shown in groups, copied, and saved as a file', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await show('recovery-code');
    const code = page.getByRole('group', { name: 'Recovery code' });
    expect((await code.textContent())?.trim().split(' ').join('-')).toBe(CODE);
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(CODE);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('nexchat-recovery-code-amara.lindqvist.txt');
    expect(await readFile(await download.path(), 'utf8')).toContain(CODE);
  });

  it('lets nobody go on who has not typed the group that was asked for', async () => {
    await show('recovery-code');
    await page.getByRole('button', { name: 'I have written it down' }).click();
    const field = page.getByLabel(/^\d(st|nd|rd|th) group of four$/);
    await page.waitForFunction(() => document.activeElement?.matches('input.code-field'));
    expect(await page.getByText(CODE.slice(0, 4)).count()).toBe(0);
    await field.fill('0000');
    await page.keyboard.press('Enter');
    await page.locator('.form-error').waitFor();
    expect(await calls()).not.toContain('confirmRecoveryCode');
    const label = await page.locator('label').textContent();
    const asked = Number(label?.replace(/\D/g, ''));
    await field.fill(CODE.split('-')[asked - 1]?.toLowerCase() ?? '');
    await page.keyboard.press('Enter');
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    expect(await calls()).toContain('confirmRecoveryCode');
  });

  it('can be left out only after a warning', async () => {
    await show('recovery-code');
    await page.getByRole('button', { name: 'Continue without it' }).click();
    const dialog = page.getByRole('dialog', { name: 'Continue without a recovery code?' });
    await dialog.getByText('lost for good').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await calls()).not.toContain('confirmRecoveryCode');
    await page.getByRole('button', { name: 'Continue without it' }).click();
    await dialog.getByRole('button', { name: 'Continue without it' }).click();
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
  });
});

describe('door', () => {
  it('speaks why somebody was not let in', async () => {
    await show('door');
    await page.evaluate(() => (window.gallery.models.session.phase.value = 'entering'));
    await page.evaluate(() => {
      const { session } = window.gallery.models;
      session.error.value = 'BAD_CREDENTIALS';
      session.phase.value = 'signed-out';
    });
    await page.locator('[role=log] p').waitFor({ state: 'attached' });
  });

  it('keeps its top where it is when the form becomes another one', async () => {
    await show('door');
    const top = () => page.locator('.door-card').evaluate((card) => card.getBoundingClientRect().top);
    const before = await top();
    await page.getByRole('tab', { name: 'Create account' }).click();
    await page.getByText('3 to 32', { exact: false }).waitFor();
    expect(await top()).toBe(before);
    await page.getByRole('tab', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Forgot your password?' }).click();
    await page.getByRole('heading', { name: 'Get back in' }).waitFor();
    expect(await top()).toBe(before);
  });

  it('takes a name with every character that names may have', async () => {
    await show('door');
    await page.getByRole('tab', { name: 'Create account' }).click();
    await page.getByLabel('Username').fill('anna-lena_x.9');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByText('Strong').waitFor();
    await page.getByLabel('Password', { exact: true }).fill('anna-lena_x.9');
    await page.getByText('Easy to guess', { exact: true }).waitFor();
  });

  it('leads back in with a code and a new password, and shows what it is doing', async () => {
    await show('door');
    await page.getByLabel('Username').fill('Amara');
    await page.getByRole('button', { name: 'Forgot your password?' }).click();
    await page.getByRole('heading', { name: 'Get back in' }).waitFor();
    expect(await page.getByLabel('Username').inputValue()).toBe('Amara');
    await page.getByLabel('Recovery code').fill(CODE);
    await page.getByLabel('New password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    expect(await calls()).toEqual([`recover amara ${CODE}`]);
    await page.evaluate(() => {
      const { session } = window.gallery.models;
      session.phase.value = 'entering';
      session.stage.value = 'contacting';
    });
    await page.getByText('Contacting the server…').first().waitFor();
    await page.evaluate(() => {
      const { session } = window.gallery.models;
      session.phase.value = 'signed-out';
      session.error.value = 'BAD_CREDENTIALS';
    });
    await page.locator('.form-error', { hasText: 'The username or the recovery code is wrong.' }).waitFor();
    await page.getByRole('button', { name: 'Back to signing in' }).click();
    await page.getByRole('tab', { name: 'Create account' }).waitFor();
    expect(await page.locator('.form-error').count()).toBe(0);
  });

  it('takes no password that is easy to guess, or made of the name', async () => {
    await show('door');
    await page.getByRole('tab', { name: 'Create account' }).click();
    await page.getByLabel('Username').fill('amara.lindqvist');
    for (const guessable of ['password1234', 'amara.lindqvist']) {
      await page.getByLabel('Password', { exact: true }).fill(guessable);
      await page.getByText('Easy to guess', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Create account' }).click();
    }
    expect(await calls()).toEqual([]);
  });
});

describe('the lock', () => {
  it('shows nothing of what lies behind it, not even in the title', async () => {
    await show('list');
    await page.locator('.conversation-item').first().waitFor();
    expect(await page.title()).toBe('(131) NexChat');
    await page.evaluate(() => (window.gallery.models.session.phase.value = 'locked'));
    await page.getByRole('heading', { name: 'NexChat is locked' }).waitFor();
    // The title follows with the next frame.
    await expect.poll(() => page.title(), { timeout: 2_000 }).toBe('NexChat');
    expect(await page.locator('body').textContent()).not.toContain('mira');
  });

  it.each(['locked', 'signed-out'] as const)(
    'leaves nothing that was spoken behind when %s',
    async (phase) => {
      await show('conversation');
      const voice = page.locator('[role=log][aria-live=polite]');
      await page.evaluate(() => {
        const { timeline } = window.gallery.models;
        const newest = timeline.items.value.at(-1);
        if (newest === undefined) throw new Error('there is no conversation');
        const arrived = { ...newest, id: 'arrived' as typeof newest.id, n: 54, mine: false, tick: null };
        timeline.items.value = [...timeline.items.value, { ...arrived, text: 'Nobody else knows' }];
      });
      await voice.getByText('Nobody else knows').waitFor({ state: 'attached' });
      await page.evaluate((next) => (window.gallery.models.session.phase.value = next), phase);
      await page.locator('.door').waitFor();
      expect(await voice.textContent()).toBe('');
      // What still comes from inside is not spoken, but why the door stays shut is.
      await page.evaluate(() => {
        const { session, shell } = window.gallery.models;
        const who = [{ id: 'noor' as UserId, name: 'noor.haddad' }];
        shell.toasts.value = [{ id: 9, tone: 'info', says: { what: 'asks', who } }];
        session.error.value = 'BAD_CREDENTIALS';
      });
      await voice.locator('p').waitFor({ state: 'attached' });
      expect(await voice.textContent()).not.toContain('noor');
    },
  );

  it('opens with the passphrase, and says when it is wrong', async () => {
    await show('locked');
    await page.waitForFunction(() => document.activeElement?.matches('input[name=passphrase]'));
    await page.keyboard.type('something else');
    await page.keyboard.press('Enter');
    await page.getByText('That passphrase is not right.').waitFor();
    expect(await page.getByRole('button', { name: 'Use fingerprint, face or PIN' }).count()).toBe(0);
    await page.getByLabel('Passphrase', { exact: true }).fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
  });

  it('speaks a wrong passphrase, and says how long to wait after several', async () => {
    await show('locked');
    await page.keyboard.type('something else');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('That passphrase is not right.').waitFor();
    await page.evaluate(() => {
      const { error, wait } = window.gallery.models.account;
      error.value = 'RATE_LIMITED';
      wait.value = 2;
    });
    await page.getByRole('alert').getByText('Too many attempts. Try again in 2 seconds.').waitFor();
    const unlock = page.getByRole('button', { name: 'Unlock' });
    expect(await unlock.isDisabled()).toBe(true);
    await page.getByText('Too many attempts.').waitFor({ state: 'detached' });
    expect(await unlock.isDisabled()).toBe(false);
  });

  it('opens with the key of the device where there is one', async () => {
    await show('locked-key');
    await page.getByRole('button', { name: 'Use fingerprint, face or PIN' }).click();
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    expect(await calls()).toContain('unlockWithKey');
  });

  it('says what is lost before it erases the device', async () => {
    await show('locked');
    await page.getByRole('button', { name: 'Erase this device' }).click();
    const dialog = page.getByRole('dialog', { name: 'Erase NexChat from this device?' });
    await dialog.getByText('also those that were not sent yet').waitFor();
    expect(await calls()).not.toContain('wipe');
    await dialog.getByRole('button', { name: 'Erase everything' }).click();
    await page.getByRole('tab', { name: 'Sign in' }).waitFor();
    expect(await calls()).toContain('wipe');
  });

  it('is turned on with a passphrase typed twice, changed, and turned off with it', async () => {
    await show('settings-lock');
    await page.getByLabel('Passphrase', { exact: true }).fill(PASSWORD);
    await page.getByLabel('Repeat the passphrase').fill('four other words');
    await page.getByLabel('Lock after').selectOption('15 minutes');
    await page.getByRole('button', { name: 'Turn on the lock' }).click();
    await page.getByText('The two passphrases are different.').waitFor();
    await page.getByLabel('Repeat the passphrase').fill(PASSWORD);
    await page.getByRole('button', { name: 'Turn on the lock' }).click();
    await page.locator('.form-done', { hasText: 'NexChat locks itself after 15 minutes.' }).waitFor();
    await page.getByLabel('Lock after').selectOption('1 minute');
    await page.locator('.form-done', { hasText: 'NexChat locks itself after 1 minute.' }).waitFor();
    await page.getByLabel('Passphrase', { exact: true }).fill('wrong');
    await page.getByRole('button', { name: 'Turn off' }).click();
    await page.getByText('That passphrase is not right.').waitFor();
    await page.getByLabel('Passphrase', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Turn off' }).click();
    await page.locator('.form-done', { hasText: 'The lock is off.' }).waitFor();
    expect(await calls()).toEqual(['enableLock 15', 'setLockMinutes 1', 'disableLock', 'disableLock']);
  });

  it('adds the key of the device, and closes at once when asked to', async () => {
    await show('settings-lock-on');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText('unlocks NexChat, too').waitFor();
    await page.getByRole('button', { name: 'Lock now' }).click();
    await page.getByRole('button', { name: 'Use fingerprint, face or PIN' }).waitFor();
  });

  it('takes the key of the device away, and keeps the passphrase', async () => {
    await show('settings-lock-key');
    await page.getByRole('button', { name: 'Remove it' }).click();
    await page.getByRole('button', { name: 'Add', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Turn off' }).waitFor();
    expect(await calls()).toEqual(['removeLockKey']);
  });
});

describe('settings', () => {
  it('opens a section beside the list, and moves focus to it and back', async () => {
    await show('settings');
    await page.getByRole('button', { name: 'Change your password' }).click();
    await page.waitForFunction(() => document.activeElement?.textContent === 'Password');
    await page.getByRole('button', { name: 'Devices' }).waitFor();
    await page.getByRole('button', { name: 'amara.lindqvist' }).click();
    await page.waitForFunction(() => document.activeElement?.matches('[data-row=password]'));
  });

  it('is one thing at a time on a phone', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await show('settings');
    await page.getByRole('button', { name: 'About' }).click();
    await page.getByText(/^\d+\.\d+\.\d+$/).waitFor();
    expect(await page.getByRole('button', { name: 'Devices' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Back' }).click();
    await page.waitForFunction(() => document.activeElement?.matches('[data-row=about]'));
    expect(await page.getByText('Your key fingerprint').count()).toBe(1);
  });

  it('renames a device, ends one, and ends all others after asking', async () => {
    await show('settings-devices');
    await page.getByRole('button', { name: 'Rename Safari on iPhone' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('  My phone ');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Sign out My phone' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    expect(await page.locator('.device').count()).toBe(3);
    await page.getByRole('button', { name: 'Sign out My phone' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
    await page.waitForFunction(() => document.querySelectorAll('.device').length === 2);
    await page.getByRole('button', { name: 'Sign out all others' }).click();
    await page.getByRole('dialog').getByText('1 device will be signed out').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out all others' }).click();
    await page.getByRole('button', { name: 'Sign out all others' }).waitFor({ state: 'detached' });
    expect(await calls()).toEqual([
      'loadDevices',
      'renameDevice phone My phone',
      'endDevice phone',
      'endOtherDevices',
    ]);
  });

  it('asks for the devices once there is a connection', async () => {
    await show('settings-devices-failed');
    await page.getByText('The list of devices needs a connection.').waitFor();
    expect(await calls()).toEqual([]);
    await page.evaluate(() => (window.gallery.models.status.link.value = 'live'));
    await page.waitForFunction(() => window.gallery.calls.includes('loadDevices'));
  });

  it('renews the keys', async () => {
    await show('settings-devices');
    await page.getByRole('button', { name: 'Renew keys' }).click();
    await page.locator('.form-done', { hasText: 'Your keys are new.' }).waitFor();
  });

  it('changes the password, and says which one is wrong', async () => {
    await show('settings-password');
    await page.getByLabel('Current password').fill('not this one');
    await page.getByLabel('New password').fill('lantern over wet gravel');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('The password is wrong.', { exact: true }).first().waitFor();
    await page.getByLabel('Current password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.locator('.form-done', { hasText: 'Your password is changed.' }).waitFor();
    expect(await page.getByLabel('New password').inputValue()).toBe('');
  });

  it('makes a new recovery code and shows it before anything else', async () => {
    await show('settings-recovery');
    await page.getByText('Your current code was made on 12 Apr 2026.').waitFor();
    await page.getByText('Your current code will stop working. The new one is shown once.').waitFor();
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Make a new code' }).click();
    await page.getByRole('heading', { name: 'Your recovery code' }).waitFor();
    expect(await page.getByRole('navigation', { name: 'Main' }).count()).toBe(0);
  });

  it.each([
    ['settings-recovery-none', 'You have no recovery code.'],
    ['settings-recovery-unknown', 'Connect to see whether you have a code.'],
  ])('says of no code that it will stop working where none is known (%s)', async (state, what) => {
    await show(state);
    await page.getByText(what).waitFor();
    await page.getByText('The new code is shown once.').waitFor();
    expect(await page.getByText('will stop working').count()).toBe(0);
  });

  it('opens an exported file to read it, and keeps what is in it text', async () => {
    await show('settings-data');
    const open = page.locator('form', { hasText: 'Open an exported file' });
    await open.getByLabel('Passphrase of the file').fill('wrong');
    await open.getByRole('button', { name: 'Open' }).click();
    await open.getByText('Choose a file first.').waitFor();
    await open.getByLabel('Exported file').setInputFiles({
      name: 'amara.nxexport',
      mimeType: 'application/octet-stream',
      buffer: Buffer.from('sealed'),
    });
    await open.getByRole('button', { name: 'Open' }).click();
    await open.getByText('This passphrase does not open the file.').waitFor();
    await open.getByLabel('Passphrase of the file').fill(PASSWORD);
    await open.getByRole('button', { name: 'Open' }).click();
    await page.getByRole('button', { name: 'jonas.weber' }).click();
    await page.locator('.bubble', { hasText: 'a roof rack <b>and</b> a tent' }).waitFor();
    await page.getByRole('button', { name: 'All conversations' }).click();
    await page.getByRole('button', { name: 'mira.okafor' }).click();
    await page.getByText('See you on Saturday, then').waitFor();
    expect(await page.locator('.bubble').count()).toBe(300);
    await page.getByRole('button', { name: 'Show 300 earlier' }).click();
    await page.getByRole('button', { name: 'Show 40 earlier' }).click();
    expect(await page.locator('.bubble').count()).toBe(640);
    await page.getByRole('button', { name: 'All conversations' }).click();
    await page.getByRole('button', { name: 'Close the file' }).click();
    await page.getByText('Export your data').waitFor();
  });

  it('exports under a passphrase', async () => {
    await show('settings-data');
    await page.getByLabel('Passphrase for the file').fill(PASSWORD);
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    await page.locator('.form-done', { hasText: 'The file is ready.' }).waitFor();
  });

  it('deletes the account only with the name typed and the right password', async () => {
    await show('settings-data');
    await page.getByRole('button', { name: 'Delete account…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete amara.lindqvist for good?' });
    const confirm = dialog.getByRole('button', { name: 'Delete for good' });
    await dialog.getByLabel('Password', { exact: true }).fill('not this one');
    await dialog.getByLabel('Type amara.lindqvist to confirm').fill('amara');
    expect(await confirm.isDisabled()).toBe(true);
    await dialog.getByLabel('Type amara.lindqvist to confirm').fill('amara.lindqvist');
    await confirm.click();
    await dialog.getByText('The password is wrong.').waitFor();
    await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await confirm.click();
    await page.getByRole('tab', { name: 'Sign in' }).waitFor();
  });

  it('erases the device at once, after asking', async () => {
    await show('settings-data');
    await page.getByRole('button', { name: 'Erase now…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Erase everything' }).click();
    await page.getByRole('tab', { name: 'Sign in' }).waitFor();
    expect(await calls()).toContain('wipe');
  });

  it('lists who is blocked, with what has not reached the server, and unblocks', async () => {
    await show('settings-blocked');
    const row = page.locator('.person', { hasText: 'xenia.moss' });
    await row.getByText('Not sent yet').waitFor();
    await page.getByRole('button', { name: 'Unblock victor.lang' }).click();
    await page.locator('.person', { hasText: 'victor.lang' }).waitFor({ state: 'detached' });
  });
});

describe('notifications', () => {
  const on = () => page.getByRole('checkbox', { name: 'Show notifications' });

  it('are asked for by a press, and say how far they reach', async () => {
    await show('settings-notices');
    expect(await page.getByText('What they show', { exact: true }).count()).toBe(0);
    await on().click();
    await page.getByRole('status').getByText('They also come while NexChat is closed.').waitFor();
    expect(await on().isChecked()).toBe(true);
    await page.getByRole('radio', { name: 'Who wrote', exact: true }).check();
    expect(await calls()).toEqual(['setNotices true', 'setPreview name']);
    await on().click();
    await page.getByText('What they show', { exact: true }).waitFor({ state: 'detached' });
  });

  it('keep the focus while a choice is carried out, and take no other', async () => {
    await show('settings-notices-busy');
    await on().focus();
    await page.keyboard.press('Space');
    await on().click({ force: true });
    expect(await on().isChecked()).toBe(false);
    expect(await calls()).toEqual([]);
    expect(await on().evaluate((box) => box === document.activeElement)).toBe(true);
    expect(await on().getAttribute('aria-disabled')).toBe('true');
  });

  it('say what stands in the way', async () => {
    for (const [state, sentence] of [
      ['no-server', 'This server wakes no devices'],
      ['no-browser', 'push service can’t be reached'],
      ['locked', 'While the app lock is on'],
      ['refused', 'The browser shows no notifications of NexChat'],
      ['missing', 'This browser can’t show notifications'],
      ['install', 'need NexChat on the home screen'],
    ]) {
      await show(`settings-notices-${state}`);
      await page.getByText(sentence ?? '').waitFor();
    }
    expect(await on().count()).toBe(0);
  });
});

describe('midnight', () => {
  it('turns Today into Yesterday on a screen that stays open', async () => {
    await page.clock.install({ time: new Date(2026, 4, 4, 23, 59, 30) });
    await show('conversation');
    const day = page.locator('.day span').last();
    await day.getByText('Today').waitFor();
    await page.clock.runFor(40_000);
    await day.getByText('Yesterday').waitFor();
    expect(await page.locator('[data-row=miraokaforxxxxxxxxxxxx] .item-time').textContent()).toBe(
      'Yesterday',
    );
  });
});

async function show(state: string): Promise<void> {
  await page.goto(site.url(state));
  await page.locator('main').waitFor();
}

const calls = () => page.evaluate(() => [...window.gallery.calls]);
