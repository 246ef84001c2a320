import { describe, expect, test } from 'vitest';
import type { CallStatus } from '#shared/call.ts';
import { type DeviceId, type OpId, type UserId, pairOf } from '#shared/ids.ts';
import { decide, laneOf } from '#sync/server/commands/decide.ts';
import type { Facts } from '#sync/server/commands/verdict.ts';
import { type Relation, type StoredCall, callFor } from '#sync/server/ports.ts';
import type { Operation } from '#sync/wire/up.ts';

const id = '0190b3c5-7d5e-7abc-8def-0123456789ab' as OpId;
const callId = '0190b3c5-7d5e-7abc-8def-00000000ca11' as OpId;
const [ana, ben, eve] = [person('A'), person('B'), person('E')];
const [phone, desk] = ['P', 'D'].map((letter) => letter.repeat(22) as DeviceId) as [DeviceId, DeviceId];

function person(letter: string) {
  const bytes = new Uint8Array(16).fill(letter.charCodeAt(0));
  return { id: letter.repeat(22) as UserId, name: letter, bundle: bytes, keyId: bytes };
}
/** Ana asks, of Ben. */
function facts(rest: Partial<Facts> = {}, state: Relation['state'] = 'friends'): Facts {
  return {
    actor: ana,
    target: ben,
    relation: { state, by: null, blockedBy: [], version: 1, time: 0 },
    conversation: { head: 0, marks: new Map() },
    openRequests: 0,
    call: undefined,
    live: { mine: [], theirs: [] },
    now: 9_000,
    ...rest,
  };
}
function call(from = ben, to = ana, change: Partial<StoredCall> = {}): StoredCall {
  return {
    id: callId,
    caller: from.id,
    callee: to.id,
    media: 'voice',
    status: 'ringing',
    after: 4,
    startedAt: 1_000,
    answeredAt: null,
    endedAt: null,
    callerDevice: phone,
    calleeDevice: null,
    seen: true,
    version: 1,
    keptAt: 1_000,
    ...change,
  };
}
const going = (from = ben, to = ana, device = desk) =>
  call(from, to, { status: 'in_progress', answeredAt: 2_000, calleeDevice: device, version: 2 });
const start = (to = ben.id): Operation => ({ id, kind: 'call.start', to, device: desk, media: 'video' });
const about = (kind: 'answer' | 'decline' | 'end' | 'see', device = desk): Operation => {
  const named = { id, to: ben.id, call: callId };
  if (kind === 'answer') return { ...named, kind: 'call.answer', device };
  return kind === 'end'
    ? { ...named, kind: 'call.end', reason: 'hung-up' }
    : { ...named, kind: `call.${kind}` };
};
const both = [ana.id, ben.id];

describe('S27: calls are between friends', () => {
  test('S27: a start rings at both', () => {
    expect(decide(start(), facts())).toEqual({
      result: { id, ok: true, time: 9_000 },
      record: true,
      effect: {
        kind: 'call',
        pair: pairOf(ana.id, ben.id),
        expect: 0,
        tell: both,
        next: {
          id,
          caller: ana.id,
          callee: ben.id,
          media: 'video',
          status: 'ringing',
          after: 0,
          startedAt: 9_000,
          answeredAt: null,
          endedAt: null,
          callerDevice: desk,
          calleeDevice: null,
          seen: true,
        },
      },
    });
  });
  test.each(['none', 'requested', 'rejected'] as const)('S27: while %s nobody is called', (state) => {
    expect(decide(start(), facts({}, state))).toEqual({
      result: { id, ok: false, code: 'NOT_FRIENDS' },
      effect: null,
      record: true,
    });
    expect(decide(about('answer'), facts({ call: call() }, state)).result).toMatchObject({
      code: 'NOT_FRIENDS',
    });
  });
  test('S27: nobody calls themselves, or nobody', () => {
    expect(decide(start(ana.id), facts()).result).toMatchObject({ code: 'SELF_TARGET' });
    expect(decide(start(), facts({ target: undefined })).result).toMatchObject({ code: 'UNKNOWN_USER' });
  });
  test('S27: that a call was looked at is told to the callee only, and the caller can’t tell', () => {
    const missed = call(ben, ana, { status: 'missed', endedAt: 3_000, seen: false, version: 2 });
    const { effect } = decide(about('see'), facts({ call: missed }));
    expect(effect).toMatchObject({ expect: 2, tell: [ana.id], next: { status: 'missed', seen: true } });
    expect(callFor(missed, ben.id)).toEqual(callFor({ ...missed, seen: true, version: 3 }, ben.id));
    expect(callFor(missed, ana.id).seen).toBe(false);
    const mine = call(ana, ben, { status: 'missed', endedAt: 3_000, seen: false });
    expect(decide(about('see'), facts({ call: mine })).result).toMatchObject({ code: 'CALL_UNKNOWN' });
    expect(decide(about('see'), facts({ call: call() }))).toMatchObject({
      result: { ok: true },
      effect: null,
    });
  });
});

