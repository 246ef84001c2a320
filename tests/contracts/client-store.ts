import type { Page } from '#sync/wire/down.ts';
import { becomes, holds, rejects, same } from '#tests/support/check.ts';
import { CLIENT_CALL_CASES } from './client-store-calls.ts';
import { CLIENT_COPY_CASES } from './client-store-copies.ts';
import { CLIENT_SNAPSHOT_CASES } from './client-store-snapshot.ts';
import {
  type ClientStoreCase,
  Log,
  cursorOf,
  operation,
  receipts,
  states,
  texts,
} from './client-store-subject.ts';

/** All that a client's store is held to. */
export const CLIENT_STORE_CASES: readonly ClientStoreCase[] = [
  ...CLIENT_SNAPSHOT_CASES,
  ...CLIENT_COPY_CASES,
  ...CLIENT_CALL_CASES,
  {
    title: 'C5 a page and its cursor are stored together and outlive the process',
    async run(subject) {
      const log = new Log(subject);
      await log.befriend();
      await log.push(await log.message(1, 'hello'), await log.message(2, 'are you there?'));
      const after = await subject.restart();
      same(await cursorOf(after.store), log.cursor, 'cursor');
      same(texts(await after.messages()), ['hello', 'are you there?'], 'messages');
      same(await after.standing(), 'friends', 'standing');
    },
  },
  {
    title: 'C5 the same page twice changes nothing',
    async run(subject) {
      const log = new Log(subject);
      await log.befriend();
      const last = await log.push(await log.message(1, 'once'));
      const before = [await subject.messages(), await subject.store.outbox(10)];
      await subject.store.applyPage(last, log.cursor);
      same([await subject.messages(), await subject.store.outbox(10)], before, 'messages and outbox');
      same(await cursorOf(subject.store), log.cursor, 'cursor');
    },
  },
  {
    title: 'C4 a page that does not continue the cursor is refused whole',
    async run(subject) {
      const log = new Log(subject);
      await log.befriend();
      const entry = await log.message(1, 'too early');
      const gap: Page = {
        from: log.cursor.seq + 1,
        to: entry.seq + 1,
        tag: 5,
        head: entry.seq + 1,
        entries: [entry],
      };
      const cursor = { ...log.cursor, seq: gap.to, tag: 5 };
      await rejects(subject.store.applyPage(gap, cursor), 'a page over a gap');
      await rejects(
        subject.store.applyPage({ ...gap, from: log.cursor.seq }, { ...cursor, epoch: 'another' }),
        'a page of another epoch',
      );
      same(await cursorOf(subject.store), log.cursor, 'cursor');
      same(await subject.messages(), [], 'messages');
    },
  },
  {
    title: 'C1 a written message is in the outbox, in order and byte for byte, also after a restart',
    async run(subject) {
      await new Log(subject).befriend();
      const ids = [];
      for (const text of ['one', 'two', 'three']) ids.push(await subject.queueMessage(text));
      const before = await subject.store.outbox(10);
      same(
        before.map(({ op }) => op.id),
        ids,
        'order',
      );
      same(
        before.map(({ lane, after }) => [lane, after]),
        ids.map(() => [`c:${subject.peer}`, null]),
        'lanes',
      );
      same(
        (await subject.store.outbox(2)).map(({ op }) => op.id),
        ids.slice(0, 2),
        'the first two',
      );
      const after = await subject.restart();
      same(await after.store.outbox(10), before, 'outbox after a restart');
      same(states(await after.messages()), ['one queued', 'two queued', 'three queued'], 'messages');
    },
  },
  {
    title: 'C1 an operation leaves the outbox with its result and not before',
    async run(subject) {
      await new Log(subject).befriend();
      const [one, two] = [await subject.queueMessage('one'), await subject.queueMessage('two')];
      await subject.store.settle([{ id: one, ok: true, time: 5_000, n: 1 }]);
      same(
        (await subject.store.outbox(10)).map(({ op }) => op.id),
        [two],
        'outbox',
      );
      same(states(await subject.messages()), ['one sent', 'two queued'], 'messages');
      same((await subject.messages())[0]?.n, 1, 'number');
    },
  },
  {
    title: 'C1 an operation that failed for good leaves the outbox, and its message says why',
    async run(subject) {
      await new Log(subject).befriend();
      const [one, two] = [await subject.queueMessage('one'), await subject.queueMessage('two')];
      await subject.store.settle([{ id: one, ok: false, code: 'NOT_FRIENDS' }]);
      same(
        (await subject.store.outbox(10)).map(({ op }) => op.id),
        [two],
        'outbox',
      );
      const failed = (await subject.messages()).find(({ id }) => id === one);
      same([failed?.tick, failed?.error], ['failed', 'NOT_FRIENDS'], 'the failed one');
    },
  },
  {
    title: 'C2 messages wait for the acceptance that they depend on, and go when it has succeeded',
    async run(subject) {
      const log = new Log(subject);
      await log.push(log.friendship('received'));
      const accept = await subject.queueAccept();
      const message = await subject.queueMessage('at last');
      const waiting = await subject.store.outbox(10);
      same(
        waiting.map(({ op, after }) => [op.id, after]),
        [
          [accept, null],
          [message, accept],
        ],
        'outbox',
      );
      await subject.store.settle([{ id: accept, ok: true, time: 5_000 }]);
      same(await subject.standing(), 'friends', 'standing');
      const left = await subject.store.outbox(10);
      same(
        left.map(({ op, after }) => [op.id, after]),
        [[message, null]],
        'outbox once accepted',
      );
    },
  },
  {
    title: 'C2 what depends on a failed operation fails with it, and nothing else does',
    async run(subject) {
      const log = new Log(subject);
      await log.push(log.friendship('received'));
      const accept = await subject.queueAccept();
      const message = await subject.queueMessage('too late');
      await subject.store.settle([{ id: accept, ok: false, code: 'NO_REQUEST' }]);
      same(await subject.store.outbox(10), [], 'outbox');
      same(await subject.standing(), 'received', 'standing is as the server last said');
      const [failed] = await subject.messages();
      same(
        [failed?.id, failed?.tick, failed?.error],
        [message, 'failed', 'DEPENDENCY_FAILED'],
        'the message',
      );
    },
  },
  {
    title: 'C22 who is blocked shows so at once, over a restart, and gets no message',
    async run(subject) {
      const log = new Log(subject);
      await log.befriend();
      const block = await subject.queueFriendAction('friend.block');
      same(await subject.standing(), 'blocked', 'without a network');
      await rejects(subject.queueMessage('hi'), 'a message', 'NOT_FRIENDS');
      const after = await subject.restart();
      same(
        (await after.store.outbox(10)).map(({ op, lane }) => [op.id, op.kind, lane]),
        [[block, 'friend.block', `f:${subject.peer}`]],
        'outbox',
      );
      await after.store.settle([{ id: block, ok: true, time: 1 }]);
      same(await after.standing(), 'blocked', 'before the log says it');
      await rejects(after.queueMessage('hi'), 'a message', 'NOT_FRIENDS');
    },
  },
  {
    title: 'C22 a block that was refused is taken back',
    async run(subject) {
      await new Log(subject).befriend();
      const block = await subject.queueFriendAction('friend.block');
      await subject.store.settle([{ id: block, ok: false, code: 'UNKNOWN_USER' }]);
      same(await subject.standing(), 'friends', 'standing');
    },
  },
  {
    title: 'C22 blocked and unblocked before either was sent',
    async run(subject) {
      await new Log(subject).befriend();
      const block = await subject.queueFriendAction('friend.block');
      const unblock = await subject.queueFriendAction('friend.unblock');
      same(await subject.standing(), 'none', 'as it will be');
      await subject.store.settle([{ id: block, ok: true, time: 1 }]);
      same(await subject.standing(), 'none', 'the newest action shows');
      await subject.store.settle([{ id: unblock, ok: true, time: 2 }]);
      same(await subject.standing(), 'none', 'in the end');
    },
  },
  {
    title: 'C22 what somebody asked while they were blocked shows once they are unblocked',
    async run(subject) {
      const log = new Log(subject);
      await log.push(log.friendship('blocked'));
      same(await subject.standing(), 'blocked', 'as the log says');
      const unblock = await subject.queueFriendAction('friend.unblock');
      await log.push(log.friendship('received'));
      await subject.store.settle([{ id: unblock, ok: true, time: 1 }]);
      same(await subject.standing(), 'received', 'standing');
    },
  },
  {
    title: 'C22 unblocking who is not blocked any more changes nothing',
    async run(subject) {
      await new Log(subject).befriend();
      const unblock = await subject.queueFriendAction('friend.unblock');
      await subject.store.settle([{ id: unblock, ok: true, time: 1 }]);
      same(await subject.standing(), 'friends', 'standing');
    },
  },
  {
    title: 'C23 the highest revision of the keyring that was announced is kept, whatever came first',
    async run(subject) {
      const log = new Log(subject);
      same(await subject.announced(), 0, 'before any');
      await log.push(log.keyring(2), log.friendship('friends'), log.keyring(4));
      same(await subject.announced(), 4, 'of one page');
      await log.push(log.keyring(3));
      same(await subject.announced(), 4, 'an older one');
      const after = await subject.restart();
      same([await after.announced(), await cursorOf(after.store)], [4, log.cursor], 'after a restart');
    },
  },
  {
    title: 'C1 results of operations that are gone are ignored',
    async run(subject) {
      await new Log(subject).befriend();
      await subject.queueMessage('kept');
      const before = [await subject.store.outbox(10), await subject.messages()];
      await subject.store.settle([
        { id: subject.newId(), ok: true, time: 1, n: 9 },
        { id: subject.newId(), ok: false, code: 'NOT_FRIENDS' },
      ]);
      same([await subject.store.outbox(10), await subject.messages()], before, 'outbox and messages');
    },
  },
  {
    title: 'C5 our own message in the log settles its outbox row when the answer was lost',
    async run(subject) {
      const log = new Log(subject);
      await log.befriend();
      const id = await subject.queueMessage('arrived after all');
      await log.push(log.own(1, await operation(subject.store, id)));
      same(await subject.store.outbox(10), [], 'outbox');
      same(states(await subject.messages()), ['arrived after all sent'], 'messages');
      await subject.store.settle([{ id, ok: true, time: 5_000, n: 1 }]);
      same(states(await subject.messages()), ['arrived after all sent'], 'messages after the late answer');
    },
  },
  {
    title: 'C5 a message that we sent from another device is shown as ours',
    async run(subject) {
      const log = new Log(subject);
      await log.befriend();
      const id = subject.newId();
      const envelope = await subject.envelope(id, subject.self, subject.peer, 'from my other phone');
      await log.push(log.own(1, { id, kind: 'message.send', to: subject.peer, envelope }));
      same(states(await subject.messages()), ['from my other phone sent'], 'messages');
      same(await subject.store.outbox(10), [], 'nothing to send');
    },
  },
  {
    title: 'C7 a reset forgets the cursor, keeps what is unsent, and the log applies again without doubles',
    async run(subject) {
      const log = new Log(subject);
      await log.befriend();
      await log.push(await log.message(1, 'old'), await log.message(2, 'older'));
      const unsent = await subject.queueMessage('not sent yet');
      await subject.store.reset();
      same(await cursorOf(subject.store), null, 'cursor');
      holds(
        (await subject.store.outbox(10)).some(({ op }) => op.id === unsent),
        'the unsent message is kept',
      );
      const again = log.again('another history');
      await subject.store.applyPage(again.page, again.cursor);
      same(await cursorOf(subject.store), again.cursor, 'cursor');
      same(states(await subject.messages()), ['old null', 'older null', 'not sent yet queued'], 'messages');
    },
  },
  {
    title: 'C5 what became durable is confirmed by one receipt, which a newer one replaces',
    async run(subject) {
      const log = new Log(subject);
      await log.befriend();
      await log.push(await log.message(1, 'one'), await log.message(2, 'two'));
      const [first] = await receipts(subject.store);
      same([first?.delivered, first?.seen], [2, 0], 'first receipt');
      await log.push(await log.message(3, 'three'));
      const [second, ...more] = await receipts(subject.store);
      same([second?.delivered, more], [3, []], 'one receipt');
      holds(first?.id !== second?.id, 'another content has another id');
      await subject.store.settle([{ id: first?.id ?? subject.newId(), ok: true, time: 5_000 }]);
      same((await receipts(subject.store)).length, 1, 'the answer to the replaced one changes nothing');
    },
  },
  {
    title: 'C5 delivery is confirmed up to the first hole and no further',
    async run(subject) {
      const log = new Log(subject);
      await log.befriend();
      await log.push(await log.message(1, 'one'));
      const mine = await subject.queueMessage('three');
      // The answer overtakes the page with number 2.
      await subject.store.settle([{ id: mine, ok: true, time: 5_000, n: 3 }]);
      await log.push(await log.message(4, 'four'));
      same((await receipts(subject.store))[0]?.delivered, 1, 'delivered while 2 is missing');
      await log.push(await log.message(2, 'two'));
      same((await receipts(subject.store))[0]?.delivered, 4, 'delivered once it is here');
      same(texts(await subject.messages()), ['one', 'two', 'three', 'four'], 'reading order');
    },
  },
  {
    title: 'C5 receipts of the peer turn ticks and never turn them back',
    async run(subject) {
      const log = new Log(subject);
      await log.befriend();
      for (const [index, text] of ['a', 'b', 'c'].entries()) {
        const id = await subject.queueMessage(text);
        await subject.store.settle([{ id, ok: true, time: 5_000 + index, n: index + 1 }]);
      }
      await log.push(log.receipt({ delivered: 2, seen: 1 }));
      same(states(await subject.messages()), ['a seen', 'b delivered', 'c sent'], 'ticks');
      await log.push(log.receipt({ delivered: 1, seen: 0 }));
      same(
        states(await subject.messages()),
        ['a seen', 'b delivered', 'c sent'],
        'ticks after an older receipt',
      );
    },
  },
  {
    title: 'W4 an entry of an unknown kind does not stop the cursor',
    async run(subject) {
      const log = new Log(subject);
      await log.befriend();
      await log.push(
        { seq: log.next(), time: 1, kind: 'poll', question: 'tea?' },
        await log.message(1, 'after it'),
      );
      same(texts(await subject.messages()), ['after it'], 'messages');
      same(await cursorOf(subject.store), log.cursor, 'cursor');
    },
  },
  {
    title: 'C6 a message that can not be opened is kept, shown as unreadable, and does not stop the cursor',
    async run(subject) {
      const log = new Log(subject);
      await log.befriend();
      const poison = await log.message(1, 'x');
      await log.push({ ...poison, envelope: new Uint8Array(300) }, await log.message(2, 'after it'));
      const messages = await subject.messages();
      same(
        messages.map(({ text, error }) => [text, error]),
        [
          [null, 'UNREADABLE'],
          ['after it', null],
        ],
        'messages',
      );
      same((await receipts(subject.store))[0]?.delivered, 2, 'it is durable all the same');
    },
  },
  {
    title: 'C1 whoever sends is told of a longer outbox until they stop listening',
    async run(subject) {
      await new Log(subject).befriend();
      let calls = 0;
      const stop = subject.store.onOutbox(() => calls++);
      await new Promise((resolve) => setTimeout(resolve, 50));
      const before = calls;
      await subject.queueMessage('news');
      await becomes(() => calls > before, 'the listener is called');
      stop();
      const atStop = calls;
      await subject.queueMessage('more news');
      await new Promise((resolve) => setTimeout(resolve, 50));
      same(calls, atStop, 'calls after the end');
    },
  },
];
