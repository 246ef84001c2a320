import type { Operation } from '#sync/wire/up.ts';
import { rejects, same } from '#tests/support/check.ts';
import {
  type ClientStoreCase,
  type ClientStoreSubject,
  Conversation,
  Log,
  operation,
  states,
} from './client-store-subject.ts';

/** Copied databases and successive leaders: the part of the suite about who writes. */
export const CLIENT_COPY_CASES: readonly ClientStoreCase[] = [
  {
    title: 'C18 the generation that the server gave is kept',
    async run(subject) {
      const { device, gen } = await subject.store.standing();
      same(gen, 0, 'before the first welcome');
      await subject.store.keepGeneration(7);
      const after = await subject.restart();
      same(await after.store.standing(), { cursor: null, device, gen: 7 }, 'after a restart');
    },
  },
  {
    title: 'C18 a copy takes a new name, and keeps the ids and bytes of what it has not sent',
    async run(subject) {
      const log = new Log(subject);
      await log.push(log.friendship('received'));
      const { store } = subject;
      await store.keepGeneration(3);
      const old = await store.standing();
      await subject.queueAccept();
      for (const text of ['one', 'two']) await subject.queueMessage(text);
      const before = await store.outbox(10);
      await store.renameDevice();

      const now = await store.standing();
      same([now.cursor, now.gen, now.device === old.device], [log.cursor, 0, false], 'standing');
      same(await store.outbox(10), before, 'what waits');
      same(states(await subject.messages()), ['one queued', 'two queued'], 'what is on the screen');

      const next = await subject.queueMessage('three');
      const three = await operation(store, next);
      same(
        await readOwn(subject, three),
        { device: now.device, counter: 1, text: 'three' },
        'the new device begins its chain',
      );
      const answered = before.map(({ op }, index) => ({ id: op.id, ok: true as const, time: 1, n: index }));
      await store.settle(answered);
      same(
        (await store.outbox(10)).map(({ op }) => op.id),
        [next],
        'answered as the original was',
      );
      same(await subject.standing(), 'friends', 'standing');
    },
  },
  {
    title: 'C18 what a copy offers again keeps its id: the server has it from the original',
    async run(subject) {
      await new Log(subject).befriend();
      const { store } = subject;
      const sent = await subject.queueMessage('sent');
      await store.settle([{ id: sent, ok: true, time: 5_000, n: 1 }]);
      await subject.queueMessage('unsent');
      await store.reset();
      const before = await store.outbox(10);
      same(before.length, 2, 'both wait');
      await store.renameDevice();
      same(await store.outbox(10), before, 'the same bytes');
      same(states(await subject.messages()), ['sent queued', 'unsent queued'], 'messages');
    },
  },
  {
    title: 'C18 what is written while a copy takes its name is of one device and continues its chain',
    async run(subject) {
      await new Log(subject).befriend();
      const { store } = subject;
      // A little later each time, so that some of them are being sealed at the very moment.
      for (let round = 0; round < 20; round++) {
        const old = await store.standing();
        const chained = round === 0 ? 0 : 1;
        const renaming = new Promise((resolve) => setTimeout(resolve, round % 10)).then(() =>
          store.renameDevice(),
        );
        const id = await subject.queueMessage('meanwhile');
        await renaming;
        const { device } = await store.standing();
        const read = await readOwn(subject, await operation(store, id));
        const [expected, next] =
          read.device === device
            ? [{ device, counter: 1 }, 2]
            : [{ device: old.device, counter: chained + 1 }, 1];
        same(read, { ...expected, text: 'meanwhile' }, 'what the peer finds');
        const after = await subject.queueMessage('after');
        const found = await readOwn(subject, await operation(store, after));
        same(found, { device, counter: next, text: 'after' }, 'the next one');
        const queued = await store.outbox(10);
        await store.settle(queued.map(({ op }) => ({ id: op.id, ok: false, code: 'NOT_FRIENDS' })));
        // Each round begins with a chain of one.
        await store.renameDevice();
        const first = await subject.queueMessage('first');
        await store.settle([{ id: first, ok: true, time: 1, n: round + 1 }]);
      }
    },
  },
  {
    title: 'C19 whoever led before can read, and write nothing any more',
    async run(subject) {
      const log = new Log(subject);
      await log.befriend();
      const id = await subject.queueMessage('mine');
      const talk = new Conversation(subject);
      await talk.hear('1', '2');
      const { store: old } = subject;
      const entry = await log.message(1, 'too late');
      const page = { from: log.cursor.seq, to: entry.seq, tag: 5, head: entry.seq, entries: [entry] };
      const cursor = { ...log.cursor, seq: entry.seq, tag: 5 };
      const part = { seq: 9, tag: 9, revision: 1, contacts: [], conversations: [], first: true, done: true };
      const all = async () => [await old.standing(), await old.outbox(10), await subject.messages()];

      const next = await subject.lead();
      const before = await all();
      const writes: [string, Promise<unknown>][] = [
        ['applyPage', old.applyPage(page, cursor)],
        ['applyPart', old.applyPart(part, { ...cursor, seq: 9 }, 'first')],
        ['applyHistory', talk.tellHistory(3, 2)],
        ['settle', old.settle([{ id, ok: true, time: 1, n: 1 }])],
        ['reset', old.reset()],
        ['keepGeneration', old.keepGeneration(9)],
        ['renameDevice', old.renameDevice()],
      ];
      for (const [what, write] of writes) await rejects(write, what, 'LEADERSHIP_LOST');
      same(await all(), before, 'nothing has changed');
      same(await subject.standing(), 'friends', 'standing');

      await next.applyPage(page, cursor);
      same((await next.standing()).cursor, cursor, 'the new leader writes');
    },
  },
];

function readOwn(subject: ClientStoreSubject, op: Operation) {
  if (op.kind !== 'message.send') throw new Error('not a message');
  return subject.read(op.id, op.envelope);
}
