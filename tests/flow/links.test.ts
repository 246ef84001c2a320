import { afterAll, beforeAll, expect, test } from 'vitest';
import { SEEDED, seed } from '../support/seed.ts';
import { type TestServer, startServer } from '../support/server.ts';
import { until } from '../support/wait.ts';
import { type Person, openPerson } from './person.ts';

/** Ways into the app and what shows outside of it, at a server that lists nobody unasked. */
let server: TestServer;
let alice: Person;
let carol: Person;
const [name] = SEEDED.users;

beforeAll(async () => {
  server = await startServer({ env: { NEXCHAT_DIRECTORY: 'search' } });
  await seed({ url: server.url, messages: 300 });
  alice = await openPerson(server.url);
  await alice.page.evaluate(() => {
    // Headless browsers have no icon to put a number on.
    Object.assign(navigator, {
      setAppBadge: (count: number) => Promise.resolve(void (document.body.dataset['badge'] = String(count))),
    });
  });
}, 60_000);
afterAll(async () => {
  await alice?.browser.close();
  await carol?.browser.close();
  await server?.close();
});

const badge = (): Promise<string | null> => alice.page.evaluate(() => document.body.dataset['badge'] ?? null);

async function badgeBecomes(count: number): Promise<void> {
  await until(
    async () => {
      const now = await badge();
      return now === String(count) || Promise.reject(new Error(`it is ${now}`));
    },
    { within: 15_000, for: `a badge of ${count}` },
  );
}

test('a person copies their link, and a newcomer who opens it finds them after making an account', async () => {
  const { page, browser } = alice;
  await alice.signIn(name, SEEDED.password);
  await browser.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page
    .getByRole('link', { name: 'Settings' })
    .or(page.getByRole('button', { name: 'Settings' }))
    .first()
    .click();
  await page.getByRole('button', { name: 'Copy my link' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link).toBe(`${server.url}/people?name=alice`);

  carol = await openPerson(link);
  await carol.register('carol');
  await carol.page.getByRole('button', { name: 'Add alice as a friend' }).click();
  expect(await carol.page.locator('.person').count()).toBe(1);
  await carol.page.getByText('Requested').waitFor();

  await page.getByRole('button', { name: 'carol wants to be your friend' }).click();
  await page.getByRole('button', { name: 'Accept carol' }).waitFor();
  await carol.page.getByRole('button', { name: 'Withdraw the request to alice' }).click();
  await page.getByText('No open requests').waitFor();

  await carol.page.getByRole('button', { name: 'Add alice as a friend' }).click();
  await alice.acceptFriend('carol');
  await page.getByRole('button', { name: 'carol wants to be your friend' }).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'You can write to carol now' }).click();
  await page.getByRole('log', { name: 'Messages with carol' }).waitFor();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name: 'People' }).click();
  await carol.page.getByRole('button', { name: 'Message alice' }).click();
});

test('the number on the app’s icon is that of the unread messages', async () => {
  const before = Number(await badge());
  await carol.send('one', 'two', 'three');
  await badgeBecomes(before + 3);
  await alice.openChat('carol');
  await badgeBecomes(before);
});

test('each conversation is come back to where it was left, also after a reload', async () => {
  const { page } = alice;
  const log = page.getByRole('log', { name: 'Messages with bob' });
  const reading = () =>
    log.evaluate((timeline) => {
      const edge = timeline.getBoundingClientRect().top + 80;
      const row = [...timeline.querySelectorAll('.timeline-row')].find(
        (one) => one.getBoundingClientRect().bottom > edge,
      );
      return { text: row?.querySelector('.text')?.textContent, top: row?.getBoundingClientRect().top ?? 0 };
    });
  const settled = async () => {
    let before = '';
    return until(
      async () => {
        const now = await reading();
        const same = JSON.stringify(now) === before && now.text !== undefined;
        before = JSON.stringify(now);
        return same ? now : null;
      },
      { within: 10_000, every: 300, for: 'the conversation to stand still' },
    );
  };
  await alice.openChat('bob');
  await settled();
  await log.evaluate((timeline) => timeline.scrollBy(0, -2_345));
  const left = await settled();

  await alice.openChat('carol');
  await alice.sees('three');
  await alice.openChat('bob');
  const back = await settled();
  await page.reload();
  await log.waitFor();
  const again = await settled();
  for (const { text, top } of [back, again]) {
    expect(text).toBe(left.text);
    expect(Math.abs(top - left.top)).toBeLessThanOrEqual(2);
  }
});

test('no script failed', () => {
  expect([...alice.browser.faults(), ...carol.browser.faults()]).toEqual([]);
});
