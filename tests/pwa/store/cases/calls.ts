import { encode } from '@msgpack/msgpack';
import type { Call } from '#shared/call.ts';
import { openEnvelope, sealEnvelope } from '#shared/crypto/envelope.ts';
import type { Bytes, OpId } from '#shared/ids.ts';
import { ENVELOPE_TYPE, type EnvelopeType, parseEnvelope } from '#shared/schema/envelope.ts';
import { openDatabase } from '#pwa/store/database.ts';
import type { StoredCall, StoredWindow } from '#pwa/store/ports.ts';
import { Conversation, Log, callFrom } from '#tests/contracts/client-store-subject.ts';
import { becomes, rejects, same } from '#tests/support/check.ts';
import {
  type Person,
  conversationOf,
  newPerson,
  next,
  restarted,
  rootBetween,
  rotated,
  timelineOf,
} from '../world.ts';
import type { LocalStoreCase } from './case.ts';

const OVER = { status: 'completed', answeredAt: 5_000, endedAt: 8_000, seen: true } as const;
const PAYLOAD = new Uint8Array([1, 2, 3, 250]);

export const CALL_CASES: readonly LocalStoreCase[] = [
  {
    title: 'What rings or goes on is told at once, what has been newest first, with the name of who it was',
    async run({ store, subject }) {
      const log = new Log(subject);
      await log.befriend();
      const [first, second] = [0, 1].map((index) =>
        callFrom(subject, { id: subject.newId(), startedAt: 4_000 + index }),
      ) as [Call, Call];
      let live: readonly StoredCall[] = [];
      let history: readonly StoredCall[] = [];
      const stops = [
        store.calls.liveCalls((calls) => (live = calls)),
        store.calls.liveHistory(1, (calls) => (history = calls)),
      ];
      await log.push(log.call(second), log.call(first));
      await becomes(() => live.length === 2 && history.length === 1, 'they ring');
      same([live.map(({ id }) => id), history[0]?.id], [[first.id, second.id], second.id], 'order');
      same([live[0]?.name, live[0]?.peer, live[0]?.mine], ['robin', subject.peer, false], 'who');
      await log.push(log.call({ ...first, ...OVER }));
      await becomes(() => live.length === 1, 'one is over');
      for (const stop of stops) stop();
      await log.push(log.call({ ...second, ...OVER }));
      same((await next(store.calls.liveCalls)).length, 0, 'the other too');
      same(live.length, 1, 'nothing is heard after the end');
      const both = await next<readonly StoredCall[]>((listener) => store.calls.liveHistory(9, listener));
      same(
        both.map(({ status, endedAt }) => [status, endedAt]),
        [
          ['completed', 8_000],
          ['completed', 8_000],
        ],
        'history',
      );
    },
  },
  {
    title:
      'A window shows the calls behind its messages, those before all at the beginning, and the last at the end',
    async run(world) {
      const { store, peer, subject } = world;
      const talk = new Conversation(subject);
      await talk.hear('1', '2', '3', '4', '5', '6');
      for (const after of [0, 2, 4, 6]) {
        talk.calls.push(callFrom(subject, { id: subject.newId(), after, startedAt: 4_000 + after, ...OVER }));
      }
      await talk.tell(6);
      const places = ({ items, calls }: StoredWindow) =>
        `${items.map(({ text }) => text).join('')} ${calls.map(({ after }) => after).join('')}`;
      const newest = async (count: number) => places(await timelineOf(store, peer.id, count));
      same(
        [await newest(6), await newest(5), await newest(2)],
        ['123456 0246', '23456 246', '56 6'],
        'newest',
      );
      const third = (await timelineOf(store, peer.id)).items[2]?.id as OpId;
      const around = (earlier: number, later: number) =>
        next<StoredWindow>((listener) =>
          store.liveTimeline(peer.id, { around: third, earlier, later }, listener),
        );
      same(places(await around(1, 1)), '23 2', 'in the middle');
      same(places(await around(2, 2)), '1234 024', 'from the beginning');
      await store.queueMessage(peer.id, 'x');
      same(await newest(2), '6x 6', 'before what is unsent');
    },
  },
  {
    title:
      'Calls of which older messages are not here wait for those; a conversation of calls alone is shown',
    async run(world) {
      const { store, peer, subject } = world;
      const talk = new Conversation(subject);
      const call = (after: number) =>
        callFrom(subject, { id: subject.newId(), after, startedAt: 4_000 + after, ...OVER });
      talk.calls.push(call(0));
      await talk.tell(1);
      const window = await timelineOf(store, peer.id);
      same([window.items.length, window.calls.length, window.hasEarlier], [0, 1, false], 'calls alone');
      await talk.hear('1', '2', '3');
      talk.calls.push(call(3));
      await talk.tell(1);
      const later = await timelineOf(store, peer.id);
      same([later.calls.map(({ after }) => after), later.hasEarlier], [[3], true], 'behind the hole');
      await talk.tellHistory(3, 2);
      const whole = await timelineOf(store, peer.id);
      same([whole.calls.map(({ after }) => after), whole.hasEarlier], [[0, 3], false], 'whole');
    },
  },
  {
    title: 'The list says when a call was the last thing, and a later message takes its place',
    async run({ store, peer, subject }) {
      const log = new Log(subject);
      await log.push(log.friendship('none'));
      same(await conversationOf(store, peer.id), undefined, 'nothing yet');
      const first = callFrom(subject, { id: subject.newId(), status: 'missed', endedAt: 4_100 });
      await log.push(log.call(first));
      const row = await conversationOf(store, peer.id);
      same([row?.lastCall?.id, row?.lastAt, row?.lastText, row?.unread], [first.id, 4_000, '', 0], 'a call');
      await log.push(log.friendship('friends'), await log.message(1, 'hello'));
      const said = await conversationOf(store, peer.id);
      same([said?.lastCall, said?.lastText, said?.lastAt], [null, 'hello', 2_001], 'a message');
      const second = callFrom(subject, { id: subject.newId(), after: 1, startedAt: 6_000, ...OVER });
      await log.push(log.call(second));
      const again = await conversationOf(store, peer.id);
      const shown = [again?.lastCall?.id, again?.lastText, again?.lastAt, again?.unread];
      same(shown, [second.id, 'hello', 6_000, 1], 'another call');
      await store.queueMessage(peer.id, 'mine');
      same((await conversationOf(store, peer.id))?.lastCall, null, 'what waits comes behind it');
    },
  },
  {
    title:
      'C29 looking at missed calls of one person leaves those of others, and nothing of it counts as unsent',
    async run({ me, store, sync, subject }) {
      const log = new Log(subject);
      await log.befriend();
      const other = await newPerson();
      const missed = (caller = subject.peer) =>
        log.call(callFrom(subject, { id: subject.newId(), caller, status: 'missed', endedAt: 5_000 }));
      await log.push(
        missed(),
        missed(other.id),
        missed(),
        log.call(
          callFrom(subject, { id: subject.newId(), caller: me.id, callee: other.id, status: 'missed' }),
        ),
      );
      const counts: number[] = [];
      const stop = store.calls.liveMissed((count) => counts.push(count));
      await becomes(() => counts.at(-1) === 3, 'missed');
      await store.calls.markSeen(subject.peer);
      await becomes(() => counts.at(-1) === 1, 'one is left');
      await store.calls.markSeen(null);
      await becomes(() => counts.at(-1) === 0, 'none');
      stop();
      const lanes = (await sync.outbox(10)).map(({ lane }) => lane);
      same(lanes, [`k:${subject.peer}`, `k:${subject.peer}`, `k:${other.id}`], 'lanes');
      same([await store.countUnsent(), await next(store.liveQueued)], [0, 0], 'nothing that could be lost');
      const named = await next<readonly StoredCall[]>((listener) => store.calls.liveHistory(9, listener));
      same(
        named.map(({ name }) => name).toSorted(),
        ['', '', 'robin', 'robin'],
        'somebody of whom nothing is known has no name',
      );
    },
  },
  {
    title: 'What a call says goes to the friend alone, and only what they sealed to us as such opens',
    async run({ me, peer, store, subject, sync }) {
      await new Log(subject).befriend();
      const { calls } = store;
      const sealed = await calls.sealSignal(peer.id, PAYLOAD);
      const header = parseEnvelope(sealed);
      if (!header.ok) throw new Error(header.error);
      same([header.value.type, header.value.to], [ENVELOPE_TYPE.call, peer.id], 'header');
      const trusted = [await rootBetween(peer, me)];
      const { id } = header.value;
      const opened = await openEnvelope({ envelope: sealed, from: me.id, to: peer.id, id, trusted });
      same(opened.ok && opened.value.payload, PAYLOAD, 'what the friend reads');

      const theirs = await sealAs(peer, me, subject.newId());
      same(await calls.openSignal(peer.id, theirs), PAYLOAD, 'what we read');
      const stranger = await newPerson();
      const refused: [string, Promise<Bytes>, string][] = [
        [
          'a message',
          calls.openSignal(peer.id, await sealAs(peer, me, subject.newId(), 1)),
          'ENVELOPE_MISMATCH',
        ],
        ['our own', calls.openSignal(peer.id, sealed), 'ENVELOPE_MISMATCH'],
        ['another name', calls.openSignal(stranger.id, theirs), 'NOT_FRIENDS'],
        ['what is altered', calls.openSignal(peer.id, altered(theirs)), 'UNREADABLE'],
        ['noise', calls.openSignal(peer.id, new Uint8Array(9)), 'ENVELOPE_INVALID'],
        [
          'other keys',
          calls.openSignal(peer.id, await sealAs({ ...stranger, id: peer.id }, me, subject.newId())),
          'KEY_UNKNOWN',
        ],
        ['too much', calls.sealSignal(peer.id, new Uint8Array(70_000)), 'FRAME_TOO_LARGE'],
        ['a stranger', calls.sealSignal(stranger.id, PAYLOAD), 'NOT_FRIENDS'],
      ];
      for (const [what, outcome, code] of refused) await rejects(outcome, what, code);

      await subject.queueFriendAction('friend.remove');
      await rejects(calls.sealSignal(peer.id, PAYLOAD), 'a former friend', 'NOT_FRIENDS');
      await rejects(calls.openSignal(peer.id, theirs), 'from a former friend', 'NOT_FRIENDS');
      same((await sync.standing()).device, await calls.device(), 'the device that calls');
    },
  },
  {
    title: 'In a call only the identity speaks that stands for the friend now, with each of its keys',
    async run(world) {
      const { me, peer, store, subject } = world;
      const log = new Log(subject);
      await log.befriend();
      const { calls } = store;
      const renewed = await rotated(peer);
      await log.push({ ...(log.friendship('friends') as object), bundle: renewed.bundle } as never);
      const [old, fresh] = [
        await sealAs(peer, me, subject.newId()),
        await sealAs(renewed, me, subject.newId()),
      ];
      same(
        [await calls.openSignal(peer.id, old), await calls.openSignal(peer.id, fresh)],
        [PAYLOAD, PAYLOAD],
        'both keys',
      );
      const ours = parseEnvelope(await calls.sealSignal(peer.id, PAYLOAD));
      same(
        ours.ok && ours.value.toKeyId,
        (await rootBetween(me, renewed)).peerKeyId,
        'sealed to the newer one',
      );

      const other = await newPerson(peer.id);
      await log.push({ ...(log.friendship('friends') as object), bundle: other.bundle } as never);
      await rejects(calls.sealSignal(peer.id, PAYLOAD), 'while nobody has decided', 'KEY_CHANGED');
      await rejects(calls.openSignal(peer.id, fresh), 'also what comes in', 'KEY_CHANGED');
      await store.trust.acceptIdentity(peer.id);
      await rejects(calls.openSignal(peer.id, fresh), 'the one that was given up', 'KEY_UNKNOWN');
      same(
        await calls.openSignal(peer.id, await sealAs(other, me, subject.newId())),
        PAYLOAD,
        'the accepted one',
      );
    },
  },
  {
    title: 'C18 a copy calls under its new name, and keeps what it knows of calls',
    async run(world) {
      const { store, sync, subject } = world;
      const log = new Log(subject);
      await log.befriend();
      await log.push(log.call(callFrom(subject, { id: subject.newId(), ...OVER })));
      const before = await store.calls.device();
      await sync.renameDevice();
      const after = await restarted(world);
      const device = await after.store.calls.device();
      same([device === before, device], [false, (await after.sync.standing()).device], 'name');
      same((await timelineOf(after.store, subject.peer)).calls.length, 1, 'calls');
      after.store.close();
    },
  },
  {
    title: 'Calls that an earlier version kept raw are there once the app knows what they are',
    async run(world) {
      const { me, peer, opened, store, subject } = world;
      const log = new Log(subject);
      await log.befriend();
      const newer = callFrom(subject, { id: subject.newId(), ...OVER });
      const kept = [newer, callFrom(subject, { id: subject.newId(), caller: me.id, callee: peer.id })].map(
        (call) => log.call({ ...call, status: 'missed', endedAt: 4_100 }),
      );
      const stranger = log.call(callFrom(subject, { id: subject.newId(), callee: peer.id }));
      await log.push(log.call(newer));
      store.close();
      const db = openDatabase(me.id, () => {});
      for (const entry of [...kept, stranger]) {
        const sealed = await opened.keychain.seal('foreign', String(entry.seq), encode(entry));
        await db.foreign.put({ seq: entry.seq, kind: entry.kind, sealed });
      }
      const after = await restarted(world);
      const calls = async () => (await timelineOf(after.store, peer.id)).calls;
      await becomes(async () => (await calls()).length === 2, 'both');
      same(
        (await calls()).map(({ status, mine }) => `${status} ${mine}`).toSorted(),
        ['completed false', 'missed true'],
        'what was told later stands',
      );
      same(await db.foreign.toCollection().primaryKeys(), [stranger.seq], 'what is left');
      db.close();
      after.store.close();
    },
  },
  {
    title: 'Nothing of a call can be read in the database but who, when and after which message',
    async run({ me, sync, store, subject }) {
      const log = new Log(subject);
      await log.befriend();
      const id = subject.newId();
      await log.push(log.call(callFrom(subject, { id, after: 3, media: 'video' })));
      same((await store.calls.device()) === (await sync.standing()).device, true, 'open');
      const db = openDatabase(me.id, () => {});
      const rows = await db.calls.toArray();
      db.close();
      const plain = rows.map(({ sealed, ...row }) => ({ ...row, sealed: sealed instanceof Uint8Array }));
      same(
        plain,
        [{ id, peer: subject.peer, after: 3, at: 4_000, seq: 2, live: 1, sealed: true }],
        'the row',
      );
    },
  },
];

/** A signal, or an envelope of another type, as this person would seal it to us. */
async function sealAs(from: Person, to: Person, id: OpId, type: EnvelopeType = ENVELOPE_TYPE.call) {
  return sealEnvelope({ root: await rootBetween(from, to), type, id, time: 1_000, payload: PAYLOAD });
}

function altered(envelope: Bytes): Bytes {
  const copy = envelope.slice();
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1;
  return copy;
}
