import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Account, Store } from '#api/store/ports.ts';
import { type UserId, membersOf, pairOf } from '#shared/ids.ts';
import type { Effect, PageLimits, Write } from '#sync/server/ports.ts';
import type { Page } from '#sync/wire/down.ts';
import type { Cursor } from '#sync/wire/up.ts';
import { accountOf, digestOf, someBytes, someOpId, someUserId, writeOf } from '../support/api-people.ts';
import { mark, message, related } from './effects.ts';

export interface OpenedStore {
  readonly store: Store;
  /** Closes the store and removes what it left. */
  dispose(): Promise<void>;
}

const PLENTY: PageLimits = { entries: 1_000, bytes: 10_000_000 };

/** What every implementation of the sync server's store must do; see SyncStore in sync/server/ports.ts. */
export function describeSyncStore(name: string, open: () => Promise<OpenedStore>): void {
  describe(`sync store: ${name}`, () => {
    let opened: OpenedStore;
    let store: Store;
    let ann: Account;
    let bob: Account;
    let cas: Account;
    beforeEach(async () => {
      opened = await open();
      ({ store } = opened);
      [ann, bob, cas] = [accountOf('ann'), accountOf('bob'), accountOf('cas')];
      for (const account of [ann, bob, cas]) await store.createAccount(account);
    });
    afterEach(() => opened.dispose());

    const send = (from: Account, to: Account, length?: number) =>
      store.commit(writeOf(from.user, message(from, to, length)));
    async function pageOf(user: UserId, cursor: Cursor | null = null, limits = PLENTY): Promise<Page> {
      const page = await store.read(user, cursor, limits);
      if (page === 'resync') throw new Error('asked to start again');
      return page;
    }
    const after = async (page: Page): Promise<Cursor> => ({
      epoch: await store.epoch(),
      seq: page.to,
      tag: page.tag,
    });

    test('S2 S8: a message gets the next number of its conversation and an entry in both logs', async () => {
      const effect = message(ann, bob);
      const write = writeOf(ann.user, effect);
      const first = await store.commit(write);
      const second = await store.commit(writeOf(bob.user, message(bob, ann)));
      await store.commit(writeOf(ann.user, message(ann, cas)));

      expect(first).toEqual({
        kind: 'done',
        result: { id: write.op, ok: true, time: write.time, n: 1 },
        touched: membersOf(pairOf(ann.user, bob.user)),
      });
      expect(second).toMatchObject({ kind: 'done', result: { n: 2 } });
      expect([await store.head(ann.user), await store.head(bob.user), await store.head(cas.user)]).toEqual([
        3, 2, 1,
      ]);
      const { entries } = await pageOf(bob.user);
      expect(entries[0]).toEqual({
        kind: 'message',
        seq: 1,
        time: write.time,
        op: write.op,
        from: ann.user,
        to: bob.user,
        n: 1,
        envelope: effect.kind === 'message' && effect.envelope,
      });
      expect(entries[1]).toMatchObject({ seq: 2, n: 2, from: bob.user, to: ann.user });
      expect((await store.conversation(pairOf(ann.user, bob.user))).head).toBe(2);
      expect((await store.conversation(pairOf(bob.user, cas.user))).head).toBe(0);
    });

    test('S1 S8: writes handed over at once commit in that order, without a gap or a double', async () => {
      const writes = Array.from({ length: 2_500 }, (_, at) =>
        at % 2 === 0 ? writeOf(ann.user, message(ann, bob)) : writeOf(bob.user, message(bob, ann)),
      );
      const committed = await Promise.all(writes.map((write) => store.commit(write)));

      const numbers = committed.map((done) => done.kind === 'done' && done.result.ok && done.result.n);
      expect(numbers).toEqual(writes.map((_, at) => at + 1));
      for (const { user } of [ann, bob]) {
        const { entries } = await pageOf(user, null, { ...PLENTY, entries: 5_000 });
        expect(entries.map(({ seq }) => seq)).toEqual(writes.map((_, at) => at + 1));
        expect(entries.map((entry) => entry.kind === 'message' && entry.op)).toEqual(
          writes.map(({ op }) => op),
        );
      }
    });

    test('S3: an operation that was recorded is answered with its first result, and changes nothing', async () => {
      const write = writeOf(ann.user, message(ann, bob));
      const first = await store.commit(write);
      const again = await store.commit({
        ...write,
        time: write.time + 9,
        result: { id: write.op, ok: false, code: 'NOT_FRIENDS' },
      });

      expect(again).toEqual({ kind: 'repeat', result: first.kind === 'done' && first.result });
      expect(await store.head(bob.user)).toBe(1);
    });

    test('S3: a repeat within the same batch is a repeat too', async () => {
      const write = writeOf(ann.user, message(ann, bob));
      const outcomes = await Promise.all([store.commit(write), store.commit(write), store.commit(write)]);
      expect(outcomes.map(({ kind }) => kind)).toEqual(['done', 'repeat', 'repeat']);
      expect(await store.head(bob.user)).toBe(1);
    });

    test('S5: an id that comes back with other content is reused, and changes nothing', async () => {
      const write = writeOf(ann.user, message(ann, bob));
      await store.commit(write);
      expect(await store.commit({ ...write, digest: digestOf('other') })).toEqual({ kind: 'reused' });
      expect(await store.head(ann.user)).toBe(1);
    });

    test('two users may use the same operation id', async () => {
      const op = someOpId();
      await store.commit(writeOf(ann.user, message(ann, bob), { op }));
      expect(await store.commit(writeOf(bob.user, message(bob, ann), { op }))).toMatchObject({
        kind: 'done',
      });
    });

    test('an outcome is kept as it was, a refusal with its bundle too', async () => {
      const sent = writeOf(ann.user, message(ann, bob));
      await store.commit(sent);
      const op = someOpId();
      const bundle = someBytes(231);
      const refusal = { id: op, ok: false, code: 'STALE_KEY', bundle } as const;
      const refused = await store.commit(writeOf(ann.user, null, { op, result: refusal }));

      expect(refused).toEqual({ kind: 'done', result: refusal, touched: [] });
      expect(await store.outcome(ann.user, op)).toEqual({ digest: digestOf(op), result: refusal });
      expect(await store.outcome(ann.user, sent.op)).toEqual({
        digest: sent.digest,
        result: { id: sent.op, ok: true, time: sent.time, n: 1 },
      });
      expect(await store.outcome(bob.user, op)).toBeUndefined();
      expect(await store.outcome(someUserId(), op)).toBeUndefined();
    });

    test('what is not to be recorded is not', async () => {
      const write = writeOf(ann.user, mark(ann, bob, 1, 0), { record: false });
      await store.commit(write);
      expect(await store.outcome(ann.user, write.op)).toBeUndefined();
    });

    test('a relation is replaced only from the version that was read', async () => {
      const pair = pairOf(ann.user, bob.user);
      expect(await store.relation(pair)).toEqual({
        state: 'none',
        by: null,
        blockedBy: [],
        version: 0,
        time: 0,
      });
      const asked = await store.commit(writeOf(ann.user, related(ann, bob, 0, 'requested')));
      const crossed = await store.commit(writeOf(bob.user, related(bob, ann, 0, 'requested')));

      expect(asked).toMatchObject({ kind: 'done', touched: membersOf(pair) });
      expect(crossed).toEqual({ kind: 'conflict' });
      expect(await store.relation(pair)).toEqual({
        state: 'requested',
        by: ann.user,
        blockedBy: [],
        version: 1,
        time: 5,
      });
      expect(await store.head(bob.user)).toBe(1);
    });

    test('S18: of two changes at once one wins and the other is a conflict that is not recorded', async () => {
      const writes = [ann, bob].map((actor) =>
        writeOf(actor.user, related(actor, actor === ann ? bob : ann, 0, 'requested')),
      ) as [Write, Write];
      const outcomes = await Promise.all(writes.map((write) => store.commit(write)));
      expect(outcomes.map(({ kind }) => kind)).toEqual(['done', 'conflict']);
      expect(await store.outcome(bob.user, writes[1].op)).toBeUndefined();
    });

    test('a friend entry shows the peer and the standing, each from its own side', async () => {
      await store.commit(writeOf(ann.user, related(ann, bob, 0, 'requested')));
      const [mine] = (await pageOf(ann.user)).entries;
      const [theirs] = (await pageOf(bob.user)).entries;
      expect(mine).toMatchObject({
        kind: 'friend',
        peer: bob.user,
        name: 'bob',
        standing: 'sent',
        bundle: bob.bundle,
      });
      expect(theirs).toMatchObject({
        kind: 'friend',
        peer: ann.user,
        name: 'ann',
        standing: 'received',
        bundle: ann.bundle,
      });

      await store.commit(writeOf(bob.user, related(bob, ann, 1, 'rejected')));
      expect((await pageOf(ann.user)).entries).toMatchObject([{ seq: 2, standing: 'none' }]);
    });

    test('friends and open requests follow the relations', async () => {
      await store.commit(writeOf(ann.user, related(ann, bob, 0, 'requested')));
      await store.commit(writeOf(cas.user, related(cas, ann, 0, 'requested')));
      expect(await store.openRequests(ann.user)).toBe(1);
      expect(await store.openRequests(bob.user)).toBe(0);
      expect(await store.friends(ann.user)).toEqual([]);

      await store.commit(writeOf(bob.user, related(bob, ann, 1, 'friends')));
      await store.commit(writeOf(ann.user, related(ann, cas, 1, 'friends')));
      expect(await store.openRequests(ann.user)).toBe(0);
      expect(new Set(await store.friends(ann.user))).toEqual(new Set([bob.user, cas.user]));
      expect(await store.friends(bob.user)).toEqual([ann.user]);

      await store.commit(writeOf(ann.user, related(ann, bob, 2, 'none')));
      expect(await store.friends(ann.user)).toEqual([cas.user]);
      expect(await store.friends(someUserId())).toEqual([]);
    });

    test('S24: who has blocked whom is kept, each side by itself, and read wherever the relation is', async () => {
      const pair = pairOf(ann.user, bob.user);
      const blockers = async () => (await store.relation(pair)).blockedBy;
      await store.commit(writeOf(ann.user, related(ann, bob, 0, 'friends')));
      await store.commit(writeOf(ann.user, related(ann, bob, 1, 'none', ann)));
      expect(await store.relation(pair)).toEqual({
        state: 'none',
        by: null,
        blockedBy: [ann.user],
        version: 2,
        time: 5,
      });
      await store.commit(writeOf(bob.user, related(bob, ann, 2, 'requested', ann)));
      expect((await pageOf(ann.user)).entries).toMatchObject([{ seq: 2, standing: 'blocked' }]);
      expect((await pageOf(bob.user)).entries).toMatchObject([{ seq: 3, standing: 'sent' }]);
      expect([await store.openRequests(bob.user), await store.friends(ann.user)]).toEqual([1, []]);

      await store.commit(writeOf(bob.user, related(bob, ann, 3, 'none', ann, bob)));
      expect(await blockers()).toEqual(membersOf(pair));
      await store.commit(writeOf(ann.user, related(ann, bob, 4, 'none', bob)));
      expect(await blockers()).toEqual([bob.user]);
      await store.commit(writeOf(bob.user, related(bob, ann, 5, 'none')));
      expect(await blockers()).toEqual([]);
    });

    test('S24: a change is told to those only to whom it shows', async () => {
      const touched = async (actor: Account, effect: Effect): Promise<readonly UserId[]> => {
        const done = await store.commit(writeOf(actor.user, effect));
        return done.kind === 'done' ? done.touched : [];
      };
      // Of a stranger who blocks, and who unblocks, nobody hears but they themselves.
      expect(await touched(ann, related(ann, bob, 0, 'none', ann))).toEqual([ann.user]);
      expect(await touched(bob, related(bob, ann, 1, 'requested', ann))).toEqual([bob.user]);
      expect(await touched(ann, related(bob, ann, 2, 'requested'))).toEqual([ann.user]);
      expect([await store.head(ann.user), await store.head(bob.user)]).toEqual([2, 1]);
      expect((await pageOf(ann.user)).entries).toMatchObject([{ seq: 2, standing: 'received' }]);
    });

    test('S25: each new keyring is an entry of the account’s own log, in a page the newest alone', async () => {
      const replace = (from: number, time: number) =>
        store.replaceKeyring(ann.user, { expect: from, keyring: someBytes(300), rotated: null, time });
      await replace(1, 30);
      await replace(2, 40);
      await store.commit(writeOf(ann.user, related(ann, bob, 0, 'friends')));
      const last = { kind: 'account', seq: 2, time: 40, revision: 3 };
      expect((await pageOf(ann.user)).entries).toMatchObject([last, { kind: 'friend', seq: 3 }]);
      expect((await pageOf(ann.user, null, { entries: 1, bytes: 1_000 })).entries).toEqual([
        { kind: 'account', seq: 1, time: 30, revision: 2 },
      ]);
      expect((await pageOf(bob.user)).entries).toMatchObject([{ kind: 'friend', seq: 1 }]);
    });

    test('S9: watermarks only rise, each by itself, and both sides see both', async () => {
      const pair = pairOf(ann.user, bob.user);
      await store.commit(writeOf(bob.user, mark(bob, ann, 5, 2)));
      await store.commit(writeOf(bob.user, mark(bob, ann, 3, 4)));
      await store.commit(writeOf(ann.user, mark(ann, bob, 1, 1)));

      const { marks } = await store.conversation(pair);
      expect(marks.get(bob.user)).toEqual({ delivered: 5, seen: 4 });
      expect(marks.get(ann.user)).toEqual({ delivered: 1, seen: 1 });
      const [entry] = (await pageOf(ann.user)).entries;
      expect(entry).toMatchObject({
        kind: 'receipt',
        peer: bob.user,
        mine: { delivered: 1, seen: 1 },
        theirs: { delivered: 5, seen: 4 },
      });
    });

    test('S9: a watermark that raises nothing touches nobody', async () => {
      await store.commit(writeOf(bob.user, mark(bob, ann, 5, 2)));
      const lower = await store.commit(writeOf(bob.user, mark(bob, ann, 5, 1)));
      expect(lower).toMatchObject({ kind: 'done', touched: [] });
      expect(await store.head(ann.user)).toBe(1);
    });

    test('S1 S10: the parts of a page join without a hole, and the cursor of the last finds nothing more', async () => {
      for (let at = 0; at < 25; at++) await send(ann, bob);
      const seqs: number[] = [];
      let cursor: Cursor | null = null;
      for (let turn = 0; turn < 4; turn++) {
        const page: Page = await pageOf(bob.user, cursor, { entries: 10, bytes: 1_000_000 });
        expect(page.from).toBe(cursor?.seq ?? 0);
        expect(page.head).toBe(25);
        seqs.push(...page.entries.map(({ seq }) => seq));
        cursor = await after(page);
      }
      expect(seqs).toEqual(Array.from({ length: 25 }, (_, at) => at + 1));
      expect(await pageOf(bob.user, cursor)).toMatchObject({
        from: 25,
        to: 25,
        head: 25,
        entries: [],
        tag: cursor?.tag,
      });
    });

    test('S10: a page keeps to its bytes, but holds at least one entry', async () => {
      for (const length of [3_000, 3_000, 3_000, 60_000, 10]) await send(ann, bob, length);
      const first = await pageOf(bob.user, null, { entries: 100, bytes: 7_000 });
      expect([first.from, first.to, first.entries.length, first.head]).toEqual([0, 2, 2, 5]);
      const second = await pageOf(bob.user, await after(first), { entries: 100, bytes: 7_000 });
      expect([second.from, second.to]).toEqual([2, 3]);
      const large = await pageOf(bob.user, await after(second), { entries: 100, bytes: 7_000 });
      expect([large.from, large.to, large.entries.length]).toEqual([3, 4, 1]);
    });

    test('S10: entries of one thing are one entry in a page, at the place of the last, and the range covers all', async () => {
      await store.commit(writeOf(ann.user, related(ann, bob, 0, 'requested')));
      await store.commit(writeOf(bob.user, related(bob, ann, 1, 'friends')));
      await send(ann, bob);
      await store.commit(writeOf(bob.user, mark(bob, ann, 1, 0)));
      await store.commit(writeOf(bob.user, mark(bob, ann, 1, 1)));

      const page = await pageOf(ann.user);
      expect([page.from, page.to, page.head]).toEqual([0, 5, 5]);
      expect(page.entries.map(({ kind, seq }) => [kind, seq])).toEqual([
        ['friend', 2],
        ['message', 3],
        ['receipt', 5],
      ]);
      // In pages of two the earlier entries show the present state as well.
      const early = await pageOf(ann.user, null, { entries: 1, bytes: 1_000 });
      expect(early).toMatchObject({ to: 1, entries: [{ kind: 'friend', seq: 1, standing: 'friends' }] });
    });

    test('S11: a cursor is refused when its epoch, its tag or its place is not of this history', async () => {
      for (let at = 0; at < 3; at++) await send(ann, bob);
      const good = await after(await pageOf(bob.user, null, { entries: 2, bytes: 1_000_000 }));
      expect(await store.read(bob.user, good, PLENTY)).toMatchObject({ from: 2, to: 3 });
      const foreign: Cursor[] = [
        { ...good, epoch: 'another' },
        { ...good, tag: (good.tag + 1) % 2 ** 32 },
        { ...good, seq: 1 },
        { ...good, seq: 4 },
        { ...good, seq: Number.MAX_SAFE_INTEGER },
        { epoch: good.epoch, seq: 0, tag: 7 },
      ];
      for (const cursor of foreign) expect(await store.read(bob.user, cursor, PLENTY)).toBe('resync');
      expect(await store.read(ann.user, good, PLENTY)).toBe('resync');
    });

    test('an empty log is an empty page, and its cursor stays good', async () => {
      const empty = await pageOf(ann.user);
      expect(empty).toEqual({ from: 0, to: 0, tag: 0, head: 0, entries: [] });
      expect(await pageOf(ann.user, await after(empty))).toEqual(empty);
      await send(bob, ann);
      expect(await pageOf(ann.user, await after(empty))).toMatchObject({
        from: 0,
        to: 1,
        entries: [{ seq: 1 }],
      });
      expect(await pageOf(someUserId())).toEqual(empty);
    });

    test('a write that names nobody is refused alone', async () => {
      const nobody = accountOf('nobody');
      const before = store.commit(writeOf(ann.user, message(ann, bob)));
      const bad = store.commit(writeOf(ann.user, message(ann, nobody)));
      const behind = store.commit(writeOf(ann.user, message(ann, bob)));
      await expect(bad).rejects.toMatchObject({ code: 'UNKNOWN_USER' });
      expect([(await before).kind, (await behind).kind]).toEqual(['done', 'done']);
      expect(await store.head(ann.user)).toBe(2);
      await expect(store.commit(writeOf(nobody.user, null))).rejects.toMatchObject({ code: 'UNKNOWN_USER' });
    });

    test('a person is as registered', async () => {
      expect(await store.person(bob.user)).toEqual({
        id: bob.user,
        name: 'bob',
        bundle: bob.bundle,
        keyId: bob.keyId,
      });
      expect(await store.person(someUserId())).toBeUndefined();
    });

    test('tags differ from entry to entry', async () => {
      const tags = new Set<number>();
      for (let at = 0; at < 20; at++) {
        await send(ann, bob);
        tags.add((await pageOf(bob.user)).tag);
      }
      expect(tags.size).toBeGreaterThan(15);
    });
  });
}
