import { holds, same } from '#tests/support/check.ts';
import {
  type ClientStoreCase,
  type ClientStoreSubject,
  Conversation,
  Log,
  cursorOf,
  operation,
  receipts,
  states,
  texts,
} from './client-store-subject.ts';

/** Snapshots, holes and history, and what is offered again: the part of the suite about coming back. */
export const CLIENT_SNAPSHOT_CASES: readonly ClientStoreCase[] = [
  {
    title: 'C15 the cursor moves with the last part of a snapshot, and everything outlives the process',
    async run(subject) {
      const talk = new Conversation(subject);
      await talk.hear('one', 'two');
      const { store } = subject;
      const first = { seq: 40, tag: 4, revision: 1, contacts: [talk.friendship()], conversations: [] };
      await store.applyPart({ ...first, first: true, done: false }, null, 'first');
      same([await cursorOf(store), await subject.standing()], [null, 'friends'], 'after the first part');
      const cursor = { epoch: 'first', seq: 40, tag: 4 };
      const last = { seq: 40, tag: 4, revision: 1, contacts: [], conversations: [talk.summary(2)] };
      await store.applyPart({ ...last, first: false, done: true }, cursor, 'first');
      const after = await subject.restart();
      same(await cursorOf(after.store), cursor, 'cursor');
      same(await after.standing(), 'friends', 'standing');
      same(texts(await after.messages()), ['one', 'two'], 'messages');
      same((await receipts(after.store))[0]?.delivered, 2, 'receipt');
    },
  },
  {
    title: 'C15 a friendship that no part of a snapshot names has ended, and what was said stays',
    async run(subject) {
      const log = new Log(subject);
      await log.befriend();
      await log.push(await log.message(1, 'remember'));
      const { store } = subject;
      const unsent = await subject.queueMessage('not sent yet');
      const part = { seq: 50, tag: 5, revision: 1, contacts: [], conversations: [] };
      await store.applyPart({ ...part, first: true, done: false }, null, 'first');
      same(await subject.standing(), 'friends', 'while parts may follow');
      await store.applyPart({ ...part, first: false, done: false }, null, 'first');
      // It broke off, and is told anew: this time with everybody.
      const talk = new Conversation(subject);
      await store.applyPart({ ...part, first: true, done: false }, null, 'first');
      const named = { ...part, contacts: [talk.friendship()] };
      const cursor = { epoch: 'first', seq: 50, tag: 5 };
      await store.applyPart({ ...named, first: false, done: true }, cursor, 'first');
      same(await subject.standing(), 'friends', 'named in the last part');
      await store.applyPart({ ...part, seq: 60, first: true, done: true }, { ...cursor, seq: 60 }, 'first');
      same(await subject.standing(), 'none', 'named in none');
      same(texts(await subject.messages()), ['remember', 'not sent yet'], 'messages');
      holds(
        (await store.outbox(10)).some(({ op }) => op.id === unsent),
        'what waits still waits',
      );
    },
  },
  {
    title: 'C22 a snapshot says who is blocked, and who is no more',
    async run(subject) {
      const talk = new Conversation(subject);
      const part = {
        seq: 50,
        tag: 5,
        revision: 1,
        contacts: [talk.friendship('blocked')],
        conversations: [],
      };
      const cursor = { epoch: 'first', seq: 50, tag: 5 };
      await subject.store.applyPart({ ...part, first: true, done: true }, cursor, 'first');
      same(await subject.standing(), 'blocked', 'named');
      await subject.store.applyPart({ ...part, contacts: [], first: true, done: true }, cursor, 'first');
      same(await subject.standing(), 'none', 'not named');
    },
  },
  {
    title: 'C23 a snapshot announces the keyring, and another epoch counts keyrings anew',
    async run(subject) {
      const part = { tag: 5, contacts: [], conversations: [], first: true, done: true };
      const cursor = { epoch: 'first', seq: 50, tag: 5 };
      await subject.store.applyPart({ ...part, seq: 50, revision: 7 }, cursor, 'first');
      same(await subject.announced(), 7, 'of the snapshot');
      await subject.store.reset();
      await subject.store.applyPart({ ...part, seq: 50, revision: 6 }, cursor, 'first');
      same(await subject.announced(), 7, 'of the same epoch');
      await subject.store.reset();
      const restored = { epoch: 'second', seq: 40, tag: 5 };
      await subject.store.applyPart({ ...part, seq: 40, revision: 5 }, restored, 'second');
      same(await subject.announced(), 5, 'of a history that was restored');
    },
  },
  {
    title: 'C15 a pending friend action stays pending over a snapshot',
    async run(subject) {
      const log = new Log(subject);
      await log.push(log.friendship('received'));
      const accept = await subject.queueAccept();
      const part = { seq: 50, tag: 5, revision: 1, contacts: [], conversations: [], first: true, done: true };
      await subject.store.applyPart(part, { epoch: 'first', seq: 50, tag: 5 }, 'first');
      same(await subject.standing(), 'friends', 'as it will be');
      same(
        (await subject.store.outbox(10)).map(({ op }) => op.id),
        [accept],
        'outbox',
      );
    },
  },
  {
    title: 'C15 our own message in a summary settles its outbox row',
    async run(subject) {
      await new Log(subject).befriend();
      const id = await subject.queueMessage('arrived after all');
      const talk = new Conversation(subject);
      talk.take(await operation(subject.store, id));
      await talk.tell(1);
      same(await subject.store.outbox(10), [], 'outbox');
      same(states(await subject.messages()), ['arrived after all sent'], 'messages');
    },
  },
  {
    title: 'C16 what a snapshot skips is a hole, which history fills piece by piece',
    async run(subject) {
      const talk = new Conversation(subject);
      await talk.hear('1', '2', '3');
      await talk.tell(3);
      await talk.hear('4', '5', '6', '7', '8', '9');
      await talk.tell(2, { delivered: 3, seen: 0 });
      const { peer, store } = subject;
      const view = async () =>
        (await subject.messages()).map(({ text, holeBefore }) => `${holeBefore ? '…' : ''}${text}`).join(' ');
      same(await view(), '1 2 3 …8 9', 'with a hole');
      same(await store.nextHole(), { peer, before: 8 }, 'the hole');
      await talk.tellHistory(8, 2);
      same(await view(), '1 2 3 …6 7 8 9', 'a smaller hole');
      same(await store.nextHole(), { peer, before: 6 }, 'the rest of it');
      const after = await subject.restart();
      same(await after.store.nextHole(), { peer, before: 6 }, 'after a restart');
      // More than is missing: what is here is not stored twice.
      const rest = talk.messages.slice(1, 5);
      await after.store.applyHistory({ peer, from: 2, before: 6, messages: rest, calls: [] });
      same(texts(await after.messages()).join(' '), '1 2 3 4 5 6 7 8 9', 'whole');
      same(await after.store.nextHole(), null, 'no hole');
      holds(
        (await after.messages()).every(({ holeBefore }) => !holeBefore),
        'no marker',
      );
    },
  },
  {
    title: 'C16 a hole whose messages were delivered waits until somebody wants to read it',
    async run(subject) {
      const talk = new Conversation(subject);
      await talk.hear('1', '2', '3', '4');
      await talk.tell(1, { delivered: 4, seen: 4 });
      same(await subject.store.nextHole(), null, 'nothing to fetch by itself');
      same(
        (await subject.messages()).map(({ text, holeBefore }) => [text, holeBefore]),
        [['4', true]],
        'the marker',
      );
      await talk.tellHistory(4, 10);
      same(texts(await subject.messages()), ['1', '2', '3', '4'], 'messages');
      same(await receipts(subject.store), [], 'nothing to tell the server');
    },
  },
  {
    title: 'C17 delivery is counted from what the server knows, and confirmed over no hole above that',
    async run(subject) {
      const talk = new Conversation(subject);
      await talk.hear('1', '2', '3', '4', '5', '6');
      await talk.tell(2, { delivered: 4, seen: 2 });
      same((await receipts(subject.store))[0]?.delivered, 6, 'what was delivered before need not be here');
      await talk.hear('7', '8', '9');
      await talk.tell(1, { delivered: 6, seen: 2 });
      same((await receipts(subject.store))[0]?.delivered, 6, 'not over the hole');
      await talk.tellHistory(9, 2);
      same((await receipts(subject.store))[0]?.delivered, 9, 'once it is filled');
    },
  },
  {
    title: 'C17 nothing above a hole counts as seen, and the badge is never less than there is',
    async run(subject) {
      const talk = new Conversation(subject);
      await talk.hear('1', '2');
      await talk.tell(2, { delivered: 2, seen: 2 });
      same(await subject.unread(), 0, 'all seen');
      const theirs = talk.take({
        id: subject.newId(),
        kind: 'message.send',
        to: subject.peer,
        envelope: new Uint8Array(300),
      });
      await talk.hear('4', '5', '6');
      await talk.tell(1, { delivered: 2, seen: 2 });
      same([theirs.ok, await subject.unread()], [true, 4], 'at most so many');
      await subject.see(6);
      same(await subject.unread(), 4, 'what is missing was not seen');
      await talk.tellHistory(6, 10);
      same(await subject.unread(), 3, 'exact: one of them is ours');
      await subject.see(6);
      same(await subject.unread(), 0, 'all seen');
      same((await receipts(subject.store))[0]?.seen, 6, 'the server is told');
    },
  },
  {
    title:
      'C7 what was acknowledged lately is offered again before what is newer, under its id, byte for byte',
    async run(subject) {
      const log = new Log(subject);
      await log.befriend();
      const { store } = subject;
      const ids = [await subject.queueMessage('one'), await subject.queueMessage('two')];
      const before = await store.outbox(10);
      await store.settle(ids.map((id, index) => ({ id, ok: true, time: 5_000, n: index + 1 })));
      // The answer to the third was lost; its entry in the log said as much.
      ids.push(await subject.queueMessage('three'));
      before.push(...(await store.outbox(10)));
      await log.push(log.own(3, await operation(store, ids[2] ?? subject.newId())));
      const newer = await subject.queueMessage('four');
      await store.reset();
      const after = await store.outbox(10);
      same(
        after.map(({ op }) => op.id),
        [...ids, newer],
        'order',
      );
      same(after.slice(0, 3), before, 'bytes');
      same(
        states(await subject.messages()),
        ['one queued', 'two queued', 'three queued', 'four queued'],
        'nobody knows whether the server has them',
      );
      await store.settle(ids.map((id, index) => ({ id, ok: true, time: 5_000, n: index + 1 })));
      same(
        states(await subject.messages()),
        ['one sent', 'two sent', 'three sent', 'four queued'],
        'answered as before',
      );
      // Restored a second time: acknowledged again is acknowledged lately.
      await store.reset();
      same((await store.outbox(10)).length, 4, 'offered once more');
    },
  },
  {
    title: 'C7 what failed for good is not offered again, and what the snapshot holds leaves the outbox',
    async run(subject) {
      await new Log(subject).befriend();
      const { store } = subject;
      const talk = new Conversation(subject, 'second');
      const ids = [await subject.queueMessage('kept'), await subject.queueMessage('refused')];
      const op = await operation(store, ids[0] ?? subject.newId());
      await store.settle([{ id: op.id, ok: true, time: 5_000, n: 1 }]);
      await store.settle([{ id: ids[1] ?? op.id, ok: false, code: 'NOT_FRIENDS' }]);
      await store.reset();
      same(
        (await store.outbox(10)).map((queued) => queued.op.id),
        [op.id],
        'offered again',
      );
      talk.take(op);
      await talk.tell(1);
      same(await store.outbox(10), [], 'outbox');
      same(states(await subject.messages()), ['kept sent', 'refused failed'], 'messages');
    },
  },
  {
    title:
      'C7 numbers of another epoch move a message, and what never comes back stays readable in its place',
    async run(subject) {
      const lost = new Conversation(subject);
      await lost.hear('1', '2', '3', '4');
      await lost.tell(4, { delivered: 4, seen: 4 });
      const mine = await subject.queueMessage('mine');
      const op = await operation(subject.store, mine);
      await subject.store.settle([lost.take(op)]);
      await subject.store.reset();
      same(
        (await subject.messages()).map(({ text, n }) => [text, n]),
        [
          ['1', 1],
          ['2', 2],
          ['3', 3],
          ['4', 4],
          ['mine', null],
        ],
        'as it was',
      );
      // The backup had two of them; then the peer wrote again.
      const restored = new Conversation(subject, 'second');
      restored.messages.push(...lost.messages.slice(0, 2));
      await restored.hear('new');
      await restored.tell(2, { delivered: 2, seen: 1 });
      await subject.store.settle([restored.take(op)]);
      const shown = await subject.messages();
      same(
        shown.filter(({ text }) => text !== '3' && text !== '4').map(({ text, n, tick }) => [text, n, tick]),
        [
          ['1', 1, null],
          ['2', 2, null],
          ['new', 3, null],
          ['mine', 4, 'sent'],
        ],
        'in the new order',
      );
      holds(
        ['3', '4'].every((text) => texts(shown).includes(text)),
        'nothing is lost',
      );
      same(shown.length, 6, 'and nothing doubled');
      same(await subject.unread(), 2, 'as the restored server says');
      await subject.see(4);
      same(await subject.unread(), 0, 'and not stuck');
    },
  },
  {
    title: 'C7 watermarks of another epoch turn no ticks',
    async run(subject) {
      const talk = new Conversation(subject);
      await subject.store.applyPart(
        {
          seq: 1,
          tag: 1,
          revision: 1,
          contacts: [talk.friendship()],
          conversations: [],
          first: true,
          done: true,
        },
        { epoch: 'first', seq: 1, tag: 1 },
        'first',
      );
      await settleNext(subject, talk, 'old');
      await talk.tell(1, undefined, { delivered: 1, seen: 1 });
      same(states(await subject.messages()), ['old seen'], 'before');
      await subject.store.reset();
      const empty = new Conversation(subject, 'second');
      const part = { seq: 2, tag: 2, revision: 1, contacts: [empty.friendship()], conversations: [] };
      const cursor = { epoch: 'second', seq: 2, tag: 2 };
      await subject.store.applyPart({ ...part, first: true, done: true }, cursor, 'second');
      const offered = (await subject.store.outbox(10))[0]?.op;
      if (offered?.kind !== 'message.send') throw new Error('nothing is offered');
      await subject.store.settle([empty.take(offered)]);
      same(states(await subject.messages()), ['old sent'], 'after');
    },
  },
  {
    title: 'C7 what was seen in the very same epoch stays seen, and the server is told again',
    async run(subject) {
      const talk = new Conversation(subject);
      await talk.hear('1', '2', '3');
      await talk.tell(3);
      await subject.see(3);
      await subject.store.reset();
      same(await subject.unread(), 0, 'before the snapshot');
      await talk.tell(2, { delivered: 3, seen: 0 });
      const [told] = await receipts(subject.store);
      same([told?.delivered, told?.seen], [3, 3], 'nothing new came, and yet the server is told');
      await talk.hear('4');
      await talk.tell(2, { delivered: 3, seen: 0 });
      same(await subject.unread(), 1, 'the new one');
      const [receipt, ...more] = await receipts(subject.store);
      same([receipt?.delivered, receipt?.seen, more], [4, 3, []], 'receipt');
    },
  },
  {
    title: 'C7 who has no cursor yet offers again, too, what another history had acknowledged',
    async run(subject) {
      const talk = new Conversation(subject);
      const part = {
        seq: 5,
        tag: 5,
        revision: 1,
        contacts: [talk.friendship()],
        conversations: [],
        first: true,
      };
      await subject.store.applyPart({ ...part, done: false }, null, 'first');
      await settleNext(subject, talk, 'old');
      same([await subject.store.outbox(10), (await subject.store.standing()).cursor], [[], null], 'before');
      await subject.store.applyPart({ ...part, seq: 2, done: false }, null, 'second');
      same(
        (await subject.store.outbox(10)).map(({ op }) => op.kind),
        ['message.send'],
        'offered again',
      );
      same(states(await subject.messages()), ['old queued'], 'nobody knows');
    },
  },
  {
    title: 'C7 receipts speak of no numbers that may be those of another history',
    async run(subject) {
      const talk = new Conversation(subject);
      await talk.hear('1', '2', '3');
      await talk.tell(3);
      const [pending] = await receipts(subject.store);
      await subject.store.settle([{ id: pending?.id ?? subject.newId(), ok: true, time: 1 }]);
      await subject.store.reset();
      await subject.see(2);
      same(await receipts(subject.store), [], 'while nobody knows');
      await talk.tell(3, { delivered: 3, seen: 0 });
      same((await receipts(subject.store))[0]?.seen, 2, 'once it is known');
      await subject.store.reset();
      const restored = new Conversation(subject, 'second');
      restored.messages.push(...talk.messages.slice(0, 1));
      await restored.tell(1, { delivered: 1, seen: 1 });
      same(await receipts(subject.store), [], 'the old receipt is gone');
    },
  },
  {
    title: 'C7 what a restored server has given a number since was not seen, whatever we had seen before',
    async run(subject) {
      const talk = new Conversation(subject);
      await talk.hear('1', '2', '3');
      await talk.tell(3);
      await subject.see(3);
      await subject.store.reset();
      // Nobody told of the restore: the epoch is the same.
      talk.messages.length = 1;
      await talk.tell(1, { delivered: 1, seen: 1 });
      await talk.hear('other 2', 'other 3');
      await talk.tell(2, { delivered: 1, seen: 1 });
      same(await subject.unread(), 2, 'unread');
    },
  },
];

/** Writes a text, which the server takes. */
async function settleNext(subject: ClientStoreSubject, talk: Conversation, text: string): Promise<void> {
  const id = await subject.queueMessage(text);
  await subject.store.settle([talk.take(await operation(subject.store, id))]);
}
