import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Account, Store } from '#api/store/ports.ts';
import { type Call, type CallStep, advanceCall } from '#shared/call.ts';
import { membersOf, pairOf } from '#shared/ids.ts';
import {
  type Effect,
  type PageLimits,
  type SnapshotLimits,
  type SnapshotPlace,
  type Write,
  callFor,
} from '#sync/server/ports.ts';
import type { Page, SnapshotPart } from '#sync/wire/down.ts';
import { accountOf, someDeviceId, someOpId, someUserId, writeOf } from '../support/api-people.ts';
import { calling, message, related, ringing } from './effects.ts';
import type { OpenedStore } from './sync-store.ts';

const PLENTY: PageLimits = { entries: 1_000, bytes: 10_000_000 };
const WHOLE: SnapshotLimits = { pairs: 1_000, messages: 1_000, bytes: 10_000_000 };
const START = 1_700_000_000_000;
const SHOWN = 50;

/** Calls in every store; see SyncStore in sync/server/ports.ts. */
export function describeCalls(name: string, open: () => Promise<OpenedStore>): void {
  describe(`calls of the sync store: ${name}`, () => {
    let opened: OpenedStore;
    let store: Store;
    let [ann, bob, cas] = [accountOf('ann'), accountOf('bob'), accountOf('cas')];
    beforeEach(async () => {
      opened = await open();
      ({ store } = opened);
      [ann, bob, cas] = [accountOf('ann'), accountOf('bob'), accountOf('cas')];
      for (const account of [ann, bob, cas]) await store.createAccount(account);
    });
    afterEach(() => opened.dispose());

    const make = (actor: Account, effect: Effect, overrides: Partial<Write> = {}) =>
      store.commit(writeOf(actor.user, effect, overrides));
    const send = (from: Account, to: Account) => make(from, message(from, to));
    async function start(caller: Account, callee: Account, overrides: Partial<Call> = {}): Promise<Call> {
      const call = ringing(caller, callee, overrides);
      expect(await make(caller, calling(call))).toMatchObject({ kind: 'done' });
      return call;
    }
    /** Makes a step true, as the server would. */
    async function step({ caller, callee, id }: Call, by: CallStep, time = START + 1_000) {
      const found = await store.call(pairOf(caller, callee), id);
      const next = found && advanceCall(found, by, time);
      if (!next) throw new Error('this step can’t be taken');
      await make(ann, calling(next, found.version), { time });
      return next;
    }
    const hangUp = ({ user }: Account): CallStep => ({ kind: 'end', by: user, reason: 'hung-up' });
    const answer = ({ user }: Account): CallStep => ({ kind: 'answer', by: user, device: someDeviceId() });
    async function pageOf({ user }: Account, limits = PLENTY): Promise<Page> {
      const page = await store.read(user, null, limits);
      if (page === 'resync') throw new Error('asked to start again');
      return page;
    }
    async function partOf({ user }: Account, limits = WHOLE): Promise<SnapshotPart> {
      return (await store.snapshot(user, null, limits)).part;
    }
    const callsWith = async (reader: Account, peer: Account): Promise<readonly Call[]> =>
      (await partOf(reader)).conversations.find((each) => each.peer === peer.user)?.calls ?? [];

    test('S27: a call stands behind the last message of its pair, and in the logs of those who are told', async () => {
      for (const at of [1, 2]) await (at === 1 ? send(ann, bob) : send(bob, ann));
      const call = ringing(ann, bob, { media: 'video', after: 99 });
      const write = writeOf(ann.user, calling(call), { time: START + 5 });
      const pair = pairOf(ann.user, bob.user);

      expect(await store.commit(write)).toEqual({
        kind: 'done',
        result: write.result,
        touched: membersOf(pair),
      });
      const stored = { ...call, after: 2, version: 1, keptAt: START + 5 };
      expect(await store.call(pair, call.id)).toEqual(stored);
      for (const account of [ann, bob]) {
        const { entries } = await pageOf(account);
        expect(entries[2]).toEqual({ ...call, kind: 'call', seq: 3, time: START + 5, after: 2 });
      }
      expect(await store.head(cas.user)).toBe(0);
      expect(await store.commit(write)).toEqual({ kind: 'repeat', result: write.result });

      // Only the callee is told what is theirs alone.
      const told = await make(bob, calling({ ...call, after: 2, status: 'missed' }, 1, [bob.user]));
      expect(told).toMatchObject({ kind: 'done', touched: [bob.user] });
      expect([await store.head(ann.user), await store.head(bob.user)]).toEqual([3, 4]);
    });

    test('S10: an entry reads as the call stands now, once in a page, at the place of the last', async () => {
      const call = await start(ann, bob);
      await send(ann, bob);
      const device = someDeviceId();
      await step(call, { kind: 'answer', by: bob.user, device }, START + 2_000);
      await step(call, hangUp(ann), START + 9_000);
      const now = {
        status: 'completed',
        after: 0,
        answeredAt: START + 2_000,
        endedAt: START + 9_000,
        calleeDevice: device,
      };
      const page = await pageOf(bob);
      expect([page.from, page.to, page.head]).toEqual([0, 4, 4]);
      expect(page.entries).toMatchObject([
        { kind: 'message', seq: 2 },
        { kind: 'call', seq: 4, id: call.id, time: START + 9_000, ...now },
      ]);
      const early = await pageOf(bob, { ...PLENTY, entries: 1 });
      expect(early).toMatchObject({ to: 1, entries: [{ kind: 'call', seq: 1, time: START, ...now }] });
      // Two calls are two things.
      const next = await start(ann, bob);
      expect((await pageOf(bob)).entries.map((entry) => entry.kind === 'call' && entry.id)).toEqual([
        false,
        call.id,
        next.id,
      ]);
    });

    test('S27: whether a missed call was noticed is the callee’s own affair', async () => {
      const call = await start(ann, bob);
      await step(call, { kind: 'time-out' });
      const seenBy = async (reader: Account) => {
        const peer = reader === ann ? bob : ann;
        const [entry] = (await pageOf(reader)).entries;
        const { calls } = await store.history(reader.user, peer.user, 1, PLENTY);
        return [entry, ...(await callsWith(reader, peer)), ...calls].map(
          (each) => each && 'seen' in each && each.seen,
        );
      };
      expect(await seenBy(ann)).toEqual([true, true, true]);
      expect(await seenBy(bob)).toEqual([false, false, false]);
      await step(call, { kind: 'see', by: bob.user });
      expect(await seenBy(bob)).toEqual([true, true, true]);
    });

    test('S29: a call is replaced only from the version that was read', async () => {
      const call = await start(ann, bob);
      const pair = pairOf(ann.user, bob.user);
      const answered = writeOf(bob.user, calling({ ...call, status: 'in_progress' }, 1));
      const declined = writeOf(bob.user, calling({ ...call, status: 'declined' }, 1));
      const outcomes = await Promise.all([answered, declined].map((write) => store.commit(write)));
      expect(outcomes.map(({ kind }) => kind)).toEqual(['done', 'conflict']);
      expect(await store.call(pair, call.id)).toMatchObject({ status: 'in_progress', version: 2 });
      expect(await store.outcome(bob.user, declined.op)).toBeUndefined();
      expect(await store.head(ann.user)).toBe(2);
      expect(await make(bob, calling({ ...call, status: 'declined' }, 7))).toEqual({ kind: 'conflict' });
      expect(await make(bob, calling(ringing(ann, bob), 1))).toEqual({ kind: 'conflict' });
    });

    test('S28: a pair has one live call at most, and a new one when it is over', async () => {
      const crossing = [ringing(ann, bob), ringing(bob, ann)] as const;
      const writes = crossing.map((call) => writeOf(call.caller, calling(call)));
      const outcomes = await Promise.all(writes.map((write) => store.commit(write)));
      expect(outcomes.map(({ kind }) => kind)).toEqual(['done', 'conflict']);
      expect(await store.call(pairOf(ann.user, bob.user), crossing[1].id)).toBeUndefined();
      expect([await store.head(ann.user), await store.head(bob.user)]).toEqual([1, 1]);

      const [first] = crossing;
      await step(first, answer(bob));
      expect(await make(bob, calling(ringing(bob, ann)))).toEqual({ kind: 'conflict' });
      expect(await make(bob, calling(ringing(bob, ann, { status: 'busy' })))).toEqual({ kind: 'conflict' });
      // With others they may.
      await start(cas, ann);
      await step(first, hangUp(bob));
      await start(bob, ann);
      expect(await make(ann, calling(first))).toEqual({ kind: 'conflict' });
    });

    test('S3 S28: a start that lost is decided again under its id', async () => {
      await start(bob, ann);
      const write = writeOf(ann.user, calling(ringing(ann, bob)));
      expect(await store.commit(write)).toEqual({ kind: 'conflict' });
      const result = { id: write.op, ok: false, code: 'IN_CALL' } as const;
      expect(await store.commit({ ...write, effect: null, result })).toMatchObject({ result });
      expect(await store.commit(write)).toEqual({ kind: 'repeat', result });
      expect(await store.outcome(ann.user, write.op)).toMatchObject({ result });
      expect((await store.liveCalls(ann.user)).map(({ caller }) => caller)).toEqual([bob.user]);
    });

    test('S28: two that cross: the second is the answer to the first', async () => {
      const first = await start(bob, ann);
      const write = writeOf(ann.user, calling(ringing(ann, bob)));
      expect(await store.commit(write)).toEqual({ kind: 'conflict' });
      const pair = pairOf(ann.user, bob.user);
      const found = await store.call(pair, first.id);
      const next = found && advanceCall(found, answer(ann), START + 3);
      if (!next) throw new Error('a call that rings can be answered');
      const again = await store.commit({ ...write, effect: calling(next, found.version) });
      expect(again).toMatchObject({ kind: 'done', result: { ok: true }, touched: membersOf(pair) });
      expect(await store.commit(write)).toMatchObject({ kind: 'repeat', result: { ok: true } });
      expect(await store.liveCalls(bob.user)).toMatchObject([
        { id: first.id, status: 'in_progress', version: 2 },
      ]);
    });

    test('live calls of somebody are those that ring or go on, oldest first', async () => {
      const over = await start(ann, bob, { startedAt: START - 10 });
      await step(over, hangUp(ann));
      const second = await start(cas, ann, { startedAt: START + 2 });
      const first = await start(ann, bob, { startedAt: START + 1 });
      await step(first, answer(bob));
      const live = async ({ user }: Pick<Account, 'user'>) =>
        (await store.liveCalls(user)).map(({ id }) => id);
      expect(await live(ann)).toEqual([first.id, second.id]);
      expect(await live(bob)).toEqual([first.id]);
      expect(await live(cas)).toEqual([second.id]);
      expect(await live({ user: someUserId() })).toEqual([]);
      expect(await store.liveCalls(bob.user)).toEqual([
        await store.call(pairOf(ann.user, bob.user), first.id),
      ]);
    });

    test('a call is found only in its own pair', async () => {
      const { id } = await start(ann, bob);
      expect(await store.call(pairOf(ann.user, cas.user), id)).toBeUndefined();
      expect(await store.call(pairOf(ann.user, someUserId()), id)).toBeUndefined();
      expect(await store.call(pairOf(ann.user, bob.user), someOpId())).toBeUndefined();
    });

    test('S31: keeping a call that goes on is remembered, and changes nothing else', async () => {
      const call = await start(ann, bob);
      const pair = pairOf(ann.user, bob.user);
      const keptAt = async () => (await store.call(pair, call.id))?.keptAt;
      await store.keepCall(pair, call.id, START + 500);
      expect(await keptAt()).toBe(START);
      await step(call, answer(bob), START + 1_000);
      const before = await store.call(pair, call.id);
      await store.keepCall(pair, call.id, START + 20_000);
      await store.keepCall(pair, call.id, START + 3_000);
      expect(await store.call(pair, call.id)).toEqual({ ...before, keptAt: START + 20_000 });
      expect(await store.head(ann.user)).toBe(2);
      await step(call, hangUp(bob), START + 30_000);
      const over = await store.call(pair, call.id);
      await store.keepCall(pair, call.id, START + 90_000);
      expect(await store.call(pair, call.id)).toEqual(over);
      await store.keepCall(pairOf(ann.user, someUserId()), call.id, START);
      await store.keepCall(pair, someOpId(), START);
    });

    test('S31: overdue are calls that rang for long, or that nobody has kept lately', async () => {
      const call = await start(ann, bob, { startedAt: START });
      const other = await start(ann, cas, { startedAt: START + 10 });
      const overdue = async (ringsSince: number, kept: number, limit = 10) =>
        (await store.overdueCalls({ ringing: ringsSince, kept }, limit)).map(({ id }) => id);
      expect(await overdue(START, START + 1_000_000)).toEqual([]);
      expect(await overdue(START + 1, START)).toEqual([call.id]);
      expect(new Set(await overdue(START + 11, START))).toEqual(new Set([call.id, other.id]));
      expect(await overdue(START + 11, START, 1)).toHaveLength(1);
      expect(await store.overdueCalls({ ringing: START + 1, kept: 0 }, 1)).toEqual([
        await store.call(pairOf(ann.user, bob.user), call.id),
      ]);

      await step(call, answer(bob), START + 1_000);
      expect(await overdue(START + 11, START + 1_000)).toEqual([other.id]);
      expect(new Set(await overdue(START + 11, START + 1_001))).toEqual(new Set([call.id, other.id]));
      await store.keepCall(pairOf(ann.user, bob.user), call.id, START + 20_000);
      expect(await overdue(0, START + 20_000)).toEqual([]);
      expect(await overdue(0, START + 20_001)).toEqual([call.id]);
      await step(call, hangUp(ann));
      await step(other, { kind: 'time-out' });
      expect(await overdue(START + 1_000_000, START + 1_000_000)).toEqual([]);
    });

    test('S19: a snapshot shows who has only called, with the calls, each as it stands', async () => {
      const call = await start(bob, ann);
      await step(call, hangUp(bob));
      const part = await partOf(ann);
      expect(part.contacts).toMatchObject([{ peer: bob.user, standing: 'none' }]);
      expect(part.conversations).toMatchObject([
        { peer: bob.user, head: 0, messages: [], calls: [{ id: call.id }] },
      ]);
      expect(part.conversations[0]?.calls).toEqual([
        { ...call, status: 'missed', endedAt: START + 1_000, seen: false },
      ]);
      expect((await partOf(cas)).contacts).toEqual([]);
      await make(ann, related(ann, cas, 0, 'friends'));
      expect(await callsWith(ann, cas)).toEqual([]);
    });

    test('S19 S20: a snapshot has the calls behind the first of its messages, and with the first message those before it', async () => {
      const ids: string[] = [];
      for (let n = 0; n <= 4; n++) {
        if (n > 0) await send(ann, bob);
        for (const at of [0, 1]) {
          const call = await start(ann, bob, { startedAt: START + n * 10 + at });
          await step(call, hangUp(ann));
          ids.push(call.id);
        }
      }
      const shown = async (messages: number) => {
        const [conversation] = (await partOf(bob, { ...WHOLE, messages })).conversations;
        return [
          conversation?.messages.map(({ n }) => n),
          conversation?.calls.map(({ id }) => ids.indexOf(id)),
        ];
      };
      expect(await shown(4)).toEqual([
        [1, 2, 3, 4],
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      ]);
      expect(await shown(3)).toEqual([
        [2, 3, 4],
        [4, 5, 6, 7, 8, 9],
      ]);
      expect(await shown(1)).toEqual([[4], [8, 9]]);

      // Pages of history join what the snapshot left out, without a hole or a double.
      const older = async (before: number, entries: number) => {
        const { from, calls } = await store.history(bob.user, ann.user, before, { ...PLENTY, entries });
        return [from, calls.map(({ id }) => ids.indexOf(id))];
      };
      expect(await older(4, 1)).toEqual([3, [6, 7]]);
      expect(await older(3, 1)).toEqual([2, [4, 5]]);
      expect(await older(2, 1)).toEqual([1, [0, 1, 2, 3]]);
      expect(await older(5, 9)).toEqual([1, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]);
      // What this history does not know, and what is not theirs.
      expect(await older(9, 9)).toEqual([9, []]);
      expect((await store.history(cas.user, ann.user, 1, PLENTY)).calls).toEqual([]);
    });

    test('S19: a snapshot names a call that goes on, however much was written since, and to both', async () => {
      const over = await start(ann, bob, { startedAt: START - 10 });
      await step(over, hangUp(ann));
      const ring = await start(cas, ann);
      const call = await start(ann, bob);
      await step(call, answer(bob));
      for (let n = 0; n < 9; n++) await send(ann, bob);
      await send(cas, ann);
      await send(cas, ann);

      const named = async (reader: Account, limits: Partial<SnapshotLimits>): Promise<string[]> => {
        const ids: string[] = [];
        let place: SnapshotPlace | null = null;
        do {
          const { part, next } = await store.snapshot(reader.user, place, { ...WHOLE, ...limits });
          ids.push(...part.conversations.flatMap(({ calls }) => calls.map(({ id }) => id)));
          place = next;
        } while (place !== null);
        return ids;
      };
      for (const limits of [{ messages: 1 }, { messages: 8, pairs: 1 }, { bytes: 1 }]) {
        expect(new Set(await named(ann, limits))).toEqual(new Set([call.id, ring.id]));
        expect(await named(bob, limits)).toEqual([call.id]);
        expect(await named(cas, limits)).toEqual([ring.id]);
      }
      // Once, and with the others where its place is shown.
      expect(await named(bob, {})).toEqual([over.id, call.id]);
      const [conversation] = (await partOf(bob, { ...WHOLE, messages: 1 })).conversations;
      const stored = await store.call(pairOf(ann.user, bob.user), call.id);
      expect(conversation?.calls).toEqual(stored && [callFor(stored, bob.user)]);
      // History has a place for each call, and tells of it there.
      const page = await store.history(bob.user, ann.user, 10, { ...PLENTY, entries: 1 });
      expect(page.calls).toEqual([]);

      await step(call, hangUp(bob));
      expect(await named(bob, { messages: 1 })).toEqual([]);
    });

    test('S19 S20: of many calls the newest are shown, oldest first', async () => {
      const ids: string[] = [];
      for (let at = 0; at < SHOWN + 5; at++) {
        const busy = { status: 'busy', endedAt: START + at, startedAt: START + at, seen: false } as const;
        ids.push((await start(ann, bob, busy)).id);
      }
      expect((await callsWith(bob, ann)).map(({ id }) => id)).toEqual(ids.slice(-SHOWN));
      await send(ann, bob);
      const { calls } = await store.history(bob.user, ann.user, 2, PLENTY);
      expect(calls.map(({ id }) => id)).toEqual(ids.slice(-SHOWN));
      const later = await start(ann, bob, { startedAt: START - 1 });
      // The place in the conversation comes first, clocks only then.
      expect((await callsWith(bob, ann)).at(-1)?.id).toBe(later.id);
    });

    test('S19: a part of a snapshot has room for what its calls take', async () => {
      for (const other of [bob, cas]) {
        for (let at = 0; at < 20; at++) await start(ann, other, { status: 'busy', seen: false });
      }
      const limits = { pairs: 10, messages: 10, bytes: 7_000 };
      const { part, next } = await store.snapshot(ann.user, null, limits);
      expect(part.conversations).toHaveLength(1);
      expect(part.conversations[0]?.calls).toHaveLength(20);
      const rest = await store.snapshot(ann.user, next, limits);
      expect([rest.part.conversations.length, rest.next]).toEqual([1, null]);
    });

    test('S22: a log that was cut leaves calls as they are', async () => {
      const call = await start(ann, bob);
      await step(call, hangUp(bob));
      await send(ann, bob);
      await store.truncate(bob.user, 3);
      expect(await callsWith(bob, ann)).toMatchObject([{ id: call.id, status: 'declined' }]);
      expect((await pageOf(bob)).entries).toMatchObject([{ kind: 'message', seq: 3 }]);
    });

    test('a call with nobody is refused alone', async () => {
      const nobody = accountOf('nobody');
      await expect(make(ann, calling(ringing(ann, nobody)))).rejects.toMatchObject({ code: 'UNKNOWN_USER' });
      expect(await store.liveCalls(ann.user)).toEqual([]);
    });

    test('who is no more is in no call: it ends with the account, and what was stays', async () => {
      const [talking, out] = [await start(bob, ann), await start(ann, cas)];
      await step(talking, answer(ann), START + 1_000);
      const before = await store.stats();
      const told = await store.deleteAccount(ann.user, START + 5_000);
      expect(new Set(told)).toEqual(new Set([bob.user, cas.user]));
      expect(told).toHaveLength(2);
      expect((await pageOf(bob)).entries).toMatchObject([
        { kind: 'call', id: talking.id, status: 'completed', endedAt: START + 5_000, time: START + 5_000 },
      ]);
      expect((await pageOf(cas)).entries).toMatchObject([
        { kind: 'call', id: out.id, status: 'missed', seen: false },
      ]);
      expect(await store.overdueCalls({ ringing: START * 2, kept: START * 2 }, 9)).toEqual([]);
      expect(await callsWith(bob, ann)).toMatchObject([{ id: talking.id, status: 'completed' }]);
      expect((await store.stats()).calls).toBe(before.calls);
      expect(await store.deleteAccount(ann.user, START + 6_000)).toEqual([]);
    });

    test('who is called when their account ends has declined', async () => {
      const call = await start(bob, ann);
      expect(await store.deleteAccount(ann.user, START + 5_000)).toEqual([bob.user]);
      expect(await store.call(pairOf(ann.user, bob.user), call.id)).toMatchObject({
        status: 'declined',
        endedAt: START + 5_000,
        version: 2,
      });
    });

    test('the operator sees how many calls there were', async () => {
      expect((await store.stats()).calls).toBe(0);
      await start(ann, bob);
      await start(ann, cas, { status: 'busy' });
      expect((await store.stats()).calls).toBe(2);
    });
  });
}
