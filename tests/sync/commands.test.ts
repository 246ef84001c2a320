import { describe, expect, test } from 'vitest';
import { type OpId, type UserId, pairOf } from '#shared/ids.ts';
import { decide, laneOf } from '#sync/server/commands/decide.ts';
import type { Facts } from '#sync/server/commands/verdict.ts';
import { type Relation, membersWhoSee, standingFor } from '#sync/server/ports.ts';
import type { Operation } from '#sync/wire/up.ts';
import { makeEnvelope } from '../support/envelope.ts';

const id = '0190b3c5-7d5e-7abc-8def-0123456789ab' as OpId;
const ana = person('A');
const ben = person('B');

function person(letter: string) {
  const bytes = new Uint8Array(16).fill(letter.charCodeAt(0));
  return { id: letter.repeat(22) as UserId, name: letter, bundle: bytes, keyId: bytes };
}
function facts(relation: Partial<Relation> = {}, rest: Partial<Facts> = {}): Facts {
  return {
    actor: ana,
    target: ben,
    relation: { state: 'none', by: null, blockedBy: [], version: 0, time: 0, ...relation },
    conversation: { head: 0, marks: new Map() },
    openRequests: 0,
    call: undefined,
    live: { mine: [], theirs: [] },
    now: 1000,
    ...rest,
  };
}
const friends = facts({ state: 'friends', version: 2 });
const message = (overrides: Parameters<typeof makeEnvelope>[0] = {}): Operation => ({
  id,
  kind: 'message.send',
  to: ben.id,
  envelope: makeEnvelope({ id, from: ana.id, to: ben.id, toKeyId: ben.keyId, ...overrides }),
});
const friend = (kind: 'request' | 'accept' | 'reject' | 'remove' | 'block' | 'unblock'): Operation => ({
  id,
  kind: `friend.${kind}`,
  to: ben.id,
});

describe('S6: only friends exchange messages', () => {
  test('S6: a friend’s message becomes a message', () => {
    const { effect, result, record } = decide(message(), friends);
    expect(effect).toMatchObject({ kind: 'message', from: ana.id, to: ben.id });
    expect(result).toEqual({ id, ok: true, time: 1000 });
    expect(record).toBe(true);
  });
  test.each(['none', 'requested', 'rejected'] as const)(
    'S6: while %s it is refused, and the refusal stays',
    (state) => {
      const verdict = decide(message(), facts({ state, by: ana.id }));
      expect(verdict).toEqual({ result: { id, ok: false, code: 'NOT_FRIENDS' }, effect: null, record: true });
    },
  );
  test('S6: to nobody it is refused', () => {
    expect(decide(message(), { ...friends, target: undefined }).result).toMatchObject({
      code: 'UNKNOWN_USER',
    });
  });
});

describe('S7: the envelope says what the connection says', () => {
  test.each([
    ['another sender', { from: ben.id }],
    ['another recipient', { to: ana.id }],
    ['another operation', { id: '0190b3c5-7d5e-7abc-8def-ffffffffffff' as OpId }],
    ['call signalling instead of a message', { type: 2 as const }],
  ])('S7: %s is refused', (_, overrides) => {
    expect(decide(message(overrides), friends)).toMatchObject({
      result: { code: 'ENVELOPE_INVALID' },
      effect: null,
    });
  });
  test('S7: bytes that are no envelope are refused', () => {
    const op: Operation = { id, kind: 'message.send', to: ben.id, envelope: new Uint8Array(400) };
    expect(decide(op, friends).result).toMatchObject({ code: 'ENVELOPE_INVALID' });
  });
  test('S7: an outdated key is answered with the present bundle, and not remembered', () => {
    const verdict = decide(message({ toKeyId: new Uint8Array(16) }), friends);
    expect(verdict).toEqual({
      result: { id, ok: false, code: 'STALE_KEY', bundle: ben.bundle },
      effect: null,
      record: false,
    });
  });
});

describe('S9: watermarks', () => {
  const receipt = (delivered: number, seen: number): Operation => ({
    id,
    kind: 'receipt',
    to: ben.id,
    delivered,
    seen,
  });
  const at = (delivered: number, seen: number, head = 10): Facts =>
    facts({ state: 'friends' }, { conversation: { head, marks: new Map([[ana.id, { delivered, seen }]]) } });

  test.each([
    ['rise', receipt(5, 3), at(4, 2), { delivered: 5, seen: 3 }],
    ['rise each by itself', receipt(2, 4), at(6, 2), { delivered: 6, seen: 4 }],
    ['stop at the last message', receipt(99, 99), at(1, 1), { delivered: 10, seen: 10 }],
    ['count what was seen as delivered', receipt(0, 7), at(3, 2), { delivered: 7, seen: 7 }],
  ] as const)('S9: they %s', (_, op, known, mark) => {
    expect(decide(op, known).effect).toMatchObject({ kind: 'watermark', user: ana.id, mark });
  });
  test('S9: nothing that does not rise is told to anybody', () => {
    expect(decide(receipt(4, 2), at(4, 2))).toMatchObject({
      effect: null,
      record: false,
      result: { ok: true },
    });
    expect(decide(receipt(9, 9), at(0, 0, 0)).effect).toBeNull();
  });
});

