import { toBase64url } from '#shared/bytes.ts';
import { randomBytes } from '#shared/crypto/primitives.ts';
import type { DeviceId, UserId } from '#shared/ids.ts';
import { FIRST_PREV, encodePayload } from '#shared/schema/payload.ts';
import { emptyContact, encodeContact } from '#pwa/store/contents.ts';
import { emptyConversation } from '#pwa/store/conversations.ts';
import { openDatabase } from '#pwa/store/database.ts';
import { newOpId } from '#pwa/store/op-id.ts';
import type { StoredConversation, StoredWindow } from '#pwa/store/ports.ts';
import { openLocalStore } from '#pwa/store/provisioning.ts';
import { Log, receipts } from '#tests/contracts/client-store-subject.ts';
import { becomes, same } from '#tests/support/check.ts';
import { type World, conversationOf, newPerson, sender, timelineOf } from '../world.ts';
import type { LocalStoreCase } from './case.ts';

export const READING_CASES: readonly LocalStoreCase[] = [
  {
    title: 'A live window holds the newest messages in reading order and follows every change',
    async run({ peer, store, sync, subject }) {
      const log = new Log(subject);
      await log.befriend();
      await log.push(
        ...(await Promise.all(['1', '2', '3', '4'].map((text, at) => log.message(at + 1, text)))),
      );
      let seen: StoredWindow = { items: [], calls: [], hasEarlier: false, hasLater: false, seen: 0 };
      const stop = store.liveTimeline(peer.id, { newest: 3 }, (window) => {
        seen = window;
      });
      const texts = () => seen.items.map(({ text, tick }) => `${text}${tick ?? ''}`).join(' ');
      await becomes(() => texts() === '2 3 4', 'the newest three');
      same(seen.hasEarlier, true, 'earlier ones');
      const id = await store.queueMessage(peer.id, 'me');
      await becomes(() => texts() === '3 4 mequeued', 'the queued one is last');
      await log.push(await log.message(5, '5'));
      await becomes(() => texts() === '4 5 mequeued', 'still last');
      await sync.settle([{ id, ok: true, time: 9_000, n: 6 }]);
      await log.push(log.receipt({ delivered: 6, seen: 0 }));
      await becomes(() => texts() === '4 5 medelivered', 'its tick');
      stop();
      await log.push(await log.message(7, '7'));
      same(texts(), '4 5 medelivered', 'after the end');
      same((await timelineOf(store, peer.id, 100)).hasEarlier, false, 'all of it');
    },
  },
  {
    title: 'The unread count is right in the face of our own messages and of other devices',
    async run({ peer, me, store, sync, subject }) {
      const log = new Log(subject);
      await log.befriend();
      const unread = async () => (await conversationOf(store, peer.id))?.unread;
      // theirs 1 2, ours 3, theirs 4, ours 5, theirs 6 7
      const other = await sender(me, peer);
      for (const n of [1, 2, 3, 4, 5, 6, 7]) {
        const id = subject.newId();
        const ours = n === 3 || n === 5;
        const entry = ours
          ? log.own(n, { id, kind: 'message.send', to: peer.id, envelope: await other(id, `${n}`) })
          : await log.message(n, `${n}`);
        await log.push(entry);
      }
      same(await unread(), 5, 'all of theirs');
      await store.markSeen(peer.id, 4);
      same([await unread(), await store.seenUpTo(peer.id)], [2, 4], 'after seeing 4');
      await store.markSeen(peer.id, 2);
      same([await unread(), await store.seenUpTo(peer.id)], [2, 4], 'seen never sinks');
      await log.push({
        seq: log.next(),
        time: 1,
        kind: 'receipt',
        peer: peer.id,
        mine: { delivered: 7, seen: 6 },
        theirs: { delivered: 0, seen: 0 },
      });
      same(await unread(), 1, 'seen up to 6 on another device');
      await store.markSeen(peer.id, 7);
      same(await unread(), 0, 'all seen');
      const waiting = (await sync.outbox(10)).map(({ op }) => (op.kind === 'receipt' ? op.seen : op.kind));
      same(waiting, [7], 'one receipt');
      await log.push(await log.message(8, '8'));
      same(await unread(), 1, 'a new one');
      same(log.again('again').page.entries.length, 10, 'the log');
      await sync.reset();
      const again = log.again('first');
      await sync.applyPage(again.page, again.cursor);
      same(await unread(), 1, 'after the log was applied again');
    },
  },
  {
    title: 'C22: who is about to be blocked is told neither of delivery nor of sight',
    async run({ peer, store, sync, subject }) {
      const log = new Log(subject);
      await log.befriend();
      await subject.queueFriendAction('friend.block');
      await log.push(await log.message(1, 'still here'));
      await store.markSeen(peer.id, 1);
      same(await receipts(sync), [], 'receipts');
      await subject.queueFriendAction('friend.unblock');
      await log.push(log.friendship('friends'), await log.message(2, 'again'));
      same(
        (await receipts(sync)).map(({ delivered }) => delivered),
        [2],
        'told once unblocked',
      );
    },
  },
  {
    title: 'Nothing counts as seen over a hole',
    async run({ peer, store, subject }) {
      const log = new Log(subject);
      await log.befriend();
      await log.push(await log.message(1, '1'), await log.message(3, '3'));
      await store.markSeen(peer.id, 3);
      same(await store.seenUpTo(peer.id), 1, 'seen');
      await log.push(await log.message(2, '2'));
      await store.markSeen(peer.id, 3);
      same(await store.seenUpTo(peer.id), 3, 'seen once it is whole');
    },
  },
  {
    title: 'The list shows friends without messages, and former friends with messages',
    async run({ peer, store, subject }) {
      const log = new Log(subject);
      const quiet = await newPerson();
      const friendship = (seq: number) => ({
        seq,
        time: 1,
        kind: 'friend' as const,
        peer: quiet.id,
        name: 'quinn',
        standing: 'friends' as const,
        bundle: quiet.bundle,
      });
      await log.befriend();
      await log.push(friendship(log.next()), await log.message(1, 'bye'));
      const left = log.friendship('none');
      await log.push(left);
      const row = await conversationOf(store, peer.id);
      same(
        [row?.name, row?.standing, row?.lastText, row?.lastAt],
        ['robin', 'none', 'bye', 2_001],
        'former friend',
      );
      const other = await conversationOf(store, quiet.id);
      same(
        [other?.name, other?.standing, other?.lastText, other?.lastAt],
        ['quinn', 'friends', '', 0],
        'quiet friend',
      );
    },
  },
  {
    title:
      'The first rows of the list are those that all of it begins with, and all else waits until they are drawn',
    async run(world) {
      const log = new Log(world.subject);
      await log.befriend();
      await log.push(await log.message(1, 'long ago'));
      await fillList(world, 20);
      world.store.close();
      let calm = () => {};
      const opened = await openLocalStore(
        { report: (error) => world.errors.push(error), onLost: () => {} },
        undefined,
        new Promise((resolve) => (calm = resolve)),
      );
      if (opened === undefined || opened === 'locked') throw new Error('Nobody is signed in');
      const { store } = opened;
      let rows: readonly StoredConversation[] | null = null;
      const stop = store.liveConversations((next) => (rows = next));
      const first = await store.firstConversations();
      same(
        first.map(({ name, lastText, draft }) => `${name}: ${lastText}${draft}`),
        Array.from({ length: 14 }, (_, at) => `friend ${20 - at}: said ${20 - at}`),
        'the newest',
      );
      await new Promise((resolve) => setTimeout(resolve, 100));
      same(rows, null, 'before');
      calm();
      await becomes(() => rows !== null, 'the whole list');
      const whole: readonly StoredConversation[] = rows ?? [];
      same([whole.length, whole.slice(0, 14)], [21, first], 'all of it');
      stop();
      store.close();
    },
  },
];

