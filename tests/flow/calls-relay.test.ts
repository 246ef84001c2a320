import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomSecret } from '#api/auth/keys.ts';
import { ERRORS } from '#shared/errors.ts';
import { type Coturn, noCoturn, startCoturn } from '../support/coturn.ts';
import { type Island, makeIsland, whyNoIsland } from '../support/island.ts';
import { until } from '../support/wait.ts';
import { type Caller, type Place, befriend, openPlace, untilQuiet } from './caller.ts';

/** Calls through a relay as it is deployed, with the credentials that the server makes. */

const unable = noCoturn ?? (await whyNoIsland());
if (unable !== undefined) console.warn(`Calls through a relay are not tried: ${unable}.`);

describe.skipIf(unable !== undefined)('calls through a relay', () => {
  let island: Island;
  let relay: Coturn;
  let place: Place;
  let ana: Caller;
  let ben: Caller;

  beforeAll(async () => {
    island = await makeIsland();
    const secret = randomSecret();
    relay = await startCoturn(island, secret);
    const env = { NEXCHAT_TURN_URLS: relay.url, NEXCHAT_TURN_SECRET: secret };
    place = await openPlace(env, island);
    [ana, ben] = await Promise.all([place.person('ana'), place.person('ben')]);
    await befriend(ana, 'ana', ben, 'ben');
  });
  afterAll(async () => {
    await relay?.close();
    await (place ?? island)?.close();
  });

  const connect = async () => {
    await ana.call('voice');
    await ben.answer();
    await Promise.all([ana.phase('live'), ben.phase('live')]);
    await Promise.all([ana.hears(), ben.hears()]);
  };
  const hangUp = async () => {
    await ben.press('End the call');
    await Promise.all([ana.ends('The call has ended'), ben.ends('The call has ended')]);
    await untilQuiet(ana, ben);
  };

  test('without a wish of anybody’s, the way is direct', async () => {
    await connect();
    expect((await ana.stats()).ways).toEqual(['host']);
    expect(await ana.page.getByText('Through the relay').count()).toBe(0);
    await hangUp();
  });

  test('for who wants nothing else: sound flows, the relay is the only way, and no address of theirs is told', async () => {
    await ana.onlyThroughRelay(true, 'ben');
    await connect();
    const { ways, offered } = await ana.stats();
    expect(ways).toEqual(['relay']);
    expect(new Set(offered)).toEqual(new Set(['relay']));
    // Their friend has not asked for it, and yet there is no other way to them.
    expect((await ben.stats()).offered).toContain('host');
    expect((await ben.stats()).ways).toEqual(['relay']);
    await ana.page.getByText('Through the relay').waitFor();
    expect(await ana.emoji()).toBe(await ben.emoji());
    await ana.picture('call-relay');
    await hangUp();
  });

  test('a network that was cut: a new way through the relay', async () => {
    await connect();
    await island.cut(true);
    try {
      await Promise.all([ana.phase('reconnecting'), ben.phase('reconnecting')]);
    } finally {
      await island.cut(false);
    }
    await Promise.all([ana.phase('live'), ben.phase('live')]);
    await Promise.all([ana.hears(), ben.hears()]);
    expect((await ana.stats()).ways).toEqual(['relay']);
    await hangUp();
  });

  test('a relay that is gone: nothing comes of the call, though there is a direct way', async () => {
    await relay.close();
    await ana.call('voice');
    await ben.answer();
    await until(async () => (await ben.stats()).offered.length > 0, { within: 10_000, for: 'an answer' });
    expect((await ana.stats()).offered).toEqual([]);
    const { say } = ERRORS.CALL_NO_WAY;
    await Promise.all([ana.ends('The call did not work', say), ben.ends('The call did not work', say)]);
    await untilQuiet(ana, ben);
    expect(await ana.lastCall()).toContain('Not connected');
  });

  test('no page had a fault', () => {
    expect([...ana.browser.faults(), ...ben.browser.faults()]).toEqual([]);
  });
});