describe('S18: friendship', () => {
  const theirs = { state: 'requested', by: ben.id, version: 1 } as const;
  const mine = { state: 'requested', by: ana.id, version: 1 } as const;
  const both = { state: 'friends', version: 2 } as const;

  test.each([
    ['a request to a stranger opens', 'request', {}, { state: 'requested', by: ana.id }],
    [
      'a request after a refusal opens again',
      'request',
      { state: 'rejected', by: ana.id, version: 2 },
      { state: 'requested', by: ana.id },
    ],
    ['requests that cross make friends', 'request', theirs, { state: 'friends', by: null }],
    ['accepting makes friends', 'accept', theirs, { state: 'friends', by: null }],
    ['rejecting refuses', 'reject', theirs, { state: 'rejected', by: ben.id }],
    ['removing ends', 'remove', both, { state: 'none', by: null }],
    ['removing takes back one’s own request', 'remove', mine, { state: 'none', by: null }],
  ] as const)('S18: %s', (_, kind, before, next) => {
    const known = facts(before);
    const { effect, result } = decide(friend(kind), known);
    expect(effect).toMatchObject({
      kind: 'relation',
      expect: known.relation.version,
      next: { ...next, version: known.relation.version + 1, time: 1000 },
    });
    expect(result.ok).toBe(true);
  });

  test.each([
    ['requesting twice', 'request', mine],
    ['accepting twice', 'accept', both],
    ['removing nobody', 'remove', {}],
  ] as const)('S18: %s changes nothing and is fine', (_, kind, before) => {
    expect(decide(friend(kind), facts(before))).toMatchObject({ effect: null, result: { ok: true } });
  });

  test.each([
    ['requesting a friend', 'request', both, 'ALREADY_FRIENDS'],
    ['accepting one’s own request', 'accept', mine, 'NO_REQUEST'],
    ['accepting nothing', 'accept', {}, 'NO_REQUEST'],
    ['rejecting nothing', 'reject', {}, 'NO_REQUEST'],
    ['rejecting one’s own request', 'reject', mine, 'NO_REQUEST'],
  ] as const)('S18: %s is refused', (_, kind, before, code) => {
    expect(decide(friend(kind), facts(before))).toMatchObject({ effect: null, result: { code } });
  });

  test('S18: too many open requests are refused', () => {
    expect(decide(friend('request'), facts({}, { openRequests: 100 })).result).toMatchObject({
      code: 'REQUEST_LIMIT',
    });
  });
  test('S18: nobody befriends themselves, or a stranger who does not exist', () => {
    const self: Operation = { id, kind: 'friend.request', to: ana.id };
    expect(decide(self, facts()).result).toMatchObject({ code: 'SELF_TARGET' });
    expect(decide(friend('request'), facts({}, { target: undefined })).result).toMatchObject({
      code: 'UNKNOWN_USER',
    });
  });
});

