import { buildIfStale } from '#api/dev/build.ts';
import { type Caller, type Place, befriend, openPlace } from '#tests/flow/caller.ts';
import { whyNoIsland } from '#tests/support/island.ts';
import { settled } from '#tests/support/wait.ts';
import type { Probe } from './calls-page.ts';
import { buildPageScript } from './programs.ts';
import { median } from './statistics.ts';
import { type Report, whole } from './table.ts';

const ROUNDS = 10;
/** Each of them is half a minute of silence. */
const LONG_ROUNDS = 3;
const LOOK_MS = 40_000;

declare const probe: Probe;

/** In ms. */
interface Round {
  readonly rings: number;
  readonly sound: number;
  readonly picture: number;
  readonly mended: number;
}

/**
 * How long a call lets people wait: two browsers, a server and nothing else in a network of their own, which has no
 * delay and loses nothing.
 */
export async function measureCalls(rounds = ROUNDS, longRounds = LONG_ROUNDS): Promise<Report> {
  const unable = await whyNoIsland();
  if (unable !== undefined) throw new Error(`Calls can't be measured: ${unable}.`);
  await buildIfStale();
  const script = await buildPageScript(new URL('calls-page.ts', import.meta.url));
  const place = await openPlace();
  try {
    const [ana, ben] = await Promise.all([place.person('ana'), place.person('ben')]);
    for (const { browser, page } of [ana, ben]) {
      await browser.context.addInitScript({ content: script });
      await page.reload();
    }
    await befriend(ana, 'ana', ben, 'ben');
    // The part that calls is loaded once, by the first call of all.
    await measureRound(place, ana, ben);
    const measured: Round[] = [];
    for (let round = 0; round < rounds; round++) measured.push(await measureRound(place, ana, ben));
    const renewed: number[] = [];
    for (let round = 0; round < longRounds; round++) renewed.push(await measureRenewal(place, ana, ben));
    return reportOf(measured, renewed);
  } finally {
    await place.close();
  }
}

/** A voice call, whose network is cut and mended, and a video call. */
async function measureRound(place: Place, ana: Caller, ben: Caller): Promise<Round> {
  const ringing = soon(ben, 'rings()');
  await ana.call('voice');
  const rings = (await ringing) - (await pressed(ana));
  const hearing = soon(ana, "flows('audio', 0)");
  await ben.answer();
  const sound = (await hearing) - (await pressed(ben));

  const mended = await cutUntil(place, ana, ben, () => ana.phase('reconnecting'));
  await hangUp(ana, ben);

  await ana.call('video');
  await ben.rings();
  const watching = soon(ana, "flows('video', 0)");
  await ben.answer('With camera');
  const picture = (await watching) - (await pressed(ben));
  await hangUp(ana, ben);
  return { rings, sound, picture, mended };
}

/** A voice call whose network is away for so long that the connection is given up. */
async function measureRenewal(place: Place, ana: Caller, ben: Caller): Promise<number> {
  await ana.call('voice');
  await ben.answer();
  await Promise.all([ana.hears(), ben.hears()]);
  const renewed = await cutUntil(place, ana, ben, () =>
    Promise.all([soon(ana, 'gaveUp()'), soon(ben, 'gaveUp()')]),
  );
  await hangUp(ana, ben);
  return renewed;
}

/** How long it takes from when the network is back until both hear each other, and the app says so. */
async function cutUntil(
  place: Place,
  ana: Caller,
  ben: Caller,
  isLost: () => Promise<unknown>,
): Promise<number> {
  await place.island.cut(true);
  await isLost();
  await place.island.cut(false);
  const back = Date.now();
  const both = await Promise.all([ana, ben].map((person) => soon(person, `flows('audio', ${back})`)));
  await Promise.all([ana.phase('live'), ben.phase('live')]);
  return Math.max(...both) - back;
}

async function hangUp(ana: Caller, ben: Caller): Promise<void> {
  await ana.press('End the call');
  await Promise.all([ana.ends('The call has ended'), ben.ends('The call has ended')]);
}

const soon = (person: Caller, call: string): Promise<number> =>
  settled(person.page.evaluate<number>(`globalThis.probe.${call}`), { within: LOOK_MS, for: call });
const pressed = (person: Caller): Promise<number> => person.page.evaluate(() => probe.pressed());

function reportOf(rounds: readonly Round[], renewed: readonly number[]): Report {
  const rowOf = (what: string, values: readonly number[]): string[] => [
    what,
    `${whole(median(values))} ms`,
    `${whole(Math.max(...values))} ms`,
  ];
  const row = (what: string, figure: keyof Round): string[] =>
    rowOf(
      what,
      rounds.map((round) => round[figure]),
    );
  const rows = [
    row('Call pressed until it rings at the other side', 'rings'),
    row('Answer pressed until the caller hears something', 'sound'),
    row('Answer pressed until the caller sees a picture', 'picture'),
    row('A network that was cut for some seconds is back, until both hear each other again', 'mended'),
    rowOf('The same after the connection was given up, by a new way', renewed),
  ];
  return {
    tables: [{ name: 'calls', columns: ['', 'Median', 'Worst'], rows }],
    figures: { rounds, renewed },
  };
}
