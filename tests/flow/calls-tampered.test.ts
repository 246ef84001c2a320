import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ERRORS } from '#shared/errors.ts';
import { decodeDown, decodeUp, encodeFrame } from '#sync/wire/codec.ts';
import type { Down } from '#sync/wire/down.ts';
import type { Up } from '#sync/wire/up.ts';
import { whyNoIsland } from '../support/island.ts';
import { until } from '../support/wait.ts';
import { type Caller, type Place, befriend, openPlace, untilQuiet } from './caller.ts';

/** A server that changes, repeats and forges what the devices in a call say to each other. */

const unable = await whyNoIsland();
if (unable !== undefined) console.warn(`Calls under attack are not tried: ${unable}.`);

type Heard = Extract<Down, { t: 'signal' }>;
type Said = Extract<Up, { t: 'signal' }>;
type Signal = Heard | Said;

/** Between a browser and its server. */
interface Between {
  /** What ben is told, as it came from the server. */
  readonly heard: Heard[];
  /** What becomes of a signal: nothing, itself, or others. */
  tell(rule: <S extends Signal>(signal: S) => readonly S[]): void;
  /** Says something to the browser in the server's name. */
  say(...signals: readonly Heard[]): void;
}

const HONEST = <S extends Signal>(signal: S): readonly S[] => [signal];

const FAILED = 'The call did not work';

/** The last byte of an envelope is of the seal. */
function changed<S extends Signal>(signal: S): readonly S[] {
  const envelope = Uint8Array.from(signal.envelope);
  envelope[envelope.length - 1] = (envelope.at(-1) ?? 0) ^ 1;
  return [{ ...signal, envelope }];
}

async function standBetween({ page }: Caller): Promise<Between> {
  let rule: <S extends Signal>(signal: S) => readonly S[] = HONEST;
  const heard: Heard[] = [];
  let toBrowser: (data: Buffer) => void = () => {};
  await page.routeWebSocket(/.*/, (browser) => {
    const server = browser.connectToServer();
    toBrowser = (data) => browser.send(data);
    browser.onMessage((data) => {
      const frame = decodeUp(Buffer.from(data));
      if (!frame.ok || frame.value.t !== 'signal') return server.send(data);
      for (const one of rule(frame.value)) server.send(Buffer.from(encodeFrame(one)));
    });
    server.onMessage((data) => {
      const frame = decodeDown(Buffer.from(data));
      if (!frame.ok || frame.value.t !== 'signal') return browser.send(data);
      heard.push(frame.value);
      for (const one of rule(frame.value)) browser.send(Buffer.from(encodeFrame(one)));
    });
  });
  await page.reload();
  return {
    heard,
    tell(next) {
      rule = next;
    },
    say(...signals) {
      for (const one of signals) toBrowser(Buffer.from(encodeFrame(one)));
    },
  };
}

describe.skipIf(unable !== undefined)('a server that lies about calls', () => {
  let place: Place;
  let ana: Caller;
  let ben: Caller;
  let between: Between;

  beforeAll(async () => {
    place = await openPlace();
    [ana, ben] = await Promise.all([place.person('ana'), place.person('ben')]);
    await befriend(ana, 'ana', ben, 'ben');
    between = await standBetween(ben);
    await ben.openChat('ana');
  });
  afterAll(() => place?.close());

  const connect = async () => {
    await ana.call('voice');
    await ben.answer();
    await Promise.all([ana.hears(), ben.hears()]);
    expect(await ana.emoji()).toBe(await ben.emoji());
  };
  const hangUp = async () => {
    await ana.press('End the call');
    await Promise.all([ana.ends('The call has ended'), ben.ends('The call has ended')]);
    await untilQuiet(ana, ben);
  };
  /** Neither is connected, ben has answered no offer, and both hear why; nothing rings on. */
  const fails = async (why: string) => {
    await Promise.all([ana.phase('connecting'), ben.phase('connecting')]);
    const ended = ({ page }: Caller) => page.getByRole('heading', { name: FAILED }).isVisible();
    let flowed = 0;
    const isOver = async () => {
      const [mine, theirs] = await Promise.all([ana.stats(), ben.stats()]);
      flowed += mine.heard + theirs.heard + mine.ways.length + theirs.ways.length + theirs.offered.length;
      return (await ended(ana)) && (await ended(ben));
    };
    await until(isOver, { within: 70_000, every: 500, for: 'both to give up' });
    expect(flowed).toBe(0);
    await Promise.all([ana.ends(FAILED, why), ben.ends(FAILED, why)]);
    await untilQuiet(ana, ben);
    for (const { page } of [ana, ben]) expect(await page.getByRole('alertdialog').count()).toBe(0);
    expect(await ana.lastCall()).toContain('Not connected');
  };
  let first: readonly Heard[] = [];

  test('as long as it is honest, they are connected, and it sees only sealed bytes', async () => {
    await connect();
    // So much is said that the farewell at the end has a higher number than what the next call begins with.
    for (let times = 0; times < 4; times++) {
      await ana.press('Mute the microphone');
      await ana.press('Unmute the microphone');
    }
    await hangUp();
    first = [...between.heard];
    expect(first.length).toBeGreaterThan(3);
    for (const { envelope } of first)
      expect(Buffer.from(envelope).toString('latin1')).not.toMatch(/candidate|fingerprint|offer/);
  });

  test('everything changed by one byte, and another call’s words beside it: nothing comes of the call, and both hear that it was no accident', async () => {
    let at = 0;
    between.tell((signal) => {
      const other = 'from' in signal ? first[at++ % first.length] : undefined;
      return other === undefined ? changed(signal) : [{ ...signal, ...other }, ...changed(signal)];
    });
    await ana.call('voice');
    await ben.answer();
    await fails(ERRORS.CALL_TAMPERED.say);
  });

  test('words of another call, changed ones and repetitions beside the true ones: the call does not mind', async () => {
    between.tell((signal) =>
      'from' in signal ? [...changed(signal), signal, signal, ...changed(signal)] : [signal],
    );
    await ana.call('voice');
    await ben.answer();
    between.say(...first);
    await Promise.all([ana.phase('live'), ben.phase('live')]);
    await Promise.all([ana.hears(), ben.hears()]);
    const emoji = await ben.emoji();
    expect(await ana.emoji()).toBe(emoji);

    const spoken = between.heard.slice();
    between.say(...first, ...spoken, ...spoken.flatMap(changed));
    await Promise.all([ana.hears(), ben.hears()]);
    expect([await ana.emoji(), await ben.emoji()]).toEqual([emoji, emoji]);
    expect((await ben.stats()).open).toBe(1);
    await Promise.all([ana.phase('live'), ben.phase('live')]);
    between.tell(HONEST);
    await hangUp();
  });

  test('no page had a fault', () => {
    expect([...ana.browser.faults(), ...ben.browser.faults()]).toEqual([]);
  });
});
