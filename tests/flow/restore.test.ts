import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createProfile } from '../support/browser.ts';
import { type TestServer, startServer } from '../support/server.ts';
import { until } from '../support/wait.ts';
import { keyringOnDevice } from './at-device.ts';
import { countAtServer, declareRestored, keyringAtServer, moveRenewals } from './at-server.ts';
import { PASSWORD, type Person, openPerson, texts } from './person.ts';
import { everythingSettled } from './settled.ts';

/** Backups that are put back, of the server and of a device: what was said since is not lost, nor said twice. */
const MINUTE = 60_000;
/** Several browsers start in each of these, one after the other. */
const PATIENT = { timeout: 180_000 };
const ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function start(): Promise<TestServer> {
  const server = await startServer();
  ends.push(() => server.close());
  return server;
}

async function come(server: TestServer, profile?: string): Promise<Person> {
  const person = await openPerson(server.url, profile === undefined ? {} : { profile });
  ends.push(() => person.browser.close());
  return person;
}

async function aProfile(): Promise<string> {
  const profile = await createProfile();
  ends.push(() => rm(profile, { recursive: true, force: true, maxRetries: 5 }));
  return profile;
}

/** Ana and ben are friends and have each other's conversation open. */
async function meet(ana: Person, ben: Person): Promise<void> {
  await ana.register('ana');
  await ben.register('ben');
  await ana.addFriend('ben');
  await ben.acceptFriend('ana');
  await ana.openChat('ben');
  await ben.openChat('ana');
}

/** Back in a profile that was signed in. */
async function comeBack(server: TestServer, profile: string): Promise<Person> {
  const ana = await come(server, profile);
  await ana.page.getByRole('navigation', { name: 'Main' }).waitFor();
  await ana.openChat('ben');
  return ana;
}

/** Comes back for each message, and leaves when it was seen: the installation goes on by a generation each time. */
async function visit(server: TestServer, profile: string, ...messages: string[]): Promise<void> {
  for (const text of messages) {
    const ana = await comeBack(server, profile);
    await ana.send(text);
    await ana.sees(text, 'seen');
    await ana.browser.close();
  }
}

const look = ({ page }: Person) => page.evaluate(() => void window.dispatchEvent(new Event('focus')));

async function chipSays(person: Person, words: string): Promise<void> {
  await until(
    async () => {
      const said = await person.status();
      return said === words || Promise.reject(new Error(`it says ${JSON.stringify(said)}`));
    },
    { within: 30_000, every: 100, for: `the chip to say ${JSON.stringify(words)}` },
  );
}

async function signInAgain({ page }: Person, password: string): Promise<void> {
  await page.getByRole('complementary', { name: 'Connection' }).getByRole('button').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Password', { exact: true }).fill(password);
  await dialog.getByRole('button', { name: 'Sign in' }).click();
  await dialog.waitFor({ state: 'detached' });
}

test(
  'a server that is put back to an older copy gets from the devices what it had confirmed since',
  PATIENT,
  async () => {
    const server = await start();
    const [ana, ben] = [await come(server), await come(server)];
    await meet(ana, ben);
    await ana.send('ana 1', 'ana 2');
    await ben.send('ben 1');
    const before = await everythingSettled([ana, ben], 3);

    await server.stop();
    const copy = `${server.dataDir}-copy`;
    ends.push(() => rm(copy, { recursive: true, force: true }));
    await cp(server.dataDir, copy, { recursive: true });
    await server.start();
    await Promise.all([look(ana), look(ben)]);
    await ana.send('ana 3');
    await ana.sees('ana 3', 'seen');
    await ben.send('ben 2');
    await ben.sees('ben 2', 'seen');
    await ana.send('ana 4', 'ana 5');
    await ana.sees('ana 5', 'seen');
    await ben.sees('ana 5');

    await server.sigkill();
    // Not confirmed before, and confirmed by the restored server for the first time.
    await ben.send('ben 3');
    await rm(server.dataDir, { recursive: true });
    await cp(copy, server.dataDir, { recursive: true });
    declareRestored(server.dataDir);
    expect(countAtServer(server.dataDir, 'ana', 'ben')).toBe(3);
    await server.start();
    await Promise.all([look(ana), look(ben)]);

    const after = await everythingSettled([ana, ben], 8);
    expect(after.slice(0, 3)).toEqual(before);
    expect(after.filter((text) => text.startsWith('ana'))).toEqual([
      'ana 1',
      'ana 2',
      'ana 3',
      'ana 4',
      'ana 5',
    ]);
    expect(after.filter((text) => text.startsWith('ben'))).toEqual(['ben 1', 'ben 2', 'ben 3']);
    expect(countAtServer(server.dataDir, 'ana', 'ben')).toBe(8);

    // The conversation goes on, and a device that saw nothing of it reads the same.
    await ana.send('ana 6');
    await ana.sees('ana 6', 'seen');
    const tablet = await come(server);
    await tablet.signIn('ben');
    await tablet.openChat('ana');
    expect(texts(await tablet.readAll())).toEqual([...after, 'ana 6']);
    for (const { browser } of [ana, ben, tablet]) expect(browser.faults()).toEqual([]);
  },
);

