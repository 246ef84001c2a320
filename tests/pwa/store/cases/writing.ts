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
      await store.discard(second);
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
      // Both act on failed messages only.
      await store.retry(third);
      await store.discard(third);
      same((await sync.outbox(10)).length, 2, 'outbox');
      same(await store.countUnsent(), 2, 'unsent');
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
