import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestServer, startServer } from '../support/server.ts';
import { createRandom } from '../sync/sim/random.ts';
import { countAtServer } from './at-server.ts';
import { type Person, openPerson, texts } from './person.ts';
import { everythingSettled, saidBy } from './settled.ts';
import { startWriting } from './writer.ts';

const ROUNDS = 30;
/** From a server that is ready until it is killed, at most, in ms. */
const LIFE = 900;
const SEED = Number(process.env['FLOW_SEED'] ?? Math.floor(Math.random() * 1e9));

let server: TestServer;
const everybody: Person[] = [];

beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  for (const person of everybody) await person.browser.close();
  await server.close();
});

async function somebody(): Promise<Person> {
  const person = await openPerson(server.url);
  everybody.push(person);
  return person;
}

const look = ({ page }: Person) => page.evaluate(() => void window.dispatchEvent(new Event('focus')));

test(
  `a server that is killed ${ROUNDS} times while both write loses and doubles nothing that it confirmed`,
  { timeout: 300_000 },
  async () => {
    process.stdout.write(`FLOW_SEED=${SEED}\n`);
    const random = createRandom(SEED);
    const [ana, ben] = [await somebody(), await somebody()];
    await ana.register('ana');
    await ben.register('ben');
    await ana.addFriend('ben');
    await ben.acceptFriend('ana');
    await ana.openChat('ben');
    await ben.openChat('ana');

    const writers = [
      await startWriting(ana.page, 'ana', 200),
      await startWriting(ben.page, 'ben', 230),
    ] as const;
    for (let round = 0; round < ROUNDS; round++) {
      await sleep(random.between(0, LIFE));
      await server.sigkill();
      await server.start();
      // By itself the app would wait longer after each of so many failures; somebody who looks at it does not.
      for (const person of [ana, ben]) await look(person);
    }
    const [byAna, byBen] = [await writers[0].stop(), await writers[1].stop()];
    for (const person of [ana, ben]) await look(person);
    const written = [...byAna.texts, ...byBen.texts];

    const said = await everythingSettled([ana, ben], written.length);
    expect(saidBy('ana', said)).toEqual(byAna.texts);
    expect(saidBy('ben', said)).toEqual(byBen.texts);
    expect(said).toHaveLength(written.length);
    // Ticks told the truth; and there were enough of them to have something to tell.
    expect(said).toEqual(expect.arrayContaining([...byAna.shownAsSent, ...byBen.shownAsSent]));
    expect(byAna.shownAsSent.length + byBen.shownAsSent.length).toBeGreaterThan(ROUNDS);
    expect(countAtServer(server.dataDir, 'ana', 'ben')).toBe(written.length);

    const tablet = await somebody();
    await tablet.signIn('ana');
    await tablet.openChat('ben');
    expect(texts(await tablet.readAll())).toEqual(said);
    for (const person of everybody) expect(person.browser.faults()).toEqual([]);
    expect(server.logs()).not.toMatch(/"level":[56]0/);
  },
);
