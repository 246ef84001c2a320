import { afterAll, beforeAll, expect, test } from 'vitest';
import { fromBase64url, toBase64url } from '#shared/bytes.ts';
import { createBundle, generateIdentity } from '#shared/crypto/identity.ts';
import { parseBundle } from '#shared/crypto/verify.ts';
import { ERRORS } from '#shared/errors.ts';
import type { Bytes, UserId } from '#shared/ids.ts';
import type { Down, Entry, ForeignEntry, Message } from '#sync/wire/down.ts';
import { freePort } from '../support/free-port.ts';
import { type LyingProxy, createLyingProxy } from '../support/lying-proxy.ts';
import { type TestServer, startServer } from '../support/server.ts';
import { until } from '../support/wait.ts';
import { keyringOnDevice } from './at-device.ts';
import { PASSWORD, type Person, openPerson } from './person.ts';

/** Ana's server lies, one lie at a time; ben speaks to the true one. Each lie is noticed on ana's device. */

let server: TestServer;
let liar: LyingProxy;
let ana: Person;
let ben: Person;

beforeAll(async () => {
  const port = await freePort();
  liar = await createLyingProxy(port);
  server = await startServer({ port, origins: [liar.url] });
  [ana, ben] = await Promise.all([openPerson(liar.url), openPerson(server.url)]);
  await ana.register('ana');
  await ben.register('ben');
  await ana.addFriend('ben');
  await ben.acceptFriend('ana');
  await ana.openChat('ben');
  await ben.openChat('ana');
});
afterAll(async () => {
  await ana?.browser.close();
  await ben?.browser.close();
  await liar?.close();
  await server?.close();
});

/** What ana's device shows that says what was noticed. */
const says = (person: Person, text: string) =>
  person.page.getByText(text).filter({ visible: true }).first().waitFor({ timeout: 20_000 });

/** Another device of ana's, at the door. */
async function withNewDevice(task: (device: Person) => Promise<void>): Promise<void> {
  const device = await openPerson(liar.url);
  try {
    await task(device);
  } finally {
    liar.tell({});
    await device.browser.close();
  }
}

async function bundleOf(userId: UserId): Promise<Bytes> {
  return createBundle(await generateIdentity(), { userId, epoch: 9, created: Date.now() });
}

type Told = Extract<Entry, { kind: 'message' }>;
const isMessage = (entry: Entry | ForeignEntry): entry is Told => entry.kind === 'message';

/** Frames with the messages of others changed, in whatever form they come. */
function withMessages(frame: Down, change: <T extends Message>(messages: readonly T[]) => T[]): Down {
  if (frame.t !== 'entries') return frame;
  const { page } = frame;
  const changed = change(page.entries.filter(isMessage));
  const rest = page.entries.filter((entry) => !isMessage(entry));
  const entries = [...changed, ...rest].toSorted((a, b) => a.seq - b.seq);
  return { ...frame, page: { ...page, entries } };
}

test('settings that make the password easy to guess: it is not even tried', async () => {
  await withNewDevice(async (device) => {
    const asked: string[] = [];
    liar.tell({
      answer(path, body) {
        asked.push(path);
        if (path !== '/api/auth/prelogin') return undefined;
        return { kdf: { ...(body['kdf'] as object), iterations: 1_000 } };
      },
    });
    await device.fillIn('Sign in', 'ana', PASSWORD);
    await says(device, ERRORS.KDF_REFUSED.say);
    expect(asked).not.toContain('/api/auth/login');
  });
});

test('another identity shown to others as one’s own: signing in stops', async () => {
  await withNewDevice(async (device) => {
    const { userId } = await ownAccount();
    const bundle = toBase64url(await bundleOf(userId));
    liar.tell({ answer: (path, body) => (path === '/api/auth/login' ? { ...body, bundle } : undefined) });
    await device.fillIn('Sign in', 'ana', PASSWORD);
    await says(device, ERRORS.KEYRING_DAMAGED.say);
  });
});

test('receipts for what nobody has: the ticks wait for the truth', async () => {
  liar.tell({
    frame(frame) {
      if (frame.t !== 'entries') return frame;
      const forged = { delivered: 1_000, seen: 1_000 };
      const entries = frame.page.entries.map((entry) =>
        entry.kind === 'receipt' ? Object.assign(entry, { theirs: forged }) : entry,
      );
      return { ...frame, page: { ...frame.page, entries } };
    },
  });
  await ana.send('ben reads this');
  await ben.sees('ben reads this');
  await ana.sees('ben reads this', 'seen');
  await ben.page.goto('about:blank');
  await ana.send('nobody has this');
  await ana.sees('nobody has this', 'sent');
  await ana.page.waitForTimeout(1_500);
  await ana.sees('nobody has this', 'sent');
  liar.tell({});
  await ben.page.goto(server.url);
  await ben.openChat('ana');
  await ana.sees('nobody has this', 'seen');
});

