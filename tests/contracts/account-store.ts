import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Account, Store } from '#api/store/ports.ts';
import { pairOf } from '#shared/ids.ts';
import { accountOf, signInOf, someBytes, someDeviceId, somePush, writeOf } from '../support/api-people.ts';
import { describeAccountChanges } from './account-changes.ts';
import type { OpenedStore } from './sync-store.ts';

/** What every implementation of AccountStore (api/store/ports.ts) must do. */
export function describeAccountStore(name: string, open: () => Promise<OpenedStore>): void {
  describe(`account store: ${name}`, () => {
    let opened: OpenedStore;
    let store: Store;
    let ann: Account;
    beforeEach(async () => {
      opened = await open();
      ({ store } = opened);
      ann = accountOf('ann');
      await store.createAccount(ann);
    });
    afterEach(() => opened.dispose());

    test('an account comes back as it was made, and only under its exact name', async () => {
      expect(await store.account('ann')).toEqual(ann);
      for (const other of ['Ann', 'an', 'ann ', '', 'ann%', "ann' OR 1=1 --"]) {
        expect(await store.account(other)).toBeUndefined();
      }
    });

    test('a taken name or id is refused and changes nothing', async () => {
      expect(await store.createAccount(accountOf('ann'))).toEqual({ ok: false, error: 'USERNAME_TAKEN' });
      const twin = accountOf('twin', { user: ann.user });
      expect(await store.createAccount(twin)).toEqual({ ok: false, error: 'USER_ID_TAKEN' });
      expect(await store.account('ann')).toEqual(ann);
      expect(await store.account('twin')).toBeUndefined();
    });

    test('of two registrations of one name at once, one is made', async () => {
      const made = await Promise.all([
        store.createAccount(accountOf('eve')),
        store.createAccount(accountOf('eve')),
      ]);
      expect(made).toEqual([
        { ok: true, value: undefined },
        { ok: false, error: 'USERNAME_TAKEN' },
      ]);
    });

    test('a sign-in comes back as it was started', async () => {
      const signIn = signInOf(ann);
      expect(await store.startSession(signIn)).toBeNull();
      expect(await store.session(signIn.id)).toEqual(signIn);
      expect(await store.session('nothing')).toBeUndefined();
    });

    test('a device has one sign-in, and the former is named when it was still open', async () => {
      const device = someDeviceId();
      const [first, second, third] = [
        signInOf(ann, { device }),
        signInOf(ann, { device }),
        signInOf(ann, { device }),
      ];
      await store.startSession(first);
      expect(await store.startSession(second)).toBe(first.id);
      expect(await store.session(first.id)).toBeUndefined();
      await store.endSession(second.id, 5);
      expect(await store.startSession(third)).toBeNull();
      expect(await store.startSession(signInOf(ann))).toBeNull();
      expect(await store.session(third.id)).toEqual(third);
    });

    test('two users on one device have a sign-in each', async () => {
      const bob = accountOf('bob');
      await store.createAccount(bob);
      const mine = signInOf(ann);
      await store.startSession(mine);
      expect(await store.startSession(signInOf(bob, { device: mine.device }))).toBeNull();
      expect(await store.session(mine.id)).toEqual(mine);
    });

    test('a token is rotated only from the one that was read, once', async () => {
      const signIn = signInOf(ann);
      await store.startSession(signIn);
      const next = { token: someBytes(32), rotated: 7, successor: someBytes(60), expires: 9 };
      const rotated = await Promise.all([
        store.rotateSession(signIn.id, signIn.token, next),
        store.rotateSession(signIn.id, signIn.token, { ...next, token: someBytes(32) }),
      ]);
      expect(rotated).toEqual([true, false]);
      expect(await store.session(signIn.id)).toEqual({ ...signIn, ...next, previous: signIn.token });
    });

    test('an ended sign-in is not rotated, and ends once', async () => {
      const signIn = signInOf(ann);
      await store.startSession(signIn);
      expect(await store.endSession(signIn.id, 5)).toBe(true);
      expect(await store.endSession(signIn.id, 6)).toBe(false);
      const next = { token: someBytes(32), rotated: 7, successor: someBytes(60), expires: 9 };
      expect(await store.rotateSession(signIn.id, signIn.token, next)).toBe(false);
      expect(await store.session(signIn.id)).toEqual({ ...signIn, ended: 5 });
      expect(await store.endSession('nothing', 5)).toBe(false);
    });

    test('where a device can be woken is kept with its open sign-in, and the newest word counts', async () => {
      const [mine, other] = [signInOf(ann), signInOf(ann)];
      for (const signIn of [mine, other]) await store.startSession(signIn);
      const [first, second] = [somePush(), somePush()];
      expect(await store.keepPush(mine.id, first)).toBe(true);
      expect(await store.keepPush(mine.id, second)).toBe(true);
      expect(await store.session(mine.id)).toEqual({ ...mine, push: second });
      expect(await store.sessions(ann.user)).toEqual(
        expect.arrayContaining([{ ...mine, push: second }, other]),
      );
      expect(await store.keepPush('nothing', first)).toBe(false);
      const next = { token: someBytes(32), rotated: 7, successor: someBytes(60), expires: 9 };
      await store.rotateSession(mine.id, mine.token, next);
      expect((await store.session(mine.id))?.push).toEqual(second);
    });

    test('where a device can be woken is forgotten when it is told to, unless it has moved', async () => {
      const signIn = signInOf(ann);
      await store.startSession(signIn);
      const push = somePush();
      await store.keepPush(signIn.id, push);
      await store.forgetPush(signIn.id, somePush().endpoint);
      expect((await store.session(signIn.id))?.push).toEqual(push);
      await store.forgetPush(signIn.id, push.endpoint);
      expect(await store.session(signIn.id)).toEqual(signIn);
      await store.keepPush(signIn.id, push);
      await store.forgetPush(signIn.id);
      await store.forgetPush('nothing');
      expect(await store.session(signIn.id)).toEqual(signIn);
    });

    test.each([
      ['it ends', (id: string) => store.endSession(id, 5)],
      ['all but another end', () => store.endSessions(ann.user, null, 5)],
      [
        'the password is reset',
        () => store.replaceCredentials(ann.user, 1, { endSessions: { except: null, time: 5 } }),
      ],
      ['the account is locked', () => store.suspendAccount(ann.user, 5)],
    ])('nothing is left of where a device can be woken when %s', async (_how, end) => {
      const signIn = signInOf(ann);
      await store.startSession(signIn);
      await store.keepPush(signIn.id, somePush());
      await end(signIn.id);
      expect(await store.session(signIn.id)).toEqual({ ...signIn, ended: 5 });
      expect(await store.keepPush(signIn.id, somePush())).toBe(false);
      expect((await store.session(signIn.id))?.push).toBeNull();
    });

    test('the next sign-in of a device does not inherit where it can be woken', async () => {
      const device = someDeviceId();
      const [first, second] = [signInOf(ann, { device }), signInOf(ann, { device })];
      await store.startSession(first);
      await store.keepPush(first.id, somePush());
      await store.startSession(second);
      expect(await store.sessions(ann.user)).toEqual([second]);
    });

    test('people are listed by name and found by the beginning of one', async () => {
      const others = ['bob', 'anna', 'an_d', 'an.d', 'andy'].map((username) => accountOf(username));
      for (const account of others) await store.createAccount(account);
      const names = async (prefix: string, limit = 10) =>
        (await store.listPeople(prefix, limit)).map(({ username }) => username);
      expect(await names('')).toEqual(['an.d', 'an_d', 'andy', 'ann', 'anna', 'bob']);
      expect(await names('ann')).toEqual(['ann', 'anna']);
      expect(await names('an_')).toEqual(['an_d']);
      expect(await names('', 2)).toEqual(['an.d', 'an_d']);
      expect(await names('%')).toEqual([]);
      expect(await store.findPerson('ann')).toEqual({ id: ann.user, username: 'ann' });
      expect(await store.findPerson('nobody')).toBeUndefined();
    });

    test('acquaintances show friends and open requests, each from its own side', async () => {
      const [bob, cas, dan] = [accountOf('bob'), accountOf('cas'), accountOf('dan')];
      for (const account of [bob, cas, dan]) await store.createAccount(account);
      const relate = (by: Account, other: Account, state: 'requested' | 'friends' | 'rejected') =>
        store.commit(
          writeOf(by.user, {
            kind: 'relation',
            pair: pairOf(by.user, other.user),
            expect: 0,
            next: { state, by: by.user, blockedBy: [], version: 1, time: 1 },
          }),
        );
      await relate(ann, bob, 'requested');
      await relate(cas, ann, 'friends');
      await relate(dan, ann, 'rejected');
      expect(await store.acquaintances(ann.user)).toEqual([
        { username: 'bob', standing: 'sent' },
        { username: 'cas', standing: 'friends' },
      ]);
      expect(await store.acquaintances(bob.user)).toEqual([{ username: 'ann', standing: 'received' }]);
      expect(await store.acquaintances(dan.user)).toEqual([]);
    });
  });
  describeAccountChanges(name, open);
}