/** Friends 1 to `count`, who each have said one thing, the last of them most lately. */
async function fillList({ me, opened: { keychain } }: World, count: number): Promise<void> {
  const db = openDatabase(me.id, () => {});
  const device = toBase64url(randomBytes(16)) as DeviceId;
  for (let n = 1; n <= count; n++) {
    const id = toBase64url(randomBytes(16)) as UserId;
    const at = Date.now() + n * 1_000;
    const lastId = newOpId(at);
    const body = { kind: 'text', text: `said ${n}` } as const;
    const payload = encodePayload({ device, counter: 1, prev: FIRST_PREV, body });
    const [contact, message] = await Promise.all([
      keychain.seal('contacts', id, encodeContact(emptyContact(`friend ${n}`))),
      keychain.seal('messages', lastId, payload),
    ]);
    await db.contacts.put({
      id,
      standing: 'friends',
      seq: 1,
      pending: null,
      changed: 0,
      rev: 0,
      sealed: contact,
    });
    await db.messages.put({
      id: lastId,
      peer: id,
      pos: 1,
      n: 1,
      mine: false,
      at,
      state: 'stored',
      code: null,
      digest: randomBytes(32),
      sealed: message,
    });
    await db.conversations.put({ ...emptyConversation(id), lastId, held: [[1, 1]], lastInbound: 1 });
  }
  db.close({ disableAutoOpen: true });
}