test('an envelope that was touched, and an old one in place of a new one: neither is shown as a message', async () => {
  let first: Bytes | undefined;
  liar.tell({
    frame: (frame) =>
      withMessages(frame, (messages) =>
        messages.map((message) => {
          const envelope = message.envelope.slice();
          first ??= message.envelope.slice();
          envelope[envelope.length - 1] = (envelope.at(-1) ?? 0) ^ 1;
          return { ...message, envelope };
        }),
      ),
  });
  const unreadable = ana.page.locator('.timeline-row .unreadable');
  await ben.send('words that were touched');
  await until(async () => (await unreadable.count()) === 1, { within: 20_000, for: 'the placeholder' });
  liar.tell({
    frame: (frame) =>
      withMessages(frame, (messages) =>
        messages.map((message) => ({ ...message, envelope: first ?? message.envelope })),
      ),
  });
  await ben.send('words that were replaced');
  await until(async () => (await unreadable.count()) === 2, {
    within: 20_000,
    for: 'the second placeholder',
  });
  liar.tell({});
  await ben.send('words as they were written');
  await ana.sees('words as they were written');
  expect(await ana.page.getByText(/^words that were/).count()).toBe(0);
});

test('a keyring from before the friend was verified: it is refused, and the verification stays', async () => {
  const old = await ownAccount();
  await ana.page.goto(`${ana.page.url()}/safety`);
  await ana.page.getByRole('button', { name: 'Mark as verified' }).click();
  await says(ana, 'You made sure that this is ben.');
  // What the device does not know yet, it can't miss.
  await until(async () => (await keyringOnDevice(ana.page)) > old.revision, {
    within: 20_000,
    for: 'the verification to be in the keyring of the device',
  });
  liar.tell({ answer: (path) => (path === '/api/account' ? old : undefined) });
  await ana.page.reload();
  await says(ana, ERRORS.KEYRING_OLD.say);
  await says(ana, 'You made sure that this is ben.');
  liar.tell({});
});

test('another identity under a friend’s name on a new device: nothing can be sent to it', async () => {
  await withNewDevice(async (device) => {
    const impostor = await friendBundle();
    const forged = <T extends { readonly bundle: Bytes }>(friend: T): T => ({ ...friend, bundle: impostor });
    liar.tell({
      frame(frame) {
        if (frame.t === 'snapshot') {
          return { ...frame, part: { ...frame.part, contacts: frame.part.contacts.map(forged) } };
        }
        if (frame.t !== 'entries') return frame;
        const entries = frame.page.entries.map((entry) =>
          entry.kind === 'friend' ? forged(entry as Extract<Entry, { kind: 'friend' }>) : entry,
        );
        return { ...frame, page: { ...frame.page, entries } };
      },
    });
    await device.signIn('ana');
    await device.openChat('ben');
    await device.page.getByRole('region', { name: 'New identity' }).waitFor();
    await says(device, 'ben has a new identity');
    await device.page.getByLabel('Message', { exact: true }).fill('for ben alone');
    await device.page.getByLabel('Message', { exact: true }).press('Enter');
    await device.page.waitForTimeout(500);
    expect(await device.page.locator('.timeline-row').getByText('for ben alone').count()).toBe(0);
  });
});

test('a message that is not handed over: the conversation says that one is missing', async () => {
  await ana.page.goto(liar.url);
  await ana.openChat('ben');
  const missing = () => ana.page.locator('.remark[data-kind="messages-missing"]').count();
  expect(await missing()).toBe(0);
  let dropped = 0;
  liar.tell({
    frame: (frame) =>
      withMessages(frame, (messages) =>
        messages.flatMap((message) => {
          if (dropped === 0) {
            dropped = message.n;
            return [];
          }
          return [{ ...message, n: message.n > dropped ? message.n - 1 : message.n }];
        }),
      ),
  });
  await ben.send('this one disappears');
  await ben.send('this one is heard');
  await ana.sees('this one is heard');
  await until(async () => (await missing()) === 1, { within: 20_000, for: 'the notice' });
  await ana.picture('messages-missing');
});

/** Ana's account, as the true server has it. */
async function ownAccount(): Promise<{ userId: UserId; revision: number; keyring: string; bundle: string }> {
  let seen: unknown;
  liar.tell({
    answer(path, body) {
      if (path === '/api/account') seen = body;
      return undefined;
    },
  });
  return ana.page
    .evaluate(async () => {
      const device = await new Promise<string>((resolve, reject) => {
        const open = indexedDB.open('nexchat-device');
        open.addEventListener('error', () => reject(new Error('no device')));
        open.addEventListener('success', () => {
          const get = open.result.transaction('device').objectStore('device').get('device');
          get.addEventListener('success', () => resolve(get.result.id));
        });
      });
      const refreshed = await fetch('/api/auth/refresh', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ device }),
      });
      const { accessToken } = await refreshed.json();
      const answer = await fetch('/api/account', { headers: { Authorization: `Bearer ${accessToken}` } });
      return answer.json();
    })
    .finally(() => expect(seen).toBeDefined());
}

/** A bundle of ben's user id with another identity. */
async function friendBundle(): Promise<Bytes> {
  const path = new URL(ana.page.url()).pathname;
  const peer = path.split('/')[2] as UserId;
  const bundle = await bundleOf(peer);
  expect(parseBundle(bundle).ok).toBe(true);
  expect(fromBase64url(peer)?.length).toBe(16);
  return bundle;
}
