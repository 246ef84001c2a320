import type { Call } from '#shared/call.ts';
import type { DeviceId, OpId, UserId } from '#shared/ids.ts';
import { same } from '#tests/support/check.ts';
import {
  type ClientStoreCase,
  type ClientStoreSubject,
  Conversation,
  Log,
  callFrom,
} from './client-store-subject.ts';

const DEVICE = 'D'.repeat(22) as DeviceId;
const MISSED = { status: 'missed', endedAt: 9_000 } as const;

/** What a client's store owes calls: they come with the log, a snapshot and history, like messages. */
export const CLIENT_CALL_CASES: readonly ClientStoreCase[] = [
  {
    title:
      'C27 a call is stored with the page that tells of it, and stands as it was told last, also after a restart',
    async run(subject) {
      const log = new Log(subject);
      await log.befriend();
      const id = subject.newId();
      const ringing = callFrom(subject, { id, media: 'video' });
      await log.push(await log.message(1, 'hello'), log.call(ringing));
      same(await told(subject), [{ ...ringing, seen: true }], 'while it rings');
      same(await subject.liveCalls(), [id], 'live');
      const answered: Call = { ...ringing, status: 'in_progress', answeredAt: 5_000, calleeDevice: DEVICE };
      await log.push(log.call(answered));
      same(await told(subject), [{ ...answered, seen: true }], 'answered');
      const over: Call = { ...answered, status: 'completed', endedAt: 8_000, seen: true };
      await log.push(log.call(over));
      const after = await subject.restart();
      same(await told(after), [over], 'over');
      same([await after.liveCalls(), await after.missed()], [[], 0], 'live and missed');
    },
  },
  {
    title: 'C27 of several states in one page the last counts, and our own calls are ours',
    async run(subject) {
      const { self, peer } = subject;
      const log = new Log(subject);
      await log.befriend();
      const call = callFrom(subject, { id: subject.newId(), caller: self, callee: peer, seen: true });
      await log.push(log.call(call), log.call({ ...call, ...MISSED }));
      const [only, ...more] = await subject.calls();
      same([only?.status, only?.mine, only?.caller, more], ['missed', true, self, []], 'the call');
      same(await subject.missed(), 0, 'nobody misses their own call');
    },
  },
  {
    title: 'C27 what history tells of a call never replaces what the log told, and adds what it did not',
    async run(subject) {
      const talk = new Conversation(subject);
      await talk.hear('1', '2', '3', '4');
      const call = callFrom(subject, { id: subject.newId(), after: 4 });
      const older = callFrom(subject, { id: subject.newId(), after: 1, ...MISSED });
      talk.calls.push({ ...call, ...MISSED });
      await talk.tell(1);
      // It was read before the call was over.
      talk.calls.splice(0, 1, call, older);
      await talk.tellHistory(4, 3);
      const history = {
        peer: subject.peer,
        from: 4,
        before: 5,
        messages: talk.messages.slice(3),
        calls: [call],
      };
      await subject.store.applyHistory(history);
      same(
        (await subject.calls()).map(({ id, status }) => [id, status]),
        [
          [older.id, 'missed'],
          [call.id, 'missed'],
        ],
        'both, in their order',
      );
      same([await subject.missed(), await subject.liveCalls()], [2, []], 'missed');
      same(await subject.unread(), 4, 'calls are no unread messages');
    },
  },
  {
    title: 'C27 history brings no call back that is over, nor a missed one that was looked at',
    async run(subject) {
      const { peer } = subject;
      const talk = new Conversation(subject);
      const old = new Log(subject);
      await old.befriend();
      const [unnamed, looked, ended] = [1, 2, 3].map((after) =>
        callFrom(subject, { id: subject.newId(), after }),
      ) as [Call, Call, Call];
      await old.push(
        old.call(unnamed),
        old.call({ ...looked, ...MISSED }),
        old.call({ ...ended, status: 'completed', answeredAt: 5_000, endedAt: 6_000, seen: true }),
      );
      await subject.seeCalls();
      const tellsHistory = (...calls: Call[]) =>
        subject.store.applyHistory({ peer, from: 1, before: 1, messages: [], calls });
      const statusOf = async ({ id }: Call) => (await subject.calls()).find((call) => call.id === id)?.status;
      const shown = async () => [
        await Promise.all([unnamed, looked, ended].map(statusOf)),
        await subject.liveCalls(),
        await subject.missed(),
      ];
      const over = [['missed', 'missed', 'completed'], [], 0];

      // Another history: no position that is known here stands for anything any more.
      await subject.store.reset();
      const part = { seq: 9, tag: 1, revision: 1, contacts: [talk.friendship()], first: true, done: true };
      const cursor = { epoch: 'second', seq: 9, tag: 1 };
      await subject.store.applyPart({ ...part, conversations: [talk.summary(0)] }, cursor, 'second');
      same(await shown(), over, 'no snapshot names them');
      const answered = { ...ended, status: 'in_progress', answeredAt: 5_000 } as const;
      await tellsHistory(unnamed, looked, answered);
      await tellsHistory({ ...looked, ...MISSED });
      same(await shown(), over, 'what older pages say');
      await tellsHistory({ ...unnamed, status: 'declined', endedAt: 4_100, seen: true });
      same(await statusOf(unnamed), 'declined', 'how it ended is believed');
    },
  },
  {
    title: 'C27 calls between others, or with others than is said, are not taken',
    async run(subject) {
      const { self, peer } = subject;
      const log = new Log(subject);
      await log.befriend();
      const stranger = 'S'.repeat(22) as UserId;
      const call = (fields: Partial<Call>) => callFrom(subject, { id: subject.newId(), ...fields });
      await log.push(
        log.call(call({ callee: stranger })),
        log.call(call({ caller: self })),
        log.call(call({ after: 7 })),
      );
      const calls = [call({ caller: stranger }), call({ caller: peer, callee: peer })];
      await subject.store.applyHistory({ peer, from: 1, before: 1, messages: [], calls });
      same(
        (await subject.calls()).map(({ after }) => after),
        [7],
        'only ours',
      );
      same((await subject.liveCalls()).length, 1, 'live');
    },
  },
  {
    title: 'C28 a call that a whole snapshot does not name is over, and one that it names goes on',
    async run(subject) {
      const log = new Log(subject);
      await log.befriend();
      const [named, unnamed, ended] = [subject.newId(), subject.newId(), subject.newId()];
      const talk = new Conversation(subject);
      const goesOn = callFrom(subject, { id: named, status: 'in_progress', answeredAt: 4_500 });
      await log.push(
        log.call(goesOn),
        log.call(
          callFrom(subject, { id: unnamed, startedAt: 4_001, status: 'in_progress', answeredAt: 4_500 }),
        ),
        log.call(callFrom(subject, { id: ended, startedAt: 4_002 })),
      );
      talk.calls.push(goesOn);
      await subject.store.reset();
      same((await subject.liveCalls()).length, 3, 'until all of it is told');
      const part = { seq: 50, tag: 9, revision: 1, contacts: [talk.friendship()] };
      const first = { ...part, conversations: [talk.summary(0)], first: true, done: false };
      await subject.store.applyPart(first, null, 'first');
      same((await subject.liveCalls()).length, 3, 'after the first part');
      const last = { ...part, contacts: [], conversations: [], first: false, done: true };
      await subject.store.applyPart(last, { epoch: 'first', seq: 50, tag: 9 }, 'first');
      same(await subject.liveCalls(), [named], 'what goes on');
      same(await statuses(subject), ['in_progress', 'completed', 'missed'], 'the others are over');
      same(await subject.missed(), 0, 'nobody knows that they were missed');
      // The truth may still come.
      const entry = {
        ...callFrom(subject, { id: unnamed, status: 'completed', endedAt: 7_000 }),
        seen: true,
      };
      const page = {
        from: 50,
        to: 51,
        tag: 3,
        head: 51,
        entries: [{ seq: 51, time: 1, kind: 'call' as const, ...entry }],
      };
      await subject.store.applyPage(page, { epoch: 'first', seq: 51, tag: 3 });
      same((await subject.calls()).find(({ id }) => id === unnamed)?.endedAt, 7_000, 'when it ended');
    },
  },
  {
    title: 'C28 another history is believed, whatever was known of a call',
    async run(subject) {
      const log = new Log(subject);
      await log.befriend();
      const call = callFrom(subject, {
        id: subject.newId(),
        status: 'completed',
        answeredAt: 1,
        endedAt: 2,
        seen: true,
      });
      await log.push(await log.message(1, 'x'), await log.message(2, 'y'), log.call(call));
      await subject.store.reset();
      const talk = new Conversation(subject, 'second');
      talk.calls.push({ ...call, status: 'in_progress', endedAt: null });
      const part = { seq: 1, tag: 1, revision: 1, contacts: [talk.friendship()], first: true, done: true };
      await subject.store.applyPart(
        { ...part, conversations: [talk.summary(0)] },
        { epoch: 'second', seq: 1, tag: 1 },
        'second',
      );
      same([await statuses(subject), await subject.liveCalls()], [['in_progress'], [call.id]], 'as it was');
    },
  },
  {
    title: 'C29 to have looked at missed calls is told once, and what the log repeats does not undo it',
    async run(subject) {
      const log = new Log(subject);
      await log.befriend();
      const calls = [1, 2, 3].map((after) => callFrom(subject, { id: subject.newId(), after, ...MISSED }));
      const [first, second, busy] = calls as [Call, Call, Call];
      await log.push(log.call(first), log.call(second), log.call({ ...busy, status: 'busy' }));
      same([await subject.missed(), await seen(subject)], [3, [false, false, false]], 'missed');
      // Another device of ours looked at one of them.
      await log.push(log.call({ ...first, seen: true }));
      same(await subject.missed(), 2, 'told by the log');
      await subject.seeCalls();
      await subject.seeCalls();
      same([await subject.missed(), await seen(subject)], [0, [true, true, true]], 'looked at');
      const outbox = await subject.store.outbox(10);
      same(
        outbox.map(({ op, lane }) => `${lane} ${op.kind === 'call.see' ? op.call : op.kind}`).toSorted(),
        [second.id, busy.id].map((id) => `k:${subject.peer} ${id}`).toSorted(),
        'outbox',
      );
      await log.push(log.call(second));
      same(await subject.missed(), 0, 'told again, by a server that has not heard of it');
      const after = await subject.restart();
      same([await after.missed(), (await after.store.outbox(10)).length], [0, 2], 'after a restart');
      const results = outbox.map(({ op }) => ({ id: op.id, ok: true as const, time: 1 }));
      await after.store.settle([
        { id: results[0]?.id as OpId, ok: false, code: 'CALL_UNKNOWN' },
        ...results.slice(1),
      ]);
      same([await after.store.outbox(10), await after.standing()], [[], 'friends'], 'answered');
    },
  },
];

const told = async (subject: ClientStoreSubject): Promise<Call[]> =>
  (await subject.calls()).map((call) => {
    const { id, caller, callee, media, status, after, startedAt } = call;
    const { answeredAt, endedAt, callerDevice, calleeDevice, seen: isSeen } = call;
    const fields = { id, caller, callee, media, status, after, startedAt };
    return { ...fields, answeredAt, endedAt, callerDevice, calleeDevice, seen: isSeen };
  });
const statuses = async (subject: ClientStoreSubject) => (await subject.calls()).map(({ status }) => status);
const seen = async (subject: ClientStoreSubject) => (await subject.calls()).map((call) => call.seen);
