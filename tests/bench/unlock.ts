import type { Page } from 'playwright-core';
import { buildIfStale } from '#api/dev/build.ts';
import { openBrowser } from '#tests/support/browser.ts';
import { SEEDED, seed } from '#tests/support/seed.ts';
import { startServer } from '#tests/support/server.ts';
import { settled } from '#tests/support/wait.ts';
import { buildPageScript } from './programs.ts';
import { median } from './statistics.ts';
import { type Report, whole } from './table.ts';
import type { Sign } from './unlock-page.ts';

const MESSAGES = 1_000;
const ROUNDS = 5;
const SHOWN_MS = 30_000;
const PASSPHRASE = 'seven green umbrellas';
const [FRIEND, USER] = SEEDED.users;

/** What the lock of a device costs whoever opens the app: the built app in Chromium, without the lock and with it. */
export async function measureUnlock(): Promise<Report> {
  await buildIfStale();
  const script = await buildPageScript(new URL('unlock-page.ts', import.meta.url));
  const server = await startServer({ env: { NEXCHAT_FRAMES_PER_SECOND: '100000' } });
  const browser = await openBrowser();
  const { page } = browser;
  try {
    await seed({ url: server.url, messages: MESSAGES });
    await browser.context.addInitScript({ content: script });
    await page.goto(server.url);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await page.fill('input[name=username]', USER);
    await page.fill('input[name=password]', SEEDED.password);
    await page.click('button[type=submit]');
    await openChat(page);

    const without = [];
    for (let round = 0; round < ROUNDS; round++) {
      await page.reload();
      without.push(await after(page, 'readable'));
    }
    await turnOn(page);
    const withLock: Round[] = [];
    for (let round = 0; round < ROUNDS; round++) withLock.push(await lockAndUnlock(page));
    return reportOf(without, withLock);
  } finally {
    await browser.close();
    await server.close();
  }
}

/** In ms. */
interface Round {
  readonly closing: number;
  readonly opening: number;
  readonly listed: number;
  readonly readable: number;
}

/** Locks it from the settings and unlocks it; then opens the app anew where a conversation is open. */
async function lockAndUnlock(page: Page): Promise<Round> {
  await openLockSettings(page);
  await page.getByRole('button', { name: 'Lock now' }).click();
  const closing = await after(page, 'locked');
  await unlock(page);
  await openChat(page);

  await page.reload();
  const opening = await after(page, 'locked');
  await unlock(page);
  return {
    closing,
    opening,
    listed: await after(page, 'listed'),
    readable: await after(page, 'readable'),
  };
}

async function after(page: Page, sign: Sign): Promise<number> {
  const answer = page.evaluate<number>(`globalThis.probe.after('${sign}')`);
  return settled(answer, { within: SHOWN_MS, for: sign });
}

async function unlock(page: Page): Promise<void> {
  await page.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE);
  await page.getByRole('button', { name: 'Unlock', exact: true }).click();
}

async function turnOn(page: Page): Promise<void> {
  await openLockSettings(page);
  await page.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE);
  await page.getByLabel('Repeat the passphrase').fill(PASSPHRASE);
  await page.getByRole('button', { name: 'Turn on the lock' }).click();
  await page.getByRole('button', { name: 'Lock now' }).waitFor();
}

async function openLockSettings(page: Page): Promise<void> {
  await goTo(page, 'Settings');
  await page.getByRole('button', { name: /^App lock/ }).click();
}

async function openChat(page: Page): Promise<void> {
  await goTo(page, 'Chats');
  await page
    .getByRole('region', { name: 'Conversations' })
    .getByRole('button', { name: new RegExp(`\\b${FRIEND}\\b`) })
    .click();
  await page.getByRole('log', { name: `Messages with ${FRIEND}` }).waitFor();
}

const goTo = (page: Page, panel: 'Chats' | 'Settings'): Promise<void> =>
  page.getByRole('navigation', { name: 'Main' }).getByText(panel).click();

function reportOf(without: readonly number[], withLock: readonly Round[]): Report {
  const ms = (values: readonly number[]): string => `${whole(median(values))} ms`;
  const of = (figure: keyof Round): string => ms(withLock.map((round) => round[figure]));
  const rows = [
    ['Without the lock: app opened until the newest messages can be read', ms(without)],
    ['With it: app opened until the passphrase can be typed', of('opening')],
    ['Unlock pressed until the list of conversations shows', of('listed')],
    ['Unlock pressed until the newest messages can be read', of('readable')],
    ['Lock pressed until everything is out of sight', of('closing')],
  ];
  return {
    tables: [{ name: 'unlock', columns: ['', 'Chromium'], rows }],
    figures: { without, withLock },
  };
}
