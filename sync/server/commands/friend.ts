import { pairOf } from '#shared/ids.ts';
import type { Operation } from '../../wire/up.ts';
import type { Effect, Relation } from '../ports.ts';
import { type Facts, type Verdict, accept, refuse } from './verdict.ts';

type FriendOperation = Extract<Operation, { kind: `friend.${string}` }>;

/** Requests of one person that may wait for an answer at the same time. */
export const MAX_OPEN_REQUESTS = 100;

/** none → requested → friends | rejected; friends → none. Two requests that cross make friends. */
export function changeFriendship(op: FriendOperation, facts: Facts): Verdict {
  const { actor, target, relation, now } = facts;
  if (op.to === actor.id) return refuse(op.id, 'SELF_TARGET');
  if (!target) return refuse(op.id, 'UNKNOWN_USER');

  const become = (state: Relation['state']): Verdict => accept(op.id, now, changeTo(state, op, facts));
  const stay = accept(op.id, now, null);
  const theirs = relation.state === 'requested' && relation.by === target.id;
  const mine = relation.state === 'requested' && relation.by === actor.id;

  switch (op.kind) {
    case 'friend.request':
      if (relation.state === 'friends') return refuse(op.id, 'ALREADY_FRIENDS');
      if (mine) return stay;
      if (theirs) return become('friends');
      if (facts.openRequests >= MAX_OPEN_REQUESTS) return refuse(op.id, 'REQUEST_LIMIT');
      return become('requested');
    case 'friend.accept':
      if (relation.state === 'friends') return stay;
      return theirs ? become('friends') : refuse(op.id, 'NO_REQUEST');
    case 'friend.reject':
      return theirs ? become('rejected') : refuse(op.id, 'NO_REQUEST');
    case 'friend.remove':
      // Also takes back a request of one's own. Removing what is not there is already done.
      return relation.state === 'friends' || mine ? become('none') : stay;
  }
}

function changeTo(state: Relation['state'], op: FriendOperation, { actor, relation, now }: Facts): Effect {
  const asked = state === 'requested' ? actor.id : state === 'rejected' ? relation.by : null;
  return {
    kind: 'relation',
    pair: pairOf(actor.id, op.to),
    expect: relation.version,
    next: { state, by: asked, version: relation.version + 1, time: now },
  };
}
