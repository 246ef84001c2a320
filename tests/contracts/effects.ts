import type { Account } from '#api/store/ports.ts';
import { pairOf } from '#shared/ids.ts';
import type { Effect, Relation } from '#sync/server/ports.ts';
import { someBytes } from '../support/api-people.ts';

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
