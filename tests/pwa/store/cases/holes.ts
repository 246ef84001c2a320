import Dexie from 'dexie';
import { databaseName } from '#pwa/store/database.ts';
import { openLocalStore } from '#pwa/store/provisioning.ts';
import { Conversation, Log } from '#tests/contracts/client-store-subject.ts';
import { becomes, holds, same } from '#tests/support/check.ts';
import { becomeVersion1 } from '../version-1.ts';
import { conversationOf, newPerson, timelineOf } from '../world.ts';
import type { LocalStoreCase } from './case.ts';

const DAY = 24 * 3_600_000;

export const HOLES_CASES: readonly LocalStoreCase[] = [
  {
    title: 'C16 a window says where messages are missing, and that there are earlier ones at the server',
    async run({ peer, store, subject }) {
      const talk = new Conversation(subject);
      await talk.hear('1', '2', '3', '4', '5', '6', '7', '8');
      await talk.tell(2);
      const view = async (limit: number) => {
        const { items, hasEarlier } = await timelineOf(store, peer.id, limit);
        return [items.map(({ text, holeBefore }) => `${holeBefore ? '…' : ''}${text}`).join(' '), hasEarlier];
      };
      same(await view(10), ['…7 8', true], 'only at the server');
      same(await view(1), ['8', true], 'on the device');
      await talk.tellHistory(5, 2);
      same(await view(10), ['…3 4 …7 8', true], 'two holes');
      same(await view(2), ['…7 8', true], 'the window begins at a hole, with others before it');
      await store.queueMessage(peer.id, 'mine');
      same(await view(10), ['…3 4 …7 8 mine', true], 'what is unsent has no number');
      await talk.tellHistory(7, 2);
      await talk.tellHistory(3, 2);
      same(await view(10), ['1 2 3 4 5 6 7 8 mine', false], 'whole');
    },
  },
  {
    title: 'C16 the hole below the newest message of all conversations comes first',
    async run({ peer, sync, subject }) {
      const talk = new Conversation(subject);
      await talk.hear('1', '2', '3');
      const other = await newPerson();
      const summary = talk.summary(1);
      const later = summary.messages.map((message) => ({ ...message, op: subject.newId(), time: 9_000 }));
      const part = {
        seq: 5,
        tag: 5,
        revision: 1,
        contacts: [talk.friendship()],
        conversations: [summary, { ...summary, peer: other.id, messages: later }],
        first: true,
        done: true,
      };
      await sync.applyPart(part, { epoch: 'first', seq: 5, tag: 5 }, 'first');
      same(await sync.nextHole(), { peer: other.id, before: 3 }, 'the newest');
      const messages = talk.messages
        .slice(0, 2)
        .map((message) => ({ ...message, op: subject.newId(), from: other.id }));
      await sync.applyHistory({ peer: other.id, from: 1, before: 3, messages, calls: [] });
      same(await sync.nextHole(), { peer: peer.id, before: 3 }, 'the next one');
    },
  },
  {
    title: 'C15 another identity in a snapshot is not trusted',
    async run({ peer, store, sync, subject }) {
      await new Log(subject).befriend();
      const impostor = await newPerson(peer.id);
      const talk = new Conversation(subject);
      const contacts = [{ ...talk.friendship(), bundle: impostor.bundle }];
      const part = { seq: 5, tag: 5, revision: 1, contacts, conversations: [], first: true, done: true };
      await sync.applyPart(part, { epoch: 'first', seq: 5, tag: 5 }, 'first');
      await store.queueMessage(peer.id, 'hi');
      same(await sync.outbox(10), [], 'what waits is not offered to the server');
    },
  },
  {
    title: 'C7 of what was acknowledged the newest 500 are kept, for seven days',
    async run({ me, peer, store, sync, subject }) {
      await new Log(subject).befriend();
      const id = await store.queueMessage(peer.id, 'the newest');
      const op = await new Dexie(databaseName(me.id)).open();
      const sent = op.table('sent');
      const row = (time: number) => ({ id: subject.newId(), peer: peer.id, op: new Uint8Array(1), time });
      await sent.bulkAdd(Array.from({ length: 300 }, () => row(Date.now() - 8 * DAY)));
      await sent.bulkAdd(Array.from({ length: 600 }, () => row(Date.now() - 6 * DAY)));
      await sync.settle([{ id, ok: true, time: 1, n: 1 }]);
      const kept: { id: string; time: number }[] = await sent.toArray();
      op.close();
      same([kept.length, kept.at(-1)?.id], [500, id], 'kept');
      holds(
        kept.every(({ time }) => time > Date.now() - 7 * DAY),
        'none is too old',
      );
    },
  },
  {
    title: 'A database of version 1 opens with everything that is in it',
    async run({ me, peer, store, sync, subject, errors }) {
      const log = new Log(subject);
      await log.befriend();
      await log.push(await log.message(1, 'one'), await log.message(2, 'two'));
      const mine = await store.queueMessage(peer.id, 'mine');
      await sync.settle([{ id: mine, ok: true, time: 2_003, n: 3 }]);
      await log.push(await log.message(4, 'four'), log.receipt({ delivered: 3, seen: 0 }));
      await store.markSeen(peer.id, 1);
      const unsent = await store.queueMessage(peer.id, 'unsent');
      await store.saveDraft(peer.id, 'a draft');
      const { device } = await sync.standing();
      const before = await timelineOf(store, peer.id);
      const outbox = await sync.outbox(10);
      store.close();
      await becomeVersion1(databaseName(me.id), 2);

      const opened = await openLocalStore({ report: (error) => errors.push(error), onLost: () => {} });
      if (opened === undefined || opened === 'locked') throw new Error('Nobody is signed in');
      const again = await opened.store.lead();
      same(await timelineOf(opened.store, peer.id), before, 'messages');
      same(await again.outbox(10), outbox, 'outbox');
      same(await again.standing(), { cursor: log.cursor, device, gen: 0 }, 'standing');
      const row = await conversationOf(opened.store, peer.id);
      same([row?.unread, row?.draft], [2, 'a draft'], 'unread and draft');
      // It goes on where it was.
      const next = { from: log.cursor.seq, to: log.next(), tag: 1, head: 99 };
      const entry = { ...(await log.message(5, 'five')), seq: next.to };
      await again.applyPage({ ...next, entries: [entry] }, { ...log.cursor, seq: next.to, tag: 1 });
      await opened.store.markSeen(peer.id, 5);
      same((await conversationOf(opened.store, peer.id))?.unread, 0, 'unread once seen');
      await again.settle([{ id: unsent, ok: true, time: 3_000, n: 6 }]);
      await becomes(
        async () => (await timelineOf(opened.store, peer.id)).items.at(-1)?.tick === 'sent',
        'what was unsent goes out',
      );
      opened.store.close();
    },
  },
];
