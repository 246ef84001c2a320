import { equalBytes } from '#shared/bytes.ts';
import { sha256 } from '#shared/crypto/primitives.ts';
import type { OpId } from '#shared/ids.ts';
import { FIRST_PREV } from '#shared/schema/payload.ts';
import type { LocalStore, StoredContact } from '#pwa/store/ports.ts';
import { Log } from '#tests/contracts/client-store-subject.ts';
import { holds, rejects, same } from '#tests/support/check.ts';
import { conversationOf, newPerson, next, readAs, restarted, timelineOf } from '../world.ts';
import type { LocalStoreCase } from './case.ts';

export const WRITING_CASES: readonly LocalStoreCase[] = [
  {
    title: 'Messages of this device form a chain that the peer can check',
    async run({ me, peer, store, sync, subject }) {
      await new Log(subject).befriend();
      // Asked for at once, so that each is sealed while others are.
      await Promise.all(['a', 'b', 'c', 'd'].map((text) => store.queueMessage(peer.id, text)));
      let prev = FIRST_PREV;
      for (const [index, { op }] of (await sync.outbox(10)).entries()) {
        if (op.kind !== 'message.send') throw new Error('not a message');
        const payload = await readAs(peer, me, op.id, op.envelope);
        same(payload.body, { kind: 'text', text: 'abcd'[index] }, 'text');
        same(payload.counter, index + 1, 'counter');
        holds(equalBytes(payload.prev, prev), 'it names the one before');
        prev = await sha256(payload.raw);
      }
      holds(prev !== FIRST_PREV, 'there was a chain');
    },
  },
  {
    title: 'Nothing is queued for who is not a friend, or when it is too long',
    async run({ peer, store, sync, subject }) {
      await rejects(store.queueMessage(peer.id, 'hi'), 'to a stranger', 'NOT_FRIENDS');
      const log = new Log(subject);
      await log.push(log.friendship('received'));
      await rejects(store.queueMessage(peer.id, 'hi'), 'before the acceptance', 'NOT_FRIENDS');
      await log.befriend();
      await rejects(store.queueMessage(peer.id, 'x'.repeat(10_001)), 'too long', 'FRAME_TOO_LARGE');
      await store.queueMessage(peer.id, '🐌'.repeat(5_000));
      await store.queueFriendAction('friend.remove', peer.id, 'robin');
      await rejects(store.queueMessage(peer.id, 'hi'), 'after the removal', 'NOT_FRIENDS');
      same(
        (await sync.outbox(10)).map(({ op }) => op.kind),
        ['message.send', 'friend.remove'],
        'outbox',
      );
    },
  },
  {
    title: 'A failed message is retried at the end of the queue under a new id, or discarded',
    async run({ me, peer, store, sync, subject }) {
      const log = new Log(subject);
      await log.befriend();
      const ids: OpId[] = [];
      for (const text of ['first', 'second', 'third']) ids.push(await store.queueMessage(peer.id, text));
      const fail = (id: OpId) => sync.settle([{ id, ok: false, code: 'NOT_FRIENDS' }]);
      const [first, second, third] = ids as [OpId, OpId, OpId];
      await fail(first);
      await fail(second);
      same(await store.countUnsent(), 3, 'unsent: queued and failed');
      await store.retry(first);
      same(await store.takeBack(second), { text: 'second' }, 'discarded');
      const { items } = await timelineOf(store, peer.id);
      same(
        items.map(({ text, tick }) => `${text} ${tick}`),
        ['third queued', 'first queued'],
        'timeline',
      );
      holds(
        items.every(({ id }) => id !== first),
        'another content gets another id',
      );
      const queued = await sync.outbox(10);
      same(
        queued.map(({ op }) => op.id),
        items.map(({ id }) => id),
        'outbox',
      );
      const again = queued[1]?.op;
      if (again?.kind !== 'message.send') throw new Error('not a message');
      same((await readAs(peer, me, again.id, again.envelope)).counter, 4, 'its place in the chain');
      same((await conversationOf(store, peer.id))?.lastText, 'first', 'last in the list');
      // What failed only is tried again.
      await store.retry(third);
      same((await sync.outbox(10)).length, 2, 'outbox');
      same(await store.countUnsent(), 2, 'unsent');
    },
  },
  {
    title: 'A message that was said on no connection is taken back, and those behind it stay one chain',
    async run({ me, peer, store, sync, subject }) {
      await new Log(subject).befriend();
      const ids: OpId[] = [];
      for (const text of ['a', 'b', 'c', 'd']) ids.push(await store.queueMessage(peer.id, text));
      same(await store.takeBack(ids[1] as OpId), { text: 'b' }, 'taken back');
      same(await store.takeBack(ids[1] as OpId), null, 'only once');
      same(await store.takeBack(ids[3] as OpId), { text: 'd' }, 'the last one, too');
      await store.queueMessage(peer.id, 'e');
      let prev = FIRST_PREV;
      const queued = await sync.outbox(10);
      same(queued.length, 3, 'outbox');
      for (const [index, { op }] of queued.entries()) {
        if (op.kind !== 'message.send') throw new Error('not a message');
        const payload = await readAs(peer, me, op.id, op.envelope);
        same(payload.body, { kind: 'text', text: 'ace'[index] }, 'text');
        same(payload.counter, index + 1, 'counter');
        holds(equalBytes(payload.prev, prev), 'it names the one before');
        prev = await sha256(payload.raw);
      }
      same((await timelineOf(store, peer.id)).items.map(({ text }) => text).join(''), 'ace', 'timeline');
      same((await conversationOf(store, peer.id))?.lastText, 'e', 'last in the list');
    },
  },
  {
    title:
      'What may have reached the server is not taken back, and a connection that never stood has said nothing',
    async run(world) {
      const { peer, store, subject } = world;
      await new Log(subject).befriend();
      const id = await store.queueMessage(peer.id, 'hi');
      const lead = await store.lead();
      const tried = lead.connection();
      await tried.ended(false);
      same((await store.details(id))?.offers, { count: 0, last: null }, 'never said');
      const stood = lead.connection();
      await stood.stands();
      const during = await store.queueMessage(peer.id, 'while it stands');
      same(await store.takeBack(id), null, 'on its way');
      await stood.ended(true);
      same(await store.takeBack(id), null, 'perhaps there');
      same(await store.takeBack(during), null, 'perhaps there, too');
      const details = await store.details(id);
      same([details?.offers?.count, details?.canTakeBack, details?.bytes], [1, false, 2], 'details');
      const later = await store.queueMessage(peer.id, 'later');
      same((await store.details(later))?.canTakeBack, true, 'not said yet');
      // Whoever led has died in the middle of a connection.
      await lead.connection().stands();
      const after = await restarted(world);
      same(await after.store.takeBack(later), null, 'perhaps said before the end');
    },
  },
  {
    title:
      'The details of a message say when it was written, taken, delivered and seen, as far as it was heard',
    async run({ peer, store, sync, subject }) {
      const log = new Log(subject);
      await log.befriend();
      const id = await store.queueMessage(peer.id, 'héllo');
      await sync.settle([{ id, ok: true, time: 5_000, n: 1 }]);
      await log.push(log.receipt({ delivered: 1, seen: 0 }));
      const details = await store.details(id);
      same(
        [details?.n, details?.tick, details?.stored, details?.bytes],
        [1, 'delivered', 5_000, 6],
        'stored',
      );
      holds(details?.delivered !== null && details?.seen === null, 'delivered, and not seen');
      same(details?.keyEpoch, 1, 'the key that it is sealed to');
      holds(Math.abs((details?.written ?? 0) - Date.now()) < 60_000, 'written just now');
    },
  },
  {
    title: 'All failed messages of a conversation are tried again in their order',
    async run({ peer, store, sync, subject }) {
      await new Log(subject).befriend();
      const ids: OpId[] = [];
      for (const text of ['first', 'second']) ids.push(await store.queueMessage(peer.id, text));
      await sync.settle(ids.map((id) => ({ id, ok: false, code: 'INTERNAL' })));
      await store.retryAll(peer.id);
      const { items } = await timelineOf(store, peer.id);
      same(
        items.map(({ text, tick }) => `${text} ${tick}`),
        ['first queued', 'second queued'],
        'timeline',
      );
    },
  },
  {
    title: 'Whoever the server knows no more has deleted their account, and a message to them says so',
    async run({ peer, store, sync, subject }) {
      const log = new Log(subject);
      await log.befriend();
      const id = await store.queueMessage(peer.id, 'are you there');
      await sync.settle([{ id, ok: false, code: 'UNKNOWN_USER' }]);
      same((await timelineOf(store, peer.id)).items[0]?.error, 'ACCOUNT_GONE', 'the message');
      const gone = async () => (await contactsOf(store)).find((one) => one.id === peer.id)?.gone;
      same(await gone(), true, 'the contact');
      await log.push(log.friendship('none'));
      same(await gone(), true, 'as the log says, too');
      await log.push(log.friendship('friends'));
      same(await gone(), false, 'a restored server knows them again');
    },
  },
  {
    title: 'Reports that wait are kept sealed over a restart, and leave one by one',
    async run(world) {
      const { store } = world;
      const report = (note: string) => ({ about: 'robin', reason: 'spam', note }) as const;
      await Promise.all(
        ['one', 'two'].map((note) => store.changeReports((waiting) => [...waiting, report(note)])),
      );
      const after = await restarted(world);
      const notes = async () => (await after.store.reports()).map(({ note }) => note).toSorted();
      same(await notes(), ['one', 'two'], 'kept');
      await after.store.changeReports((waiting) => waiting.filter(({ note }) => note !== 'one'));
      same(await notes(), ['two'], 'left');
      await after.store.changeReports(() => []);
      same(await notes(), [], 'none');
    },
  },
  {
    title: 'A draft is kept until it is sent, and the last one wins',
    async run(world) {
      const { peer, store, subject } = world;
      await new Log(subject).befriend();
      await Promise.all(['I w', 'I wan', 'I wanted to s'].map((text) => store.saveDraft(peer.id, text)));
      const after = await restarted(world);
      same(await after.store.draft(peer.id), 'I wanted to s', 'draft');
      same((await conversationOf(after.store, peer.id))?.draft, 'I wanted to s', 'draft in the list');
      await after.store.queueMessage(peer.id, 'I wanted to say hello');
      same(await after.store.draft(peer.id), '', 'draft once sent');
      await after.store.saveDraft(peer.id, 'next');
      await after.store.saveDraft(peer.id, '');
      same(await after.store.draft(peer.id), '', 'draft once emptied');
    },
  },
  {
    title: 'A friend action shows at once, and is taken back when the server refuses it',
    async run({ store, sync, subject, peer }) {
      const stranger = (await newPerson()).id;
      const contact = async () => (await contactsOf(store)).find(({ id }) => id === stranger);
      const request = await store.queueFriendAction('friend.request', stranger, 'sam');
      same(short(await contact()), ['sam', 'sent', true], 'requested');
      await sync.settle([{ id: request, ok: false, code: 'REQUEST_LIMIT' }]);
      same(short(await contact()), ['sam', 'none', false], 'refused');

      const log = new Log(subject);
      await log.push(log.friendship('received'));
      const accept = await store.queueFriendAction('friend.accept', peer.id, 'robin');
      const remove = await store.queueFriendAction('friend.remove', peer.id, 'robin');
      same(short(await robin()), ['robin', 'none', true], 'the newest action shows');
      await sync.settle([{ id: accept, ok: true, time: 1 }]);
      same(short(await robin()), ['robin', 'none', true], 'it still waits');
      await sync.settle([{ id: remove, ok: false, code: 'UNAVAILABLE' }]);
      same(short(await robin()), ['robin', 'friends', false], 'what succeeded stays');

      async function robin() {
        return (await contactsOf(store)).find(({ id }) => id === peer.id);
      }
    },
  },
  {
    title: 'What the log said since a friend action was made is newer than what was expected of it',
    async run({ store, sync, subject, peer }) {
      const log = new Log(subject);
      const request = await store.queueFriendAction('friend.request', peer.id, 'robin');
      // Both asked: the server made it a friendship.
      await log.befriend();
      await sync.settle([{ id: request, ok: true, time: 1 }]);
      same(await subject.standing(), 'friends', 'standing');
      same(await store.countUnsent(), 0, 'unsent');
    },
  },
];

const contactsOf = (store: LocalStore) =>
  next<readonly StoredContact[]>((listener) => store.liveContacts(listener));
const short = (contact: StoredContact | undefined) => [contact?.name, contact?.standing, contact?.pending];
