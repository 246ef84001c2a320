import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ERRORS } from '#shared/errors.ts';
import { whyNoIsland } from '../support/island.ts';
import { type Caller, type Place, befriend, openPlace, untilQuiet } from './caller.ts';

/** Calls that a browser, a machine or a setting does not allow: whoever it is hears why, and nothing rings on. */

const unable = await whyNoIsland();
if (unable !== undefined) console.warn(`Refused calls are not tried: ${unable}.`);

const FAILED = 'The call did not work';

describe.skipIf(unable !== undefined)('calls that can’t be', () => {
  let place: Place;
  let ana: Caller;

  beforeAll(async () => {
    place = await openPlace();
    ana = await place.person('ana');
  });
  afterAll(() => place?.close());

  describe.each([
    ['dan', 'MEDIA_DENIED', ['--use-fake-device-for-media-stream', '--deny-permission-prompts']],
    ['mia', 'MEDIA_MISSING', ['--use-fake-ui-for-media-stream']],
  ] as const)('%s: %s', (name, code, args) => {
    let them: Caller;
    const why = ERRORS[code].say;

    beforeAll(async () => {
      them = await place.person(name, { media: false, args });
      await befriend(them, name, ana, 'ana');
    });

    test.each(['voice', 'video'] as const)(
      'nobody hears of a %s call that could not begin',
      async (media) => {
        await them.tap(media);
        await them.page.getByRole('dialog').getByText(why).waitFor();
        await them.picture(`call-${code.toLowerCase()}`);
        await them.ends(FAILED, why);
        await untilQuiet(them);
        expect(await ana.page.getByRole('alertdialog').count()).toBe(0);
        expect(await ana.page.locator('.call-card-words').count()).toBe(0);
        expect(await them.page.locator('.call-card-words').count()).toBe(0);
      },
    );

    test('who can’t answer hears why, and may try again or decline; then nothing rings on', async () => {
      await ana.call('voice');
      await them.answer();
      await them.page.getByRole('dialog').getByText(why).waitFor();
      await ana.phase('ringing');
      await them.rings();
      await them.decline();
      await Promise.all([them.ringsNoMore(), ana.ends(`${name} declined`)]);
      await them.ends(FAILED, why);
      await untilQuiet(ana, them);
      expect(await ana.lastCall()).toContain('Declined');
    });
  });

  test('only through a relay, and there is none', async () => {
    const ben = await place.person('ben');
    await befriend(ana, 'ana', ben, 'ben');
    await ana.onlyThroughRelay(true, 'ben');
    await ana.call('voice');
    await ana.ends(FAILED, ERRORS.CALL_NO_RELAY.say);
    await untilQuiet(ana);
    expect(await ben.page.getByRole('alertdialog').count()).toBe(0);
    expect(await ben.page.locator('.call-card-words').count()).toBe(0);

    await ben.call('voice');
    await ana.answer();
    await ana.page.getByRole('dialog').getByText(ERRORS.CALL_NO_RELAY.say).waitFor();
    await ana.decline();
    await Promise.all([ana.ringsNoMore(), ben.ends('ana declined')]);
    await ana.ends(FAILED, ERRORS.CALL_NO_RELAY.say);

    await ana.onlyThroughRelay(false, 'ben');
    await ana.call('voice');
    await ben.answer();
    await Promise.all([ana.hears(), ben.hears()]);
    await ana.press('End the call');
    await Promise.all([ana.ends('The call has ended'), ben.ends('The call has ended')]);
    await untilQuiet(ana, ben);
  });

  test('no page had a fault', () => {
    expect(ana.browser.faults()).toEqual([]);
  });
});
