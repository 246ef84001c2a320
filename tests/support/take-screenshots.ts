import { mkdir } from 'node:fs/promises';
import { buildIfStale } from '#api/dev/build.ts';
import { type Person, openPerson } from '../flow/person.ts';
import { startServer } from './server.ts';

/**
 * Takes the pictures of the README and of the install dialog, of the real app with real people in it:
 * `npm run screenshots`. Look at them before you commit them.
 */
const DOCS = 'docs/screenshots';
const INSTALL = 'pwa/public/screenshots';

const TALK: readonly (readonly [who: 'maya' | 'jonas', text: string])[] = [
  ['maya', 'Did you find the path along the river?'],
  ['jonas', 'Yes! It starts behind the old mill, exactly where you said.'],
  ['jonas', 'There was a heron standing in the shallows. It did not mind me at all.'],
  ['maya', 'He lives there. We call him the landlord.'],
  ['jonas', 'I have no network down here most of the time, so this may reach you late.'],
  ['maya', 'That is fine, everything you write goes out by itself when you are back.'],
  ['jonas', 'Here is the map I used: https://example.org/river-path'],
  ['maya', 'Lovely. Shall we walk it together on Saturday? I can bring coffee.'],
  ['jonas', 'Saturday is perfect. Ten o’clock at the mill?'],
  ['maya', 'Ten it is.'],
];

await mkdir(DOCS, { recursive: true });
await mkdir(INSTALL, { recursive: true });
await buildIfStale();
const server = await startServer();
const people: Person[] = [];
const arrive = async (name: string, options: Parameters<typeof openPerson>[1] = {}) => {
  const person = await openPerson(server.url, options);
  people.push(person);
  await person.register(name);
  return person;
};
const befriend = async (a: Person, b: Person, [nameA, nameB]: readonly [string, string]) => {
  await a.addFriend(nameB);
  await b.acceptFriend(nameA);
};
/** As the app looks after its first day. */
const settle = async ({ page }: Person) => {
  await page.getByRole('button', { name: 'Later', exact: true }).click();
  // One hint comes after the other.
  for (const heading of [
    'It works offline, too',
    'Hear of new messages',
    'Keep NexChat at hand',
    'Know who you talk to',
  ]) {
    const hint = page.locator('.hint', { hasText: heading });
    await hint.getByRole('button', { name: /^(Got it|Not now)$/ }).click();
    await hint.waitFor({ state: 'detached' });
  }
};
const look = async (person: Person, path: string) => {
  // Toasts have gone and everything has come to rest.
  await person.page.mouse.move(0, 0);
  await person.page.waitForTimeout(6500);
  await person.page.screenshot({ path });
};

try {
  const maya = await arrive('maya');
  const jonas = await arrive('jonas');
  const ines = await arrive('ines');
  const tom = await arrive('tom');
  await arrive('lena');
  await befriend(maya, ines, ['maya', 'ines']);
  await befriend(maya, tom, ['maya', 'tom']);
  await befriend(maya, jonas, ['maya', 'jonas']);

  await tom.openChat('maya');
  await tom.send('The bread rose twice as high as last time', 'I blame your starter');
  await ines.openChat('maya');
  await ines.send('Rehearsal moved to half past seven');
  await maya.openChat('ines');
  await maya.send('Thank you, I will tell the others');
  await maya.openChat('jonas');
  await jonas.openChat('maya');
  for (const [who, text] of TALK) {
    const [writer, reader] = who === 'maya' ? [maya, jonas] : [jonas, maya];
    await writer.send(text);
    await reader.sees(text);
  }
  await maya.sees('Ten it is.', 'seen');
  await settle(maya);
  await look(maya, `${DOCS}/desktop-light.png`);
  await look(maya, `${INSTALL}/wide.png`);

  const phone = await openPerson(server.url, { width: 390, height: 844, touch: true });
  people.push(phone);
  await phone.signIn('maya');
  await phone.openChat('jonas');
  await phone.sees('Ten it is.');
  await look(phone, `${DOCS}/phone-light.png`);
  await look(phone, `${INSTALL}/narrow.png`);
  await phone.page.emulateMedia({ colorScheme: 'dark' });
  await look(phone, `${DOCS}/phone-dark.png`);
  await maya.page.emulateMedia({ colorScheme: 'dark' });
  await look(maya, `${DOCS}/desktop-dark.png`);
  await phone.page.emulateMedia({ colorScheme: 'light' });

  await phone.page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await server.sigkill();
  await phone.browser.context.setOffline(true);
  await phone.page.reload();
  for (const text of ['The train is in the tunnel now', 'See you on Saturday!']) {
    await phone.page.getByLabel('Message', { exact: true }).fill(text);
    await phone.page.getByRole('button', { name: 'Send', exact: true }).click();
    await phone.sees(text, 'queued');
  }
  await look(phone, `${DOCS}/phone-offline.png`);
} finally {
  for (const person of people) await person.browser.close();
  await server.close();
}
