import type { Page } from 'playwright-core';
import { type Browser, type BrowserOptions, openBrowser } from '../support/browser.ts';
import { until } from '../support/wait.ts';

export const PASSWORD = 'a quiet river at night';

/** A message as it stands on the screen. `tick` is null for those of the friend. */
export interface Shown {
  readonly text: string;
  readonly tick: string | null;
}

/** Somebody in front of a browser: does what a person does, and reads what a person reads. */
export interface Person {
  readonly browser: Browser;
  readonly page: Page;
  /** Gives the recovery code. */
  register(name: string, password?: string): Promise<string>;
  signIn(name: string, password?: string): Promise<void>;
  /** Fills in the form at the door and sends it off. */
  fillIn(choice: 'Create account' | 'Sign in', name: string, password: string): Promise<void>;
  /** Reads the recovery code that is on the screen, and goes on. */
  readCode(): Promise<string>;
  addFriend(name: string): Promise<void>;
  acceptFriend(name: string): Promise<void>;
  openChat(name: string): Promise<void>;
  /** Writes into the open conversation, each text as one message. */
  send(...texts: string[]): Promise<void>;
  /** The open conversation from its beginning to its end. */
  readAll(): Promise<Shown[]>;
  /** Waits until the last message of the open conversation is this one, with this tick; a minute at most, or so many ms. */
  sees(text: string, tick?: string, within?: number): Promise<void>;
  status(): Promise<string>;
  picture(name: string): Promise<void>;
}

export async function openPerson(url: string, options: BrowserOptions = {}): Promise<Person> {
  const browser = await openBrowser(options);
  const { page } = browser;
  await browser.context.addInitScript(stir);
  await page.goto(url);
  return personAt(browser, page);
}

/** They stay in front of it, which the app takes for true for a minute after an input: here is one that changes nothing. */
function stir(): void {
  setInterval(() => window.dispatchEvent(new Event('input')), 20_000);
}

export function personAt(browser: Browser, page: Page): Person {
  const fillIn: Person['fillIn'] = async (choice, name, password) => {
    await page.getByRole('tab', { name: choice }).click();
    await page.getByLabel('Username').fill(name);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('tabpanel').getByRole('button', { name: choice }).click();
  };
  const inside = () => page.getByRole('navigation', { name: 'Main' }).waitFor({ timeout: 30_000 });
  const readCode = async () => {
    const shown = await page.getByRole('group', { name: 'Recovery code' }).textContent({ timeout: 30_000 });
    await page.getByRole('button', { name: 'Continue without it' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Continue without it' }).click();
    await inside();
    return (shown ?? '').trim();
  };
  const go = async (panel: 'Chats' | 'People' | 'Requests' | 'Settings') => {
    await page
      .getByRole('navigation', { name: 'Main' })
      .getByRole('link', { name: panel })
      .or(page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name: panel }))
      .first()
      .click();
  };
  const timeline = () => page.getByRole('log', { name: /^Messages with/ });
  const chip = async () => {
    const connection = page.getByRole('complementary', { name: 'Connection' });
    // In one look: it may go at any moment.
    return (await connection.locator('.status-long').allTextContents())[0] ?? '';
  };

  return {
    browser,
    page,
    async register(name, password = PASSWORD) {
      await fillIn('Create account', name, password);
      return readCode();
    },
    async signIn(name, password = PASSWORD) {
      await fillIn('Sign in', name, password);
      await inside();
    },
    readCode,
    fillIn,
    async addFriend(name) {
      await go('People');
      await page.getByRole('button', { name: `Add ${name} as a friend` }).click();
    },
    async acceptFriend(name) {
      await go('Requests');
      await page.getByRole('button', { name: `Accept ${name}` }).click();
    },
    async openChat(name) {
      await go('Chats');
      await page
        .getByRole('region', { name: 'Conversations' })
        .getByRole('button', { name: new RegExp(`\\b${name}\\b`) })
        .click();
      await page.getByRole('log', { name: `Messages with ${name}` }).waitFor();
    },
    async send(...texts) {
      for (const text of texts) {
        await page.getByLabel('Message', { exact: true }).fill(text);
        await page.getByLabel('Message', { exact: true }).press('Enter');
        // On the device, not only on the screen.
        const stored = page.locator('.timeline-row', { has: page.locator('.tick:not([data-tick=writing])') });
        await timeline().locator(stored).getByText(text, { exact: true }).waitFor();
      }
    },
    readAll: () => readAll(page),
    async sees(text, tick, within = 60_000) {
      await until(
        async () => {
          const last = (await drawn(page)).at(-1);
          if (last?.text === text && (tick === undefined || last.tick === tick)) return true;
          const status = JSON.stringify(await chip());
          throw new Error(`the last message is ${JSON.stringify(last)}, and the app says ${status}`);
        },
        { within, for: `${JSON.stringify(text)} ${tick ?? ''}` },
      );
    },
    status: chip,
    async picture(name) {
      await page.screenshot({ path: `tests/.artifacts/flow-${name}.png` });
    },
  };
}

interface Drawn extends Shown {
  readonly key: string;
}

/** Only what is near the screen is drawn. */
async function drawn(page: Page): Promise<Drawn[]> {
  return page.locator('.timeline-row:has(.text, .unreadable)').evaluateAll((rows) =>
    rows.map((row) => ({
      key: (row as HTMLElement).dataset['key'] ?? '',
      text: row.querySelector('.text, .unreadable')?.textContent ?? '',
      tick: row.querySelector<SVGElement>('.tick')?.dataset['tick'] ?? null,
    })),
  );
}

/** Scrolls from the newest message to the oldest, until nothing more comes. */
async function readAll(page: Page): Promise<Shown[]> {
  const log = page.getByRole('log', { name: /^Messages with/ });
  let before = '';
  await until(
    async () => {
      await log.evaluate((element) => (element.scrollTop = 0));
      await page.waitForTimeout(60);
      const first = (await drawn(page))[0];
      const now = `${first?.key} ${await log.evaluate((element) => element.scrollHeight)}`;
      // While there are earlier messages, the oldest one that is here has no day above it.
      const whole = (await page.locator('.timeline-row[data-index="0"] .day').count()) > 0;
      const settled = now === before && whole;
      before = now;
      return settled || (first === undefined && (await log.textContent()) !== null);
    },
    { within: 20_000, for: 'the beginning of the conversation' },
  );
  // The window moves along: rows are known by their messages, not by their places in it.
  const shownByKey = new Map<string, Shown>();
  await until(
    async () => {
      for (const { key, text, tick } of await drawn(page)) shownByKey.set(key, { text, tick });
      const { isBelow, isLast } = await log.evaluate((element) => {
        const below = element.scrollTop + element.clientHeight >= element.scrollHeight - 2;
        element.scrollTop += element.clientHeight / 2;
        // Whoever is not at the newest message is offered the way there.
        return { isBelow: below, isLast: document.querySelector('.to-end') === null };
      });
      return isBelow && isLast;
    },
    { within: 60_000, every: 30, for: 'the end of the conversation' },
  );
  return [...shownByKey.values()];
}

export const texts = (shown: readonly Shown[]): string[] => shown.map(({ text }) => text);