test(
  'a server that is put back to before a change of the keyring lets its people in again, and gets the keyring back',
  PATIENT,
  async () => {
    const server = await start();
    const keyring = () => keyringAtServer(server.dataDir, 'ana');
    const reaches = (revision: number) =>
      until(async () => keyring() >= revision || Promise.reject(new Error(`it is ${keyring()}`)), {
        within: 30_000,
        every: 200,
        for: `keyring ${revision} at the server`,
      });
    const ana = await come(server);
    await ana.register('ana');
    const copy = `${server.dataDir}-copy`;
    ends.push(() => rm(copy, { recursive: true, force: true }));
    await server.stop();
    await cp(server.dataDir, copy, { recursive: true });
    const before = keyring();
    await server.start();
    const ben = await come(server);
    await ben.register('ben');
    await look(ana);
    await ana.addFriend('ben');
    await ben.acceptFriend('ana');
    await ana.openChat('ben');
    await ana.send('ana 1');
    await ana.sees('ana 1', 'delivered');
    // Who ben is, is in it now; and the device knows that it is, or it would have nothing to put back.
    await reaches(before + 1);
    await until(async () => (await keyringOnDevice(ana.page)) > before, {
      within: 20_000,
      for: 'the device to know its own keyring',
    });
    // The sign-in of the copy is long out of use.
    for (let renewed = 0; renewed < 2; renewed++) {
      moveRenewals(server.dataDir, -10 * MINUTE);
      await ana.page.reload();
      await ana.page.getByRole('navigation', { name: 'Main' }).waitFor();
      await chipSays(ana, '');
    }

    await server.stop();
    await rm(server.dataDir, { recursive: true });
    await cp(copy, server.dataDir, { recursive: true });
    declareRestored(server.dataDir);
    expect(keyring()).toBe(before);
    await server.start();
    await ana.page.reload();
    await chipSays(ana, 'Sign in again to send');
    await signInAgain(ana, PASSWORD);
    await chipSays(ana, '');
    await reaches(before + 1);
    expect(ana.browser.faults()).toEqual([]);
  },
);

/** Ana has said something, ben has seen it, and there is a copy of her profile from then. */
async function copyAna(server: TestServer) {
  const profile = await aProfile();
  const ana = await come(server, profile);
  const ben = await come(server);
  await meet(ana, ben);
  await ana.send('ana 1');
  await ana.sees('ana 1', 'seen');
  await ana.browser.close();
  const copied = await aProfile();
  await cp(profile, copied, { recursive: true });
  return { profile, copied, ben };
}

test(
  'a device whose whole profile was copied goes on as one more device, and so does the original',
  PATIENT,
  async () => {
    const server = await start();
    const { profile, copied, ben } = await copyAna(server);
    await visit(server, profile, 'ana 2', 'ana 3');
    // The copy's sign-in is the one before: good for as long as its successor may have got lost.
    moveRenewals(server.dataDir, 10 * MINUTE);
    const copy = await comeBack(server, copied);
    await copy.sees('ana 3');
    const ana = await comeBack(server, profile);
    await copy.send('from the copy');
    await ana.sees('from the copy');
    await ana.send('from the original');
    await copy.sees('from the original');
    const said = ['ana 1', 'ana 2', 'ana 3', 'from the copy', 'from the original'];
    expect(await everythingSettled([copy, ana, ben], 5)).toEqual(said);
    expect(countAtServer(server.dataDir, 'ana', 'ben')).toBe(5);
    for (const { browser } of [ana, ben, copy]) expect(browser.faults()).toEqual([]);
  },
);