describe('S28: one call at a time', () => {
  test.each([
    ['in a call with somebody else', going(ana, eve)],
    ['called by somebody else', call(eve, ana)],
    ['calling the same person from another device', call(ana, ben)],
    ['in a call with the same person', going(ben, ana)],
  ])('S28: who is %s can’t start another', (_, live) => {
    expect(decide(start(), facts({ live: { mine: [live], theirs: [live] } }))).toEqual({
      result: { id, ok: false, code: 'IN_CALL' },
      effect: null,
      record: true,
    });
  });
  test.each([
    ['in a call', going(eve, ben)],
    ['being called', call(eve, ben)],
    ['calling somebody else', call(ben, eve)],
  ])('S28: who is %s is busy, and has missed a call', (_, live) => {
    const { result, effect } = decide(start(), facts({ live: { mine: [], theirs: [live] } }));
    expect(result.ok).toBe(true);
    expect(effect).toMatchObject({
      expect: 0,
      tell: both,
      next: { id, status: 'busy', startedAt: 9_000, endedAt: 9_000, seen: false },
    });
  });
  test('S28: a start can’t take the id of another call of the two', () => {
    expect(decide(start(), facts({ call: call(ben, ana, { id, status: 'missed' }) }))).toMatchObject({
      result: { code: 'ID_REUSED' },
      effect: null,
    });
  });
  test('S28: a start answers the call that rings the other way', () => {
    const live = { mine: [call(ben, ana)], theirs: [call(ben, ana)] };
    expect(decide(start(), facts({ live }))).toMatchObject({
      result: { id, ok: true },
      effect: {
        expect: 1,
        tell: both,
        next: { id: callId, media: 'voice', status: 'in_progress', answeredAt: 9_000, calleeDevice: desk },
      },
    });
    // Not while there is another one.
    const more = { mine: [...live.mine, going(eve, ana)], theirs: live.theirs };
    expect(decide(start(), facts({ live: more })).result).toMatchObject({ code: 'IN_CALL' });
  });
});

describe('S29: the first answer counts, and what is over stays', () => {
  test('S29: an answer names the device that is to speak', () => {
    expect(decide(about('answer'), facts({ call: call() }))).toMatchObject({
      result: { ok: true },
      effect: {
        expect: 1,
        tell: both,
        next: { status: 'in_progress', answeredAt: 9_000, calleeDevice: desk },
      },
    });
  });
  test('S29: a second device comes too late, the first one may say it again', () => {
    expect(decide(about('answer', phone), facts({ call: going() })).result).toMatchObject({
      code: 'CALL_TAKEN',
    });
    expect(decide(about('answer', desk), facts({ call: going() }))).toMatchObject({
      result: { ok: true },
      effect: null,
    });
  });
  test.each(['completed', 'missed', 'declined', 'busy', 'failed'] as const)(
    'S29: what is %s can’t be answered, and may be declined and ended without any effect',
    (status: CallStatus) => {
      const past = call(ben, ana, { status, endedAt: 3_000, version: 2 });
      expect(decide(about('answer'), facts({ call: past })).result).toMatchObject({ code: 'CALL_OVER' });
      for (const kind of ['decline', 'end'] as const)
        expect(decide(about(kind), facts({ call: past }))).toMatchObject({
          result: { ok: true },
          effect: null,
        });
    },
  );
  test.each(['answer', 'decline', 'end', 'see'] as const)('S29: nobody can %s what there is not', (kind) => {
    expect(decide(about(kind), facts())).toMatchObject({ result: { code: 'CALL_UNKNOWN' }, effect: null });
  });
  test.each(['answer', 'decline'] as const)('S29: nobody can %s their own call', (kind) => {
    expect(decide(about(kind), facts({ call: call(ana, ben) })).result).toMatchObject({
      code: 'CALL_UNKNOWN',
    });
  });
  test.each([
    ['declined by the callee', about('decline'), call(), 'declined'],
    ['declined by the callee who hangs up', about('end'), call(), 'declined'],
    ['missed when the caller hangs up', about('end'), call(ana, ben), 'missed'],
    ['completed when either hangs up', about('end'), going(), 'completed'],
  ])('S29: a call is %s', (_, op, known, status) => {
    expect(decide(op, facts({ call: known }))).toMatchObject({
      result: { ok: true },
      effect: { expect: known.version, tell: both, next: { status, endedAt: 9_000 } },
    });
  });
  test('S29: a decline that comes after an answer changes nothing', () => {
    expect(decide(about('decline'), facts({ call: going() }))).toMatchObject({
      result: { ok: true },
      effect: null,
    });
  });
  test('S29: they can be ended without friendship, and not with somebody who is no more', () => {
    expect(decide(about('end'), facts({ call: going() }, 'none')).effect).not.toBeNull();
    expect(decide(about('end'), facts({ call: going(), target: undefined })).result).toMatchObject({
      code: 'UNKNOWN_USER',
    });
  });
});

test('C2 S14: calls with one person are a lane of their own', () => {
  const lanes = [start(), about('answer'), about('decline'), about('end'), about('see')].map(laneOf);
  expect(new Set(lanes)).toEqual(new Set([`k:${ben.id}`]));
});
