import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { whyNoIsland } from '#tests/support/island.ts';
import { until } from '#tests/support/wait.ts';
import { type Alone, openAlone } from './alone.ts';
import type { Suite } from './connection.page.ts';

declare const suite: Suite;
type Name = 'caller' | 'callee';

const whyNot = await whyNoIsland();

describe.skipIf(whyNot !== undefined)(
  `two devices in a call${whyNot === undefined ? '' : ` (skipped: ${whyNot})`}`,
  () => {
    let alone: Alone;
    let page: Page;

    beforeAll(async () => {
      alone = await openAlone(new URL('connection.page.ts', import.meta.url));
      page = await alone.tab();
    }, 60_000);
    afterAll(() => alone?.close());
    afterEach(() => page.evaluate(() => suite.end()));

    const state = (name: Name) => page.evaluate((of) => suite.state(of), name);
    const frames = (name: Name) => page.evaluate((of) => suite.frames(of), name);
    const sound = (name: Name) => page.evaluate((of) => suite.soundBytes(of), name);
    const join = (name: Name, camera = false, session = 1, again = false) =>
      page.evaluate((of) => suite.join(...of), [name, camera, session, again] as [
        Name,
        boolean,
        number,
        boolean,
      ]);
    const connected = (within = 10_000) =>
      until(async () => (await state('caller')).connected && (await state('callee')).connected, {
        within,
        for: 'both to be connected',
      });
    const grows = async (read: () => Promise<number>) => {
      const before = await read();
      await until(async () => (await read()) > before, { within: 5000, for: 'more to come in' });
    };
    async function call(camera = false): Promise<void> {
      await join('callee', camera);
      await join('caller', camera);
      await connected();
    }
    async function sameEmoji(): Promise<readonly string[]> {
      const both = () => Promise.all([state('caller'), state('callee')]);
      await until(async () => (await both()).every(({ emoji }) => emoji !== null), {
        within: 8000,
        for: 'the pictures',
      });
      const [caller, callee] = await both();
      expect(caller.emoji).toHaveLength(4);
      expect(callee.emoji).toEqual(caller.emoji);
      return caller.emoji ?? [];
    }

    it('hear and see each other, and the same four pictures', async () => {
      await call(true);
      await grows(() => sound('caller'));
      await grows(() => sound('callee'));
      await grows(() => frames('caller'));
      await grows(() => frames('callee'));
      await sameEmoji();
      expect((await state('callee')).theirs).toEqual({ microphone: true, camera: true, screen: false });
      expect(await page.evaluate(() => suite.reading('caller'))).toEqual({ quality: 'good', relayed: false });
    });

    it('go from voice to video and back without a negotiation', async () => {
      await call();
      await sameEmoji();
      const said = (await state('caller')).said;
      await page.evaluate(() => suite.camera('caller', true));
      await grows(() => frames('callee'));
      await until(async () => (await state('callee')).theirs?.camera === true, {
        within: 3000,
        for: 'the camera to be announced',
      });
      expect((await state('caller')).said).toBe(said + 1);
      await page.evaluate(() => suite.camera('caller', false));
      await until(async () => (await state('callee')).theirs?.camera === false, {
        within: 3000,
        for: 'the camera to be announced',
      });
    });

    it('look for a new way both at once, and stay connected', async () => {
      await call();
      for (let i = 0; i < 5; i++) {
        await page.evaluate(() => suite.restart('caller', 'callee'));
        await connected();
        await grows(() => sound('callee'));
        await grows(() => sound('caller'));
      }
      expect((await state('caller')).broken).toBeNull();
      expect((await state('callee')).broken).toBeNull();
    });

    it('take nothing twice', async () => {
      await call();
      const emoji = await sameEmoji();
      const before = [(await state('caller')).said, (await state('callee')).said];
      await page.evaluate(() => suite.repeatAll());
      await grows(() => sound('callee'));
      expect([(await state('caller')).said, (await state('callee')).said]).toEqual(before);
      expect((await state('callee')).emoji).toEqual(emoji);
    });

    it('meet although the first offer got lost', async () => {
      await page.evaluate(() => suite.wire('loses-first-offer'));
      await call();
      await sameEmoji();
    });

    it('see the same four pictures although the reveal got lost', async () => {
      await page.evaluate(() => suite.wire('loses-first-reveal'));
      await call();
      await sameEmoji();
      expect((await state('callee')).broken).toBeNull();
    });

    it('are done with what they hear once they are closed, whatever the browser was at', async () => {
      expect(await page.evaluate(() => suite.closedWhileHearing())).toBe('done');
    });

    it('begin anew only so often: one can’t make the other speak without end', async () => {
      const { said, session, broken } = await page.evaluate(() => suite.floods(30, 30));
      expect(session).toBe(2);
      expect(said).toBeLessThan(25);
      expect(broken).toBeNull();
    });

    it('end a call in which the other side never stops to begin anew: each time is one more guess', async () => {
      const { session, broken } = await page.evaluate(() => suite.floods(20, 2_000));
      expect(session).toBe(16);
      expect(broken).toBe('CALL_TAMPERED');
    });

    it('find each other again when one was reloaded, with other pictures', async () => {
      await call();
      let before = await sameEmoji();
      for (const [round, name] of (['caller', 'callee', 'callee', 'caller'] as const).entries()) {
        const session = await page.evaluate((of) => suite.vanish(of), name);
        await join(name, false, session + 1, true);
        await connected();
        const other = name === 'caller' ? 'callee' : 'caller';
        expect((await state(other)).session).toBe(round + 2);
        await grows(() => sound(other));
        await grows(() => sound(name));
        await until(async () => (await state(other)).emoji?.join('') !== before.join(''), {
          within: 8000,
          for: 'other pictures',
        });
        before = await sameEmoji();
      }
    });

    it('find each other again when both were reloaded at once', async () => {
      await call();
      await sameEmoji();
      await page.evaluate(() => [suite.vanish('caller'), suite.vanish('callee')]);
      await Promise.all([join('caller', false, 2, true), join('callee', false, 2, true)]);
      await connected(15_000);
      await sameEmoji();
      await grows(() => sound('caller'));
    });

    it('find a new way after the network was gone', async () => {
      await call();
      await alone.cut(true);
      await until(async () => (await state('caller')).losses > 0, {
        within: 15_000,
        for: 'the loss to be seen',
      });
      await alone.cut(false);
      await connected(15_000);
      await grows(() => sound('caller'));
      await grows(() => sound('callee'));
    }, 60_000);

    it('end a call whose certificates were exchanged', async () => {
      await page.evaluate(() => suite.wire('foreign-certificate'));
      await join('callee');
      await join('caller');
      await until(async () => (await state('callee')).broken !== null, {
        within: 8000,
        for: 'it to be noticed',
      });
      expect((await state('callee')).broken).toBe('CALL_TAMPERED');
      expect((await state('callee')).emoji).toBeNull();
    });

    it('say so when they have no codec in common', async () => {
      await page.evaluate(() => suite.wire('foreign-codec'));
      await join('callee');
      await join('caller');
      await until(async () => (await state('callee')).broken !== null, {
        within: 8000,
        for: 'it to be noticed',
      });
      expect((await state('callee')).broken).toBe('CALL_NO_CODEC');
      await until(async () => (await state('caller')).broken !== null, {
        within: 8000,
        for: 'it to be noticed',
      });
      expect((await state('caller')).broken).toBe('CALL_NO_CODEC');
    });

    it('hear that the other side goes', async () => {
      await call();
      await page.evaluate(() => suite.bye('caller'));
      await until(async () => (await state('callee')).left, { within: 3000, for: 'the farewell' });
    });

    it('mute by silence, switch the light of the camera off, and stop everything at the end', async () => {
      expect(await page.evaluate(() => suite.goesThrough())).toEqual({
        opened: { microphone: true, camera: true, screen: false },
        muted: [false, 'live', false],
        cameraOff: ['ended', null],
        cameraOn: 'live',
        replugged: 'live',
        closed: ['ended', 'ended', { microphone: false, camera: false, screen: false }],
      });
    });

    it('go on without what was pulled out and has no other in its place, until it is there again', async () => {
      expect(await page.evaluate(() => suite.losesAll())).toEqual({
        said: ['MEDIA_MISSING', 'MEDIA_MISSING'],
        without: { microphone: false, camera: false, screen: false },
        after: { microphone: true, camera: false, screen: false },
      });
    });

    it('stop what was had after the end', async () => {
      expect(await page.evaluate(() => suite.closedWhileOpening())).toEqual(['ended', 'ended']);
    });

    it('show a screen instead of the camera, which comes back when the browser’s button ends it', async () => {
      expect(await page.evaluate(() => suite.share())).toEqual({
        shared: { side: { microphone: true, camera: false, screen: true }, camera: 'ended', hint: 'detail' },
        after: { microphone: true, camera: true, screen: false },
        screen: 'ended',
      });
    });

    it.each([
      ['NotAllowedError', 'MEDIA_DENIED'],
      ['SecurityError', 'MEDIA_DENIED'],
      ['NotFoundError', 'MEDIA_MISSING'],
      ['OverconstrainedError', 'MEDIA_MISSING'],
      ['NotReadableError', 'MEDIA_BUSY'],
      ['AbortError', 'MEDIA_BUSY'],
    ])('say of %s what a person can do: %s', async (name, code) => {
      expect(await page.evaluate((of) => suite.mediaError(of), name)).toBe(code);
    });

    it('are in one tab at a time', async () => {
      const other = await alone.tab();
      expect(await page.evaluate(() => suite.lock.take())).toBe(true);
      expect(await page.evaluate(() => suite.lock.take())).toBe(true);
      expect(await other.evaluate(() => suite.lock.take())).toBe(false);
      await page.evaluate(() => suite.lock.release());
      await until(() => other.evaluate(() => suite.lock.take()), { within: 3000, for: 'the lock' });
      await other.close();
      await until(() => page.evaluate(() => suite.lock.take()), { within: 3000, for: 'the lock' });
    });
  },
);
