import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { whyNoIsland } from '../support/island.ts';
import { until } from '../support/wait.ts';
import { type Caller, type Place, befriend, callerAt, openDevice, openPlace, untilQuiet } from './caller.ts';

/** Real calls between real browsers, with a made-up camera and microphone, in a network of their own. */

const unable = await whyNoIsland();
if (unable !== undefined) console.warn(`Calls are not tried: ${unable}.`);

describe.skipIf(unable !== undefined)('calls', () => {
  let place: Place;
  let ana: Caller;
  let ben: Caller;

  beforeAll(async () => {
    place = await openPlace();
    [ana, ben] = await Promise.all([place.person('ana'), place.person('ben')]);
    await befriend(ana, 'ana', ben, 'ben');
  });
  afterAll(async () => {
    await place?.close();
  });

  /** What was on its way is heard a little longer. Gives what was heard until then. */
  const untilSilent = async (person: Caller): Promise<number> => {
    let before = Infinity;
    return until(
      async () => {
        const { energy } = await person.stats();
        const still = energy - before < 0.0001 && energy >= before;
        before = energy;
        return still ? { energy } : false;
      },
      { within: 15_000, every: 300, for: 'silence' },
    ).then(({ energy }) => energy);
  };
  const connect = async () => {
    await ana.call('voice');
    await ben.answer();
    await Promise.all([ana.phase('live'), ben.phase('live')]);
  };
  const hangUp = async (by: Caller) => {
    await by.press('End the call');
    await ana.ends('The call has ended');
    await ben.ends('The call has ended');
    await untilQuiet(ana, ben);
  };

  test('voice: it rings, is answered, sound flows both ways, both see the same pictures, and both logs tell of it', async () => {
    await ana.call('voice');
    await ana.phase('ringing');
    await ben.rings();
    await ben.answer();
    await Promise.all([ana.phase('live'), ben.phase('live')]);
    await Promise.all([ana.hears(), ben.hears()]);
    expect((await ben.stats()).energy).toBeGreaterThan(0);
    expect(await ana.emoji()).toBe(await ben.emoji());
    await hangUp(ben);
    expect(await ana.lastCall()).toMatch(/^Outgoing voice call\d+ s/);
    expect(await ben.lastCall()).toMatch(/^Incoming voice call\d+ s/);
  });

  test('muted, nothing is heard, and the other side says so; with the camera a voice call becomes one with pictures', async () => {
    await connect();
    await ana.press('Mute the microphone');
    await ben.page.getByText('ana has the microphone off').waitFor();
    const energy = await untilSilent(ben);
    await ben.hears();
    expect((await ben.stats()).energy - energy).toBeLessThan(0.001);
    await ana.press('Unmute the microphone');
    await until(async () => (await ben.stats()).energy > energy + 0.001, { within: 20_000, for: 'sound' });

    await ana.press('Turn the camera on');
    await ben.watches();
    expect((await ana.stats()).open).toBe(2);
    await ben.press('Turn the camera on');
    await ana.watches();
    await ben.picture('call-both-cameras');
    await ana.press('Turn the camera off');
    await until(async () => (await ana.stats()).open === 1, { within: 10_000, for: 'the camera to be off' });
    await hangUp(ana);
  });

  test('video: the own picture first; pictures flow both ways', async () => {
    await ana.call('video');
    await ben.answer('With camera');
    await Promise.all([ana.watches(), ben.watches()]);
    await ana.picture('call-video');
    await hangUp(ana);
    expect(await ben.lastCall()).toMatch(/^Incoming video call/);
  });

  test('declined', async () => {
    await ana.call('voice');
    await ben.decline();
    await ana.ends('ben declined');
    await untilQuiet(ana, ben);
    await until(async () => (await ana.lastCall()).includes('Declined'), { within: 10_000 });
  });

  test('called off: it rings no more, and is a missed call with a mark until it was looked at', async () => {
    await ben.page
      .getByRole('link', { name: 'Settings' })
      .or(ben.page.getByRole('button', { name: 'Settings' }))
      .first()
      .click();
    await ana.call('voice');
    await ben.rings();
    await ana.press('Cancel the call');
    await ben.ringsNoMore();
    await untilQuiet(ana, ben);
    const calls = ben.page.getByRole('navigation', { name: 'Main' }).getByText('Calls');
    await ben.page.getByRole('navigation', { name: 'Main' }).getByText('1 new').waitFor();
    await calls.click();
    await ben.page.getByText('Missed voice call').first().waitFor();
    await ben.picture('call-list');
    await ben.page
      .getByRole('navigation', { name: 'Main' })
      .getByText('1 new')
      .waitFor({ state: 'detached' });
    await ben.openChat('ana');
    const screen = ana.page.locator('.call-screen');
    if ((await screen.count()) > 0) await ana.page.getByRole('button', { name: 'Close' }).click();
  });

  test('both call each other in one moment: one call, and both are in it', async () => {
    await Promise.all([ana.call('voice'), ben.call('voice')]);
    await until(
      async () => {
        // Whoever was later may have seen it ring before the click was done.
        if (await ben.page.getByRole('alertdialog').isVisible()) await ben.answer();
        if (await ana.page.getByRole('alertdialog').isVisible()) await ana.answer();
        const live = (person: Caller) => person.page.locator('[data-phase="live"]').first().isVisible();
        return (await live(ana)) && (await live(ben));
      },
      { within: 30_000, for: 'both to be in the call' },
    );
    await Promise.all([ana.hears(), ben.hears()]);
    await hangUp(ana);
  });

  test('who is in a call is busy, and finds that somebody called', async () => {
    const cas = await place.person('cas');
    await befriend(cas, 'cas', ben, 'ben');
    await ben.openChat('ana');
    await connect();
    await cas.call('voice');
    await cas.ends('ben is in another call');
    expect(await ben.page.getByRole('alertdialog').count()).toBe(0);
    await hangUp(ben);
    await ben.openChat('cas');
    await until(async () => (await ben.lastCall()).startsWith('Missed'), { within: 10_000 });
    await ben.openChat('ana');
  });

  test('with two devices and two tabs it rings everywhere, and is answered in one place', async () => {
    const other = await openDevice(place.server.url, place.island);
    try {
      await other.signIn('ben');
      await other.openChat('ana');
      const page = await ben.browser.context.newPage();
      await page.goto(ben.page.url());
      const tab = callerAt({ ...ben, page });
      await page.getByRole('log', { name: 'Messages with ana' }).waitFor();

      await ana.call('voice');
      await Promise.all([ben.rings(), other.rings(), tab.rings()]);
      await other.answer();
      await Promise.all([ben.ringsNoMore(), tab.ringsNoMore(), other.phase('live'), ana.phase('live')]);
      await ben.page.getByText('In a call with ana on another device').waitFor();
      await other.press('End the call');
      await other.ends('The call has ended');
      await ana.ends('The call has ended');

      await ana.call('voice');
      await tab.answer();
      await Promise.all([tab.phase('live'), ben.ringsNoMore(), other.ringsNoMore()]);
      await ben.page.getByText('In a call with ana in another tab').waitFor();
      await Promise.all([tab.hears(), ana.hears()]);
      await ana.press('End the call');
      await ana.ends('The call has ended');
      await tab.ends('The call has ended');
      await page.close();
    } finally {
      await other.browser.close();
    }
  });

  test('a page that is reloaded in a call comes back into it', async () => {
    await connect();
    await ben.hears();
    await ben.page.reload();
    await ben.phase('live');
    await Promise.all([ana.hears(), ben.hears()]);
    expect(await ana.emoji()).toBe(await ben.emoji());
    await hangUp(ben);
  });

  test('whoever closes the window has left: to open the app again opens no microphone', async () => {
    const other = await openDevice(place.server.url, place.island);
    try {
      await other.signIn('ben');
      await other.openChat('ana');
      await ana.call('voice');
      await other.answer();
      await Promise.all([other.phase('live'), ana.phase('live')]);
      await Promise.all([other.hears(), ana.hears()]);
      const page = await other.browser.context.newPage();
      await other.page.close();
      await page.goto(place.server.url);
      const again = callerAt({ ...other, page });
      await ana.ends('The call has ended');
      expect((await again.stats()).open).toBe(0);
      expect(await page.locator('.call-screen, .call-bar').count()).toBe(0);
      await untilQuiet(ana, again);
    } finally {
      await other.browser.close();
    }
  });

  test('whoever hangs up and reloads at once is out of it', async () => {
    await connect();
    await ben.hears();
    await ben.page.evaluate(() => {
      document.querySelector<HTMLElement>('.call-controls [data-state=end]')?.click();
      location.reload();
    });
    await ana.ends('The call has ended');
    await ben.page.getByRole('log', { name: 'Messages with ana' }).waitFor();
    await ben.page.waitForTimeout(2_000);
    expect((await ben.stats()).open).toBe(0);
    expect(await ben.page.locator('.call-screen').count()).toBe(0);
    await untilQuiet(ana, ben);
  });

  test('a network that was cut: the call looks for a way, and goes on when it is back', async () => {
    await connect();
    await place.island.cut(true);
    try {
      await Promise.all([ana.phase('reconnecting'), ben.phase('reconnecting')]);
    } finally {
      await place.island.cut(false);
    }
    await Promise.all([ana.phase('live'), ben.phase('live')]);
    await Promise.all([ana.hears(), ben.hears()]);
    await hangUp(ana);
  });

  test('whoever was away finds the missed call', async () => {
    await ben.page.goto('about:blank');
    await ana.call('voice');
    await ana.phase('ringing');
    await ana.press('Cancel the call');
    await ben.page.goto(place.server.url);
    await ben.openChat('ana');
    await until(async () => (await ben.lastCall()).startsWith('Missed voice call'), { within: 20_000 });
    const close = ana.page.getByRole('button', { name: 'Close' });
    if (await close.isVisible()) await close.click();
  });

  test('nothing of what the two devices say to each other is at the server', async () => {
    const files = (await readdir(place.server.dataDir, { recursive: true, withFileTypes: true })).filter(
      (entry) => entry.isFile(),
    );
    const kept = await Promise.all(
      files.map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1')),
    );
    expect(files.length).toBeGreaterThan(0);
    for (const text of [...kept, place.server.logs()])
      expect(text).not.toMatch(/candidate:|a=fingerprint|m=audio/);
  });

  test('no page had a fault', () => {
    expect([...ana.browser.faults(), ...ben.browser.faults()]).toEqual([]);
  });
});
