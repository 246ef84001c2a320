import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Account, Report, Store } from '#api/store/ports.ts';
import type { Bytes, UserId } from '#shared/ids.ts';
import { pairOf } from '#shared/ids.ts';
import type { Relation } from '#sync/server/ports.ts';
import type { Entry } from '#sync/wire/down.ts';
import { accountOf, signInOf, someBytes, someDeviceId, someKeyring, writeOf } from '../support/api-people.ts';
import { message } from './effects.ts';
import type { OpenedStore } from './sync-store.ts';

const PLENTY = { entries: 1_000, bytes: 1_000_000 };
const NOW = 1_700_000_100_000;

/** How accounts change and end; part of what every implementation of AccountStore must do. */
export function describeAccountChanges(name: string, open: () => Promise<OpenedStore>): void {
  describe(`account store, changes: ${name}`, () => {
    let opened: OpenedStore;
    let store: Store;
    const [ann, bob, cas, dan, eve] = ['ann', 'bob', 'cas', 'dan', 'eve'].map((each) => accountOf(each)) as [
      Account,
      Account,
      Account,
      Account,
      Account,
    ];
    const everybody = [ann, bob, cas, dan, eve];
    beforeEach(async () => {
      opened = await open();
      ({ store } = opened);
      for (const account of everybody) await store.createAccount(account);
    });
    afterEach(() => opened.dispose());

    const relate = (by: Account, other: Account, next: Partial<Relation>) =>
      store.commit(
        writeOf(by.user, {
          kind: 'relation',
          pair: pairOf(by.user, other.user),
          expect: 0,
          next: { state: 'none', by: by.user, blockedBy: [], version: 1, time: 1, ...next },
        }),
      );
    const say = (from: Account, to: Account) => store.commit(writeOf(from.user, message(from, to)));
    async function logOf({ user }: Account): Promise<readonly Entry[]> {
      const page = await store.read(user, null, PLENTY);
      if (page === 'resync') throw new Error('a log can be read from its start');
      return page.entries as Entry[];
    }
    const headsOf = () => Promise.all(everybody.map(({ user }) => store.head(user)));
    /** ann is friends with bob, has asked cas, was asked by dan, has blocked eve. */
    async function befriend(): Promise<void> {
      await relate(ann, bob, { state: 'friends', by: null });
      await relate(ann, cas, { state: 'requested' });
      await relate(dan, ann, { state: 'requested' });
      await relate(ann, eve, { by: null, blockedBy: [ann.user] });
    }
    const change = (present: number, rotated: { bundle: Bytes; keyId: Bytes } | null = null) => ({
      expect: present,
      keyring: someKeyring(present + 1),
      rotated,
      time: NOW,
    });

    test('an account is found by its id as by its name', async () => {
      expect(await store.accountOf(ann.user)).toEqual(ann);
      expect(await store.accountOf('A'.repeat(22) as UserId)).toBeUndefined();
    });

    test('an account is made with a recovery code or without one', async () => {
      const bare = accountOf('bare', { recovery: null });
      await store.createAccount(bare);
      expect(await store.account('bare')).toEqual(bare);
    });

    test('a keyring is replaced only by who knew the present one, once, and the account’s log tells', async () => {
      const [first, second] = [change(1), change(1)];
      expect(
        await Promise.all([store.replaceKeyring(ann.user, first), store.replaceKeyring(ann.user, second)]),
      ).toEqual([[ann.user], 'conflict']);
      expect(await store.account('ann')).toEqual({ ...ann, keyring: first.keyring, revision: 2 });
      expect(await store.replaceKeyring(ann.user, change(3))).toBe('conflict');
      expect(await store.replaceKeyring('A'.repeat(22) as UserId, change(1))).toBe('conflict');
      expect(await logOf(ann)).toEqual([{ kind: 'account', seq: 1, time: NOW, revision: 2 }]);
      expect(await store.account('bob')).toEqual(bob);
    });

    test('a large keyring is kept whole', async () => {
      const keyring = someKeyring(2, 1_000_000);
      await store.replaceKeyring(ann.user, { ...change(1), keyring });
      expect(Buffer.compare((await store.account('ann'))?.keyring ?? Buffer.of(), keyring)).toBe(0);
    });

    test('new keys are in the log of friends and of who has or had an open request, and of nobody else', async () => {
      await befriend();
      const before = await headsOf();
      const rotated = { bundle: someBytes(231), keyId: someBytes(16) };
      const grown = await store.replaceKeyring(ann.user, change(1, rotated));
      expect(new Set(grown === 'conflict' ? [] : grown)).toEqual(
        new Set([ann, bob, cas, dan].map(({ user }) => user)),
      );
      expect(await headsOf()).toEqual(before.map((head, at) => head + (at < 4 ? 1 : 0)));
      for (const friend of [bob, cas, dan]) {
        expect((await logOf(friend)).at(-1)).toMatchObject({
          kind: 'friend',
          peer: ann.user,
          time: NOW,
          bundle: rotated.bundle,
        });
      }
      expect(await store.person(ann.user)).toEqual({ id: ann.user, name: 'ann', ...rotated });
      expect(await store.account('ann')).toMatchObject({ ...rotated, revision: 2 });
    });

    test('a conflict leaves the bundle and every log as they are', async () => {
      await befriend();
      const before = await headsOf();
      const rotated = { bundle: someBytes(231), keyId: someBytes(16) };
      expect(await store.replaceKeyring(ann.user, change(2, rotated))).toBe('conflict');
      expect(await store.account('ann')).toEqual(ann);
      expect(await headsOf()).toEqual(before);
    });

    test('what proves a person is replaced in part or whole, and counted', async () => {
      const { credentials } = accountOf('other');
      const { recovery } = accountOf('other');
      expect(await store.replaceCredentials(ann.user, 1, { credentials, endSessions: null })).toEqual([]);
      expect(await store.account('ann')).toEqual({ ...ann, credentials, credentialsVersion: 2 });
      expect(await store.replaceCredentials(ann.user, 2, { recovery, endSessions: null })).toEqual([]);
      expect(await store.account('ann')).toEqual({ ...ann, credentials, recovery, credentialsVersion: 3 });
      expect(await store.replaceCredentials(ann.user, 3, { recovery: null, endSessions: null })).toEqual([]);
      expect(await store.account('ann')).toEqual({
        ...ann,
        credentials,
        recovery: null,
        credentialsVersion: 4,
      });
    });

    test('of two changes of the same credentials one is made', async () => {
      const [one, two] = [accountOf('one'), accountOf('two')];
      const changeTo = ({ credentials, recovery }: Account) => ({ credentials, recovery, endSessions: null });
      expect(
        await Promise.all([
          store.replaceCredentials(ann.user, 1, changeTo(one)),
          store.replaceCredentials(ann.user, 1, changeTo(two)),
        ]),
      ).toEqual([[], 'conflict']);
      const { credentials, recovery } = one;
      expect(await store.account('ann')).toEqual({ ...ann, credentials, recovery, credentialsVersion: 2 });
      expect(await store.replaceCredentials('A'.repeat(22) as UserId, 1, changeTo(one))).toBe('conflict');
    });

    test('new credentials end sign-ins with them: all but one, all, or none when they are refused', async () => {
      const { credentials } = accountOf('other');
      const [mine, other, over, bobs] = [signInOf(ann), signInOf(ann), signInOf(ann), signInOf(bob)];
      for (const signIn of [mine, other, over, bobs]) await store.startSession(signIn);
      await store.endSession(over.id, 3);
      const ending = (except: string | null, time: number) => ({
        credentials,
        endSessions: { except, time },
      });
      expect(await store.replaceCredentials(ann.user, 2, ending(null, 4))).toBe('conflict');
      expect(await store.session(other.id)).toEqual(other);
      expect(await store.replaceCredentials(ann.user, 1, ending(mine.id, 5))).toEqual([other.id]);
      expect(await store.sessions(ann.user)).toEqual([mine]);
      expect(await store.session(other.id)).toEqual({ ...other, ended: 5 });
      expect((await store.session(over.id))?.ended).toBe(3);
      expect(await store.replaceCredentials(ann.user, 2, ending(null, 6))).toEqual([mine.id]);
      expect(await store.sessions(ann.user)).toEqual([]);
      expect(await store.session(bobs.id)).toEqual(bobs);
    });

    test('open sign-ins are listed, the newest rotation first, and only one’s own', async () => {
      const [old, fresh, over] = [
        signInOf(ann, { rotated: 5 }),
        signInOf(ann, { rotated: 9 }),
        signInOf(ann, { rotated: 7 }),
      ];
      for (const signIn of [old, fresh, over, signInOf(bob)]) await store.startSession(signIn);
      await store.endSession(over.id, 8);
      expect(await store.sessions(ann.user)).toEqual([fresh, old]);
      expect(await store.sessions(cas.user)).toEqual([]);
    });

    test('a sign-in is renamed by its owner while it lasts', async () => {
      const signIn = signInOf(ann);
      await store.startSession(signIn);
      expect(await store.renameSession(bob.user, signIn.id, 'mine')).toBe(false);
      expect(await store.renameSession(ann.user, 'nothing', 'mine')).toBe(false);
      expect(await store.session(signIn.id)).toEqual(signIn);
      expect(await store.renameSession(ann.user, signIn.id, 'Kitchen – “old”')).toBe(true);
      expect(await store.session(signIn.id)).toEqual({ ...signIn, deviceName: 'Kitchen – “old”' });
      await store.endSession(signIn.id, 5);
      expect(await store.renameSession(ann.user, signIn.id, 'again')).toBe(false);
    });

    test('all sign-ins but one end together, and those that had ended keep their time', async () => {
      const [mine, other, over, bobs] = [signInOf(ann), signInOf(ann), signInOf(ann), signInOf(bob)];
      for (const signIn of [mine, other, over, bobs]) await store.startSession(signIn);
      await store.endSession(over.id, 3);
      expect(await store.endSessions(ann.user, mine.id, 5)).toEqual([other.id]);
      expect(await store.sessions(ann.user)).toEqual([mine]);
      expect((await store.session(over.id))?.ended).toBe(3);
      expect(await store.endSessions(ann.user, null, 6)).toEqual([mine.id]);
      expect(await store.endSessions(ann.user, null, 7)).toEqual([]);
      expect(await store.session(bobs.id)).toEqual(bobs);
    });

    test('who is locked out has no sign-in and gets none, and can come in again when let in', async () => {
      const signIn = signInOf(ann);
      await store.startSession(signIn);
      expect(await store.suspendAccount(ann.user, NOW)).toBe(true);
      expect(await store.account('ann')).toEqual({ ...ann, suspended: NOW });
      expect(await store.session(signIn.id)).toEqual({ ...signIn, ended: NOW });
      await expect(store.startSession(signInOf(ann))).rejects.toMatchObject({ code: 'ACCOUNT_SUSPENDED' });
      expect((await store.listPeople('', 9)).map(({ username }) => username)).toEqual([
        'bob',
        'cas',
        'dan',
        'eve',
      ]);
      expect(await store.suspendAccount(ann.user, null)).toBe(true);
      expect(await store.account('ann')).toEqual(ann);
      await store.startSession(signInOf(ann));
      expect(await store.listPeople('ann', 9)).toHaveLength(1);
      expect(await store.suspendAccount('A'.repeat(22) as UserId, NOW)).toBe(false);
    });

    test('who blocked somebody is not shown what they ask, and nobody is shown as blocked', async () => {
      await relate(eve, ann, { state: 'requested', blockedBy: [ann.user] });
      expect(await store.acquaintances(ann.user)).toEqual([]);
      expect(await store.acquaintances(eve.user)).toEqual([{ username: 'ann', standing: 'sent' }]);
    });

    describe('a deleted account', () => {
      const device = someDeviceId();
      const signIn = signInOf(ann, { device });
      beforeEach(async () => {
        await befriend();
        await say(ann, bob);
        await say(bob, ann);
        await store.startSession(signIn);
        await store.useDevice(ann.user, device, 0);
      });

      test('is known to nobody, and its name and id are never given again', async () => {
        await store.deleteAccount(ann.user, NOW);
        expect(await store.account('ann')).toBeUndefined();
        expect(await store.accountOf(ann.user)).toBeUndefined();
        expect(await store.findPerson('ann')).toBeUndefined();
        expect(await store.listPeople('ann', 9)).toEqual([]);
        expect(await store.person(ann.user)).toBeUndefined();
        expect(await store.createAccount(accountOf('ann'))).toEqual({ ok: false, error: 'USERNAME_TAKEN' });
        const sameId = accountOf('later', { user: ann.user });
        expect(await store.createAccount(sameId)).toEqual({ ok: false, error: 'USER_ID_TAKEN' });
      });

      test('has no sign-in, device, log or outcome left, and gets none', async () => {
        const write = writeOf(ann.user, message(ann, bob));
        await store.commit(write);
        await store.deleteAccount(ann.user, NOW);
        expect(await store.session(signIn.id)).toBeUndefined();
        expect(await store.sessions(ann.user)).toEqual([]);
        expect(await store.outcome(ann.user, write.op)).toBeUndefined();
        expect((await store.stats()).sessions).toBe(0);
        expect(await logOf(ann)).toEqual([]);
        await expect(store.startSession(signInOf(ann))).rejects.toMatchObject({ code: 'UNKNOWN_USER' });
        expect(await store.replaceKeyring(ann.user, change(1))).toBe('conflict');
        expect(await store.replaceCredentials(ann.user, 1, { endSessions: null })).toBe('conflict');
        expect(await store.suspendAccount(ann.user, NOW)).toBe(false);
        await say(bob, ann);
        expect(await logOf(ann)).toEqual([]);
      });

      test('is no longer anybody’s friend, and each log that shows it says so', async () => {
        const before = await headsOf();
        const grown = await store.deleteAccount(ann.user, NOW);
        // eve never knew that she was blocked.
        expect(new Set(grown)).toEqual(new Set([bob.user, cas.user, dan.user]));
        expect((await headsOf()).slice(1)).toEqual(
          before.slice(1).map((head, at) => head + (at < 3 ? 1 : 0)),
        );
        for (const other of [bob, cas, dan]) {
          expect((await logOf(other)).at(-1)).toEqual({
            kind: 'friend',
            seq: await store.head(other.user),
            time: NOW,
            peer: ann.user,
            name: 'ann',
            standing: 'none',
            bundle: ann.bundle,
          });
          expect(await store.acquaintances(other.user)).toEqual([]);
          expect(await store.friends(other.user)).toEqual([]);
        }
        expect(await store.relation(pairOf(ann.user, eve.user))).toMatchObject({
          state: 'none',
          blockedBy: [],
        });
        expect(await store.openRequests(dan.user)).toBe(0);
      });

      test('leaves what was written to its friends', async () => {
        await store.deleteAccount(ann.user, NOW);
        const page = await store.history(bob.user, ann.user, 3, PLENTY);
        expect(page.messages.map(({ from, n }) => [from, n])).toEqual([
          [ann.user, 1],
          [bob.user, 2],
        ]);
        const { part } = await store.snapshot(bob.user, null, { pairs: 9, messages: 9, bytes: 1_000_000 });
        expect(part.contacts).toMatchObject([
          { peer: ann.user, name: 'ann', standing: 'none', bundle: ann.bundle },
        ]);
        expect((await logOf(bob)).filter(({ kind }) => kind === 'message')).toHaveLength(2);
      });

      test('is deleted once', async () => {
        await store.deleteAccount(ann.user, NOW);
        const [before, stats] = [await headsOf(), await store.stats()];
        expect(await store.deleteAccount(ann.user, NOW + 1)).toEqual([]);
        expect(await store.deleteAccount('A'.repeat(22) as UserId, NOW)).toEqual([]);
        expect([await headsOf(), await store.stats()]).toEqual([before, stats]);
      });

      test('unblocks whom it blocked, and is unblocked by who blocked it', async () => {
        await relate(bob, eve, { by: null, blockedBy: [bob.user] });
        expect(await store.deleteAccount(eve.user, NOW)).toEqual(
          expect.arrayContaining([ann.user, bob.user]),
        );
        expect((await logOf(bob)).at(-1)).toMatchObject({ kind: 'friend', peer: eve.user, standing: 'none' });
      });
    });

    test('reports are kept, the newest first, and one of each person about each other', async () => {
      const about = (from: Account, other: Account, time: number, note = ''): Report => ({
        from: from.user,
        about: other.user,
        reason: 'spam',
        note,
        time,
      });
      const [first, second, third] = [
        about(ann, bob, 1, 'old'),
        about(ann, cas, 2),
        about(bob, ann, 3, '“;--'),
      ];
      for (const report of [first, second, third]) await store.addReport(report);
      const again = { ...about(ann, bob, 4, 'new'), reason: 'harassment' as const };
      await store.addReport(again);
      expect(await store.reports(9)).toEqual([again, third, second]);
      expect(await store.reports(1)).toEqual([again]);
    });

    test('the operator sees how much there is of everything', async () => {
      await befriend();
      await say(ann, bob);
      await store.startSession(signInOf(ann));
      const over = signInOf(bob);
      await store.startSession(over);
      await store.endSession(over.id, 5);
      await store.suspendAccount(cas.user, NOW);
      await store.addReport({ from: ann.user, about: dan.user, reason: 'other', note: '', time: 1 });
      const entries = (await headsOf()).reduce((sum, head) => sum + head, 0);
      expect(await store.stats()).toEqual({
        users: 5,
        suspended: 1,
        sessions: 1,
        friendships: 1,
        messages: 1,
        calls: 0,
        entries,
        reports: 1,
      });
      await store.deleteAccount(ann.user, NOW);
      expect(await store.stats()).toMatchObject({
        users: 4,
        sessions: 0,
        friendships: 0,
        messages: 1,
        reports: 1,
      });
    });
  });
}
