import type { StoredWindow } from '#pwa/store/ports.ts';
import { Log, receipts } from '#tests/contracts/client-store-subject.ts';
import { becomes, same } from '#tests/support/check.ts';
import { conversationOf, newPerson, sender, timelineOf } from '../world.ts';
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
];
