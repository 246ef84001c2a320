import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Account, Store } from '#api/store/ports.ts';
import { type DeviceId, type UserId, pairOf } from '#shared/ids.ts';
import type { Effect, PageLimits, SnapshotLimits, SnapshotPlace } from '#sync/server/ports.ts';
import type { Entry, Page, SnapshotPart } from '#sync/wire/down.ts';
import type { Cursor } from '#sync/wire/up.ts';
import { accountOf, someBytes, someDeviceId, someUserId, writeOf } from '../support/api-people.ts';
import { createRandom } from '../sync/sim/random.ts';
import { mark, message, related } from './effects.ts';
import type { OpenedStore } from './sync-store.ts';

const PLENTY: PageLimits = { entries: 1_000, bytes: 10_000_000 };
const WHOLE: SnapshotLimits = { pairs: 1_000, messages: 1_000, bytes: 10_000_000 };

/** Snapshots, history, generations and truncation of every store; see SyncStore in sync/server/ports.ts. */
export function describeSnapshots(name: string, open: () => Promise<OpenedStore>): void {
  describe(`snapshots of the sync store: ${name}`, () => {
    let opened: OpenedStore;
    let store: Store;
    let ann: Account;
    let others: Account[];
    let [bob, cas, dan, eve]: Account[] = [];
    beforeEach(async () => {
      opened = await open();
      ({ store } = opened);
      ann = accountOf('ann');
      others = ['bob', 'cas', 'dan', 'eve', 'fay', 'gil'].map((username) => accountOf(username));
      [bob, cas, dan, eve] = others;
      for (const account of [ann, ...others]) await store.createAccount(account);
    });
    afterEach(() => opened.dispose());

    const make = (actor: Account, effect: Effect) => store.commit(writeOf(actor.user, effect));
    async function send(from: Account, to: Account, times = 1, length?: number): Promise<void> {
      for (let at = 0; at < times; at++) await make(from, message(from, to, length));
    }
    /** All parts, one after the other; `between` runs after each but the last. */
    async function partsOf(
      user: UserId,
      limits: SnapshotLimits = WHOLE,
      between: () => Promise<void> = async () => {},
    ): Promise<SnapshotPart[]> {
      const parts: SnapshotPart[] = [];
      let place: SnapshotPlace | null = null;
      for (let turn = 0; turn < 100; turn++) {
        const { part, next } = await store.snapshot(user, place, limits);
        parts.push(part);
        if (!next) return parts;
        place = next;
        await between();
      }
      throw new Error('a snapshot of more than 100 parts');
    }
    async function pageOf(user: UserId, cursor: Cursor | null): Promise<Page> {
      const page = await store.read(user, cursor, PLENTY);
      if (page === 'resync') throw new Error('asked to start again');
      return page;
    }
    const cursorAt = async ({ seq, tag }: { seq: number; tag: number }): Promise<Cursor> => ({
      epoch: await store.epoch(),
      seq,
      tag,
    });
    const inOrder = (...accounts: Account[]): UserId[] =>
      accounts.map(({ user }) => user).toSorted((a, b) => (a < b ? -1 : 1));

    test('S19: a snapshot of nothing is one empty part at the log’s start', async () => {
      const empty = { seq: 0, tag: 0, contacts: [], conversations: [], first: true, done: true };
      expect(await partsOf(ann.user)).toEqual([{ ...empty, revision: 1 }]);
      expect(await partsOf(someUserId())).toEqual([{ ...empty, revision: 0 }]);
    });

    test('S19: a snapshot shows everybody who matters, each as they stand, from the reader’s side', async () => {
      if (!bob || !cas || !dan || !eve) throw new Error('nobody there');
      await make(ann, related(ann, bob, 0, 'friends'));
      await send(ann, bob, 2);
      await make(bob, mark(bob, ann, 2, 1));
      await make(cas, related(cas, ann, 0, 'requested'));
      await make(ann, related(ann, dan, 0, 'friends'));
      await make(ann, related(ann, dan, 1, 'none'));
      await make(ann, related(ann, eve, 0, 'friends'));
      await send(eve, ann);
      await make(ann, related(ann, eve, 1, 'none'));

      const [part, ...more] = await partsOf(ann.user);
      const page = await pageOf(ann.user, null);
      expect(more).toEqual([]);
      expect(part).toMatchObject({ seq: page.head, tag: page.tag, first: true, done: true });
      const contacts = part?.contacts ?? [];
      // With dan there is neither a friendship nor a message any more.
      expect(contacts.map(({ peer }) => peer)).toEqual(inOrder(bob, cas, eve));
      const contact = (account: Account) => contacts.find(({ peer }) => peer === account.user);
      const { user: peer, bundle } = bob;
      expect(contact(bob)).toEqual({
        kind: 'friend',
        time: 5,
        peer,
        name: 'bob',
        standing: 'friends',
        bundle,
      });
      expect(contact(cas)?.standing).toBe('received');
      expect(contact(eve)?.standing).toBe('none');

      const talk = (account: Account) =>
        part?.conversations.find((conversation) => conversation.peer === account.user);
      expect(talk(bob)).toMatchObject({
        head: 2,
        mine: { delivered: 0, seen: 0 },
        theirs: { delivered: 2, seen: 1 },
        messages: [{ n: 1 }, { n: 2 }],
      });
      expect(talk(cas)).toMatchObject({ head: 0, messages: [] });
      const logged = page.entries.find((entry) => entry.kind === 'message');
      expect({ ...talk(bob)?.messages[0], kind: 'message', seq: logged?.seq }).toEqual(logged);
      const [seenByBob] = await partsOf(bob.user);
      expect(seenByBob?.conversations).toMatchObject([
        { peer: ann.user, mine: { delivered: 2, seen: 1 }, theirs: { delivered: 0, seen: 0 } },
      ]);
    });

    test('S24: a snapshot shows who is blocked, and nothing of who blocks', async () => {
      if (!bob || !cas) throw new Error('nobody there');
      await make(ann, related(ann, bob, 0, 'none', ann));
      await make(cas, related(cas, ann, 0, 'requested'));
      await make(ann, related(cas, ann, 1, 'requested', ann));
      const standings = async ({ user }: Account) =>
        (await partsOf(user)).flatMap(({ contacts }) =>
          contacts.map(({ peer, standing }) => [peer, standing]),
        );
      expect(await standings(ann)).toEqual(inOrder(bob, cas).map((peer) => [peer, 'blocked']));
      expect(await standings(bob)).toEqual([]);
      expect(await standings(cas)).toEqual([[ann.user, 'sent']]);
    });

    test('S25: a snapshot names the keyring’s revision, also when the log has forgotten it', async () => {
      if (!bob) throw new Error('nobody there');
      await store.replaceKeyring(ann.user, { expect: 1, keyring: someBytes(300), rotated: null, time: 5 });
      await send(ann, bob);
      await store.truncate(ann.user, 2);
      expect(await partsOf(ann.user)).toMatchObject([{ seq: 2, revision: 2 }]);
    });

    test('S19: parts keep to their contacts, messages and bytes, and show each contact once', async () => {
      for (const other of others) await make(ann, related(ann, other, 0, 'friends'));
      for (const other of others.slice(0, 3)) await send(other, ann, 6, 1_000);
      await send(ann, others[3] as Account, 1, 9_000);

      const parts = await partsOf(ann.user, { pairs: 2, messages: 4, bytes: 3_000 });
      expect(parts.length).toBeGreaterThanOrEqual(4);
      expect(parts.map(({ first }) => first)).toEqual(parts.map((_, at) => at === 0));
      expect(parts.map(({ done }) => done)).toEqual(parts.map((_, at) => at === parts.length - 1));
      expect(new Set(parts.map(({ seq, tag }) => `${seq} ${tag}`)).size).toBe(1);
      expect(parts.flatMap(({ contacts }) => contacts.map(({ peer }) => peer))).toEqual(inOrder(...others));
      for (const { contacts, conversations } of parts) {
        expect(contacts.length).toBeLessThanOrEqual(2);
        expect(conversations.map(({ peer }) => peer)).toEqual(contacts.map(({ peer }) => peer));
        const bytes = conversations.flatMap(({ messages }) => messages.map((each) => each.envelope.length));
        expect(contacts.length === 1 || bytes.reduce((sum, length) => sum + length, 0) <= 3_000).toBe(true);
      }
      const runs = parts.flatMap(({ conversations }) =>
        conversations.map(({ head, messages }) => [head, messages.map(({ n }) => n)]),
      );
      expect(runs).toContainEqual([6, [4, 5, 6]]);
      expect(runs).toContainEqual([1, [1]]);
    });

    test('S19: nothing is lost of what happens while a snapshot is sent', { timeout: 60_000 }, async () => {
      for (let seed = 1; seed <= 12; seed++) {
        const random = createRandom(seed);
        const happen = async (times: number): Promise<void> => {
          for (let at = 0; at < times; at++) {
            const other = random.pick(others);
            const [from, to] = random.chance(0.5) ? [ann, other] : [other, ann];
            const { head } = await store.conversation(pairOf(ann.user, other.user));
            const kind = random.pick(['message', 'message', 'message', 'relation', 'mark'] as const);
            if (kind === 'relation') {
              const { version } = await store.relation(pairOf(ann.user, other.user));
              const state = random.pick(['none', 'requested', 'friends', 'rejected'] as const);
              await make(from, related(from, to, version, state));
            } else if (kind === 'mark') {
              const delivered = random.between(0, head);
              await make(from, mark(from, to, delivered, random.between(0, delivered)));
            } else await send(from, to);
          }
        };
        await happen(25);
        const limits = { pairs: random.between(1, 3), messages: random.between(1, 4), bytes: 1_000 };
        const parts = await partsOf(ann.user, limits, () => happen(random.between(0, 8)));
        await happen(random.between(0, 5));

        // A device that stores the parts, then the pages from where the first part began.
        const standings = new Map<UserId, string>();
        const marks = new Map<UserId, unknown>();
        const numbers = new Map<UserId, Set<number>>();
        const hear = (peer: UserId, n: number) => numbers.set(peer, (numbers.get(peer) ?? new Set()).add(n));
        for (const { contacts, conversations } of parts) {
          for (const { peer, standing } of contacts) standings.set(peer, standing);
          for (const { peer, mine, theirs, messages } of conversations) {
            marks.set(peer, { mine, theirs });
            for (const { n } of messages) hear(peer, n);
          }
        }
        const captured = parts[0] as SnapshotPart;
        const { entries } = await pageOf(ann.user, await cursorAt(captured));
        for (const entry of entries as Entry[]) {
          if (entry.kind === 'message') hear(entry.from === ann.user ? entry.to : entry.from, entry.n);
          if (entry.kind === 'friend') standings.set(entry.peer, entry.standing);
          if (entry.kind === 'receipt') marks.set(entry.peer, { mine: entry.mine, theirs: entry.theirs });
        }

        const [fresh] = await partsOf(ann.user);
        for (const { peer, standing } of fresh?.contacts ?? []) {
          expect(standings.get(peer), `seed ${seed}`).toBe(standing);
        }
        for (const { peer, head, mine, theirs } of fresh?.conversations ?? []) {
          if (head > 0) expect(marks.get(peer), `seed ${seed}`).toEqual({ mine, theirs });
          const known = [...(numbers.get(peer) ?? [])].toSorted((a, b) => a - b);
          const first = known[0] ?? head + 1;
          // The newest, down to where the snapshot stopped, without a hole.
          expect(known, `seed ${seed}`).toEqual(
            Array.from({ length: head + 1 - first }, (_, at) => first + at),
          );
        }
      }
    });

    test('S20: history is the newest below a number, oldest first, without a hole', async () => {
      if (!bob || !cas) throw new Error('nobody there');
      await send(ann, bob, 5);
      await send(bob, ann, 5);
      const numbers = async (before: number, entries: number, bytes = 1_000_000) => {
        const page = await store.history(ann.user, bob?.user as UserId, before, { entries, bytes });
        expect(page).toMatchObject({ peer: bob?.user, before });
        expect(page.messages).toHaveLength(before - page.from);
        return page.messages.map(({ n }) => n);
      };
      expect(await numbers(8, 3)).toEqual([5, 6, 7]);
      expect(await numbers(11, 3)).toEqual([8, 9, 10]);
      expect(await numbers(3, 10)).toEqual([1, 2]);
      expect(await numbers(8, 10, 100)).toEqual([6, 7]);
      expect(await numbers(8, 10, 10)).toEqual([7]);
      expect(await numbers(1, 10)).toEqual([]);
      expect(await numbers(0, 10)).toEqual([]);
      // A number that this history does not know, such as after a restore.
      expect(await numbers(12, 10)).toEqual([]);

      const { messages } = await store.history(bob.user, ann.user, 11, PLENTY);
      const { entries } = await pageOf(bob.user, null);
      expect(messages.map((each, at) => ({ ...each, kind: 'message', seq: at + 1 }))).toEqual(entries);
    });

    test('S20: history shows a conversation to its two members only', async () => {
      if (!bob || !cas) throw new Error('nobody there');
      await send(ann, bob, 3);
      for (const [user, peer] of [
        [cas.user, bob.user],
        [cas.user, ann.user],
        [ann.user, cas.user],
        [ann.user, ann.user],
        [someUserId(), ann.user],
        [ann.user, someUserId()],
      ] as const) {
        expect(await store.history(user, peer, 4, PLENTY)).toEqual({
          peer,
          from: 4,
          before: 4,
          messages: [],
          calls: [],
        });
      }
    });

    test('S21: a generation is rotated, a lost answer is given again, an older one is a copy', async () => {
      const device = someDeviceId();
      const use = (gen: number) => store.useDevice(ann.user, device, gen);
      expect([await use(0), await use(0)]).toEqual([1, 1]);
      expect([await use(1), await use(1), await use(1)]).toEqual([2, 2, 2]);
      expect(await use(0)).toBe('cloned');
      expect(await use(2)).toBe(3);
      expect([await use(1), await use(0)]).toEqual(['cloned', 'cloned']);
      // A copy changes nothing for the owner.
      expect([await use(2), await use(3)]).toEqual([3, 4]);
    });

    test('S21: a generation that a lost history gave out is believed, and what is older than it is not', async () => {
      const device = someDeviceId();
      expect(await store.useDevice(ann.user, device, 7)).toBe(8);
      expect(await store.useDevice(ann.user, device, 20)).toBe(21);
      expect(await store.useDevice(ann.user, device, 8)).toBe('cloned');
    });

    test('S21: of many uses of one generation at once all get the same next one', async () => {
      const device = someDeviceId();
      const given = await Promise.all(Array.from({ length: 20 }, () => store.useDevice(ann.user, device, 0)));
      expect(new Set(given)).toEqual(new Set([1]));
    });

    test('S21: users and devices have generations of their own; nobody has none', async () => {
      const device = someDeviceId();
      const use = (account: Account, of: DeviceId, gen: number) => store.useDevice(account.user, of, gen);
      await use(ann, device, 0);
      await use(ann, device, 1);
      await use(ann, device, 2);
      expect(await use(bob as Account, device, 0)).toBe(1);
      expect(await use(ann, someDeviceId(), 0)).toBe(1);
      await expect(store.useDevice(someUserId(), device, 0)).rejects.toMatchObject({ code: 'UNKNOWN_USER' });
    });

    test('S22: a truncated log keeps its numbers, its newest entries, and everything they said', async () => {
      if (!bob) throw new Error('nobody there');
      await send(ann, bob, 6);
      const start = await store.read(bob.user, null, { ...PLENTY, entries: 2 });
      const later = await store.read(bob.user, null, { ...PLENTY, entries: 5 });
      if (start === 'resync' || later === 'resync') throw new Error('a new log can be read from its start');

      expect(await store.truncate(bob.user, 5)).toBe(4);
      expect(await store.truncate(bob.user, 3)).toBe(0);
      const epoch = await store.epoch();
      for (const lost of [await cursorAt({ seq: start.to, tag: start.tag }), { epoch, seq: 0, tag: 0 }]) {
        expect(await store.read(bob.user, lost, PLENTY)).toBe('resync');
      }
      expect(await pageOf(bob.user, await cursorAt({ seq: later.to, tag: later.tag }))).toMatchObject({
        from: 5,
        to: 6,
      });
      expect(await pageOf(bob.user, null)).toMatchObject({
        from: 0,
        to: 6,
        head: 6,
        entries: [{ seq: 5 }, { seq: 6 }],
      });
      expect((await store.history(bob.user, ann.user, 7, PLENTY)).messages).toHaveLength(6);
      expect(await store.head(ann.user)).toBe(6);
      await send(ann, bob);
      expect(await store.head(bob.user)).toBe(7);
    });

    test('S22: the last entry stays, however much is to be forgotten, and proves the newest cursors', async () => {
      if (!bob) throw new Error('nobody there');
      await send(ann, bob, 6);
      const { tag } = await pageOf(bob.user, null);
      expect(await store.truncate(bob.user, 1_000)).toBe(5);
      expect(await store.truncate(someUserId(), 1_000)).toBe(0);
      expect(await store.truncate((cas as Account).user, 1_000)).toBe(0);
      const [part] = await partsOf(bob.user);
      expect(part).toMatchObject({ seq: 6, tag, conversations: [{ head: 6 }] });
      expect(await pageOf(bob.user, await cursorAt({ seq: 6, tag }))).toMatchObject({
        from: 6,
        to: 6,
        head: 6,
      });
      await send(ann, bob);
      expect(await pageOf(bob.user, await cursorAt({ seq: 6, tag }))).toMatchObject({ to: 7 });
    });

    test('S22: long logs are those of which more than so many entries are kept', async () => {
      if (!bob || !cas) throw new Error('nobody there');
      await send(ann, bob, 6);
      await send(ann, cas, 3);
      const long = async (entries: number, limit = 10) =>
        new Map((await store.longLogs(entries, limit)).map(({ user, head }) => [user, head]));
      expect(await long(5)).toEqual(
        new Map([
          [ann.user, 9],
          [bob.user, 6],
        ]),
      );
      expect((await long(2, 2)).size).toBe(2);
      await store.truncate(ann.user, 8);
      expect(await long(5)).toEqual(new Map([[bob.user, 6]]));
      expect(await long(2)).toEqual(
        new Map([
          [bob.user, 6],
          [cas.user, 3],
        ]),
      );
      expect((await long(9)).size).toBe(0);
    });
  });
}