test(
  'what waits to be sent in a profile that is copied is sent once, though the original and the copy have it',
  PATIENT,
  async () => {
    const server = await start();
    const profile = await aProfile();
    const before = await come(server, profile);
    const ben = await come(server);
    await meet(before, ben);
    await server.stop();
    await before.send('ana 1');
    await before.sees('ana 1', 'queued');
    await before.browser.close();
    const copied = await aProfile();
    await cp(profile, copied, { recursive: true });
    await server.start();
    await look(ben);

    await visit(server, profile, 'ana 2', 'ana 3');
    moveRenewals(server.dataDir, 10 * MINUTE);
    const copy = await comeBack(server, copied);
    await copy.send('from the copy');
    await ben.sees('from the copy');
    const said = ['ana 1', 'ana 2', 'ana 3', 'from the copy'];
    expect(await everythingSettled([copy, ben], 4)).toEqual(said);
    expect(countAtServer(server.dataDir, 'ana', 'ben')).toBe(4);
  },
);

test(
  'a profile that is found again long after it was copied must sign in again, and loses nothing',
  PATIENT,
  async () => {
    const server = await start();
    const { profile, copied, ben } = await copyAna(server);
    // The original renews its sign-in twice, so that the one in the copy is long out of use.
    for (const text of ['ana 2', 'ana 3']) {
      moveRenewals(server.dataDir, -10 * MINUTE);
      await visit(server, profile, text);
    }

    const copy = await comeBack(server, copied);
    await chipSays(copy, 'Sign in again to send');
    expect(texts(await copy.readAll())).toEqual(['ana 1']);
    await copy.send('from the copy');
    await copy.sees('from the copy', 'queued');
    await signInAgain(copy, PASSWORD);
    await copy.sees('from the copy', 'seen');
    const said = ['ana 1', 'ana 2', 'ana 3', 'from the copy'];
    expect(await everythingSettled([copy, ben], 4)).toEqual(said);

    // Nobody can tell which of the two is the owner's: the original has to prove itself as well.
    const ana = await comeBack(server, profile);
    await chipSays(ana, 'Sign in again to send');
    await signInAgain(ana, PASSWORD);
    expect(await everythingSettled([ana, ben], 4)).toEqual(said);
    expect(countAtServer(server.dataDir, 'ana', 'ben')).toBe(4);
  },
);

test(
  'an older copy of the browser’s database under the present sign-in is taken for a device of its own',
  PATIENT,
  async () => {
    const server = await start();
    const profile = await aProfile();
    const database = join(profile, 'Default', 'IndexedDB');
    let ana = await come(server, profile);
    const ben = await come(server);
    await meet(ana, ben);
    await ana.send('ana 1');
    await ana.sees('ana 1', 'seen');
    await ana.browser.close();
    const copied = await aProfile();
    await cp(database, copied, { recursive: true });

    await visit(server, profile, 'ana 2', 'ana 3');
    await rm(database, { recursive: true });
    await cp(copied, database, { recursive: true });

    ana = await comeBack(server, profile);
    expect(await everythingSettled([ana, ben], 3)).toEqual(['ana 1', 'ana 2', 'ana 3']);
    await ana.send('ana 4');
    await ana.sees('ana 4', 'seen');
    await ben.send('ben 1');
    await ben.sees('ben 1', 'seen');
    const said = ['ana 1', 'ana 2', 'ana 3', 'ana 4', 'ben 1'];
    expect(await everythingSettled([ana, ben], 5)).toEqual(said);
    expect(countAtServer(server.dataDir, 'ana', 'ben')).toBe(5);
    for (const { browser } of [ana, ben]) expect(browser.faults()).toEqual([]);
  },
);