describe('S24: blocking', () => {
  const theirs = { state: 'requested', by: ben.id, version: 3 } as const;
  const byMe = { blockedBy: [ana.id], version: 3 } as const;
  const byBen = { blockedBy: [ben.id], version: 3 } as const;
  const nothing = { state: 'none', by: null } as const;

  test.each([
    ['a stranger can be blocked', 'block', {}, { ...nothing, blockedBy: [ana.id], time: 0 }],
    [
      'blocking ends a friendship',
      'block',
      { state: 'friends' },
      { ...nothing, blockedBy: [ana.id], time: 1000 },
    ],
    ['blocking ends a request', 'block', theirs, { ...nothing, blockedBy: [ana.id], time: 1000 }],
    [
      'blocking ends one’s own request, also one that is hidden',
      'block',
      { ...byBen, state: 'requested', by: ana.id },
      { ...nothing, blockedBy: [ana.id, ben.id], time: 1000 },
    ],
    [
      'blocking leaves a refusal as it was',
      'block',
      { state: 'rejected', by: ben.id, time: 7 },
      { state: 'rejected', by: ben.id, blockedBy: [ana.id], time: 7 },
    ],
    ['unblocking leaves nothing behind', 'unblock', byMe, { ...nothing, blockedBy: [] }],
    [
      'unblocking shows what was asked meanwhile, as it was asked',
      'unblock',
      { ...byMe, ...theirs, time: 7 },
      { state: 'requested', by: ben.id, blockedBy: [], time: 7 },
    ],
    [
      'unblocking leaves the other one’s block',
      'unblock',
      { blockedBy: [ana.id, ben.id] },
      { ...nothing, blockedBy: [ben.id] },
    ],
    [
      'who is blocked may ask, and it is kept',
      'request',
      byBen,
      { state: 'requested', by: ana.id, blockedBy: [ben.id] },
    ],
    [
      'who is blocked may take back what they asked',
      'remove',
      { ...byBen, state: 'requested', by: ana.id },
      { ...nothing, blockedBy: [ben.id] },
    ],
  ] as const)('S24: %s', (_, kind, before, next) => {
    const known = facts(before);
    const { effect, result } = decide(friend(kind), known);
    const version = known.relation.version + 1;
    expect(effect).toMatchObject({
      kind: 'relation',
      expect: known.relation.version,
      next: { ...next, version },
    });
    expect(result).toEqual({ id, ok: true, time: 1000 });
  });

  test.each([
    ['blocking twice', 'block', byMe],
    ['blocking twice who has asked meanwhile', 'block', { ...theirs, ...byMe }],
    ['unblocking who is not blocked', 'unblock', { state: 'friends' }],
    ['unblocking who blocks us', 'unblock', byBen],
    ['removing who is blocked', 'remove', byMe],
    ['asking twice while blocked', 'request', { ...byBen, state: 'requested', by: ana.id }],
  ] as const)('S24: %s changes nothing and is fine', (_, kind, before) => {
    expect(decide(friend(kind), facts(before))).toMatchObject({ effect: null, result: { ok: true } });
  });

  test.each([
    ['asking who is blocked', 'request', byMe, 'BLOCKED'],
    ['asking who is blocked and has asked', 'request', { ...theirs, ...byMe }, 'BLOCKED'],
    ['asking when both block', 'request', { blockedBy: [ana.id, ben.id] }, 'BLOCKED'],
    ['accepting who is blocked', 'accept', { ...theirs, ...byMe }, 'BLOCKED'],
    ['rejecting what is hidden', 'reject', { ...theirs, ...byMe }, 'NO_REQUEST'],
  ] as const)('S24: %s is refused', (_, kind, before, code) => {
    expect(decide(friend(kind), facts(before))).toMatchObject({ effect: null, result: { code } });
  });

  test.each(['block', 'unblock'] as const)('S24: nobody can %s themselves or nobody', (kind) => {
    const self: Operation = { id, kind: `friend.${kind}`, to: ana.id };
    expect(decide(self, facts()).result).toMatchObject({ code: 'SELF_TARGET' });
    expect(decide(friend(kind), facts({}, { target: undefined })).result).toMatchObject({
      code: 'UNKNOWN_USER',
    });
  });

  test('S24: nothing can be sent to who is blocked, or by them', () => {
    for (const blocked of [byMe, byBen])
      expect(decide(message(), facts(blocked)).result).toMatchObject({ code: 'NOT_FRIENDS' });
  });

  test('S24: who has blocked reads that, and who is blocked reads what they asked', () => {
    const { relation } = facts({ ...theirs, ...byMe });
    expect(standingFor(relation, ana.id)).toBe('blocked');
    expect(standingFor(relation, ben.id)).toBe('sent');
  });

  test('S24: a change is told to those only to whom it shows', () => {
    const pair = pairOf(ana.id, ben.id);
    const told = (before: Partial<Relation>, next: Partial<Relation>) =>
      membersWhoSee(pair, facts(before).relation, facts(next).relation);
    expect(told({}, byMe)).toEqual([ana.id]);
    expect(told({ state: 'friends' }, byMe)).toEqual([ana.id, ben.id]);
    expect(told(byMe, { ...theirs, ...byMe })).toEqual([ben.id]);
    expect(told({ ...theirs, ...byMe }, theirs)).toEqual([ana.id]);
  });
});

test('C2 S14: lanes are one for each conversation, friendship and receipts of a peer', () => {
  expect(laneOf(message())).toBe(`c:${ben.id}`);
  expect(laneOf(friend('accept'))).toBe(laneOf(friend('remove')));
  expect(laneOf(friend('block'))).toBe(laneOf(friend('request')));
  expect(laneOf({ id, kind: 'receipt', to: ben.id, delivered: 0, seen: 0 })).toBe(`r:${ben.id}`);
});
