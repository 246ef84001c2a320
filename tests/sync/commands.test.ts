import { describe, expect, test } from 'vitest';
import type { OpId, UserId } from '#shared/ids.ts';
import { decide, laneOf } from '#sync/server/commands/decide.ts';
import type { Facts } from '#sync/server/commands/verdict.ts';
import type { Relation } from '#sync/server/ports.ts';
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
    relation: { state: 'none', by: null, version: 0, time: 0, ...relation },
    conversation: { head: 0, marks: new Map() },
    openRequests: 0,
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
const friend = (kind: 'request' | 'accept' | 'reject' | 'remove'): Operation => ({
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

test('C2 S14: lanes are one for each conversation, friendship and receipts of a peer', () => {
  expect(laneOf(message())).toBe(`c:${ben.id}`);
  expect(laneOf(friend('accept'))).toBe(laneOf(friend('remove')));
  expect(laneOf({ id, kind: 'receipt', to: ben.id, delivered: 0, seen: 0 })).toBe(`r:${ben.id}`);
});
