import type { Account } from '#api/store/ports.ts';
import type { Call } from '#shared/call.ts';
import { type UserId, membersOf, pairOf } from '#shared/ids.ts';
import type { Effect, Relation } from '#sync/server/ports.ts';
import { someBytes, someDeviceId, someOpId } from '../support/api-people.ts';

/** What a write makes true, between two accounts. Times of relations are 5. */
export const message = (from: Account, to: Account, length = 40): Effect => ({
  kind: 'message',
  from: from.user,
  to: to.user,
  envelope: someBytes(length),
});

export const related = (
  a: Account,
  b: Account,
  expect: number,
  state: Relation['state'],
  ...blockedBy: Account[]
): Effect => ({
  kind: 'relation',
  pair: pairOf(a.user, b.user),
  expect,
  next: {
    state,
    by: state === 'friends' || state === 'none' ? null : a.user,
    blockedBy: blockedBy.map(({ user }) => user).toSorted((x, y) => (x < y ? -1 : 1)),
    version: expect + 1,
    time: 5,
  },
});

export const mark = (reader: Account, other: Account, delivered: number, seen: number): Effect => ({
  kind: 'watermark',
  pair: pairOf(reader.user, other.user),
  user: reader.user,
  mark: { delivered, seen },
});

/** A call that rings. */
export const ringing = (caller: Account, callee: Account, overrides: Partial<Call> = {}): Call => ({
  id: someOpId(),
  caller: caller.user,
  callee: callee.user,
  media: 'voice',
  status: 'ringing',
  after: 0,
  startedAt: 1_700_000_000_000,
  answeredAt: null,
  endedAt: null,
  callerDevice: someDeviceId(),
  calleeDevice: null,
  seen: true,
  ...overrides,
});

/** Both are told, unless it says otherwise. */
export const calling = (
  next: Call,
  expect = 0,
  tell: UserId[] = membersOf(pairOf(next.caller, next.callee)),
): Effect => ({
  kind: 'call',
  pair: pairOf(next.caller, next.callee),
  expect,
  next,
  tell,
});
