import type { Operation } from '#sync/wire/up.ts';
import { holds, rejects, same } from '#tests/support/check.ts';
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
    title: 'C18 a copy takes a new name, and what it has not sent new ids, sealed as the new device',
    async run(subject) {
      const log = new Log(subject);
      await log.push(log.friendship('received'));
      const { store } = subject;
      await store.keepGeneration(3);
      const old = await store.standing();
      await subject.queueAccept();
      for (const text of ['one', 'two', 'three']) await subject.queueMessage(text);
      const before = await store.outbox(10);
      await store.renameDevice();

      const now = await store.standing();
      same([now.cursor, now.gen, now.device === old.device], [log.cursor, 0, false], 'standing');
      const after = await store.outbox(10);
      const ids = before.map(({ op }) => op.id);
      holds(
        after.every(({ op }) => !ids.includes(op.id)),
        'other ids',
      );
      same(after.map(shape), before.map(shape), 'the same operations in the same order');
      const [accept, ...messages] = after;
      same(
        messages.map((queued) => queued.after),
        messages.map(() => accept?.op.id),
        'they wait for the acceptance',
      );
      const found = await Promise.all(messages.map(({ op }) => readOwn(subject, op)));
      same(
        found,
        ['one', 'two', 'three'].map((text, index) => ({ device: now.device, counter: index + 1, text })),
        'what the peer finds',
      );
      same(
        states(await subject.messages()),
        ['one queued', 'two queued', 'three queued'],
        'what is on the screen',
      );

      await store.settle(ids.map((id, index) => ({ id, ok: true, time: 1, n: index + 1 })));
      same((await store.outbox(10)).length, 4, 'answers to the old ids mean the original');
      await store.settle(after.map(({ op }, index) => ({ id: op.id, ok: true, time: 1, n: index })));
      same(await store.outbox(10), [], 'outbox');
      same(await subject.standing(), 'friends', 'standing');
      const next = await subject.queueMessage('four');
      const four = await operation(store, next);
      same(await readOwn(subject, four), { device: now.device, counter: 4, text: 'four' }, 'the next one');
    },
  },
  {
    title: 'C18 what a copy offers again keeps its id: the server has it from the original',
    async run(subject) {
      await new Log(subject).befriend();
      const { store } = subject;
      const sent = await subject.queueMessage('sent');
      await store.settle([{ id: sent, ok: true, time: 5_000, n: 1 }]);
      const unsent = await subject.queueMessage('unsent');
      await store.reset();
      const before = await operation(store, sent);
      await store.renameDevice();
      const [first, second] = await store.outbox(10);
      same(first?.op, before, 'the same bytes');
      holds(second !== undefined && second.op.id !== unsent, 'the other one is new');
      same(states(await subject.messages()), ['sent queued', 'unsent queued'], 'messages');
    },
  },
  {
    title: 'C18 what is written while a copy takes its name is of the new device, in one chain',
    async run(subject) {
      await new Log(subject).befriend();
      const { store } = subject;
      // A little later each time, so that some of them are being sealed at the very moment.
      for (let round = 0; round < 20; round++) {
        // Counts from 1 again, so that the counters of both names agree.
        await store.renameDevice();
        await subject.queueMessage('before');
        const renaming = store.renameDevice();
        await new Promise((resolve) => setTimeout(resolve, round % 10));
        await subject.queueMessage('meanwhile');
        await renaming;
        const { device } = await store.standing();
        const queued = await store.outbox(10);
        same(
          await Promise.all(queued.map(({ op }) => readOwn(subject, op))),
          ['before', 'meanwhile'].map((text, index) => ({ device, counter: index + 1, text })),
          'what the peer finds',
        );
        await store.settle(queued.map(({ op }) => ({ id: op.id, ok: false, code: 'NOT_FRIENDS' })));
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
      const part = { seq: 9, tag: 9, contacts: [], conversations: [], first: true, done: true };
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

const shape = ({ op, lane }: { op: Operation; lane: string }) => [op.kind, op.to, lane];

function readOwn(subject: ClientStoreSubject, op: Operation) {
  if (op.kind !== 'message.send') throw new Error('not a message');
  return subject.read(op.id, op.envelope);
}
