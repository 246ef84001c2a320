import { type UserId, membersOf, pairOf } from '#shared/ids.ts';
import type { Operation } from '../../wire/up.ts';
import type { Effect, Relation } from '../ports.ts';
import { type Facts, type Verdict, accept, refuse } from './verdict.ts';

type FriendOperation = Extract<Operation, { kind: `friend.${string}` }>;

/** Requests of one person that may wait for an answer at the same time. */
export const MAX_OPEN_REQUESTS = 100;

/**
 * none → requested → friends | rejected; friends → none. Two requests that cross make friends. Blocking ends a friendship
 * or request; what the blocked one asks then is kept, and hidden from who blocked until they unblock.
 */
export function changeFriendship(op: FriendOperation, facts: Facts): Verdict {
  const { actor, target, relation, now } = facts;
  if (op.to === actor.id) return refuse(op.id, 'SELF_TARGET');
  if (!target) return refuse(op.id, 'UNKNOWN_USER');

  const become = (state: Relation['state']): Verdict => accept(op.id, now, changeTo(state, op, facts));
  const stay = accept(op.id, now, null);
  const blocks = relation.blockedBy.includes(actor.id);
  const theirs = relation.state === 'requested' && relation.by === target.id && !blocks;
  const mine = relation.state === 'requested' && relation.by === actor.id;

  switch (op.kind) {
    case 'friend.request':
      if (blocks) return refuse(op.id, 'BLOCKED');
      if (relation.state === 'friends') return refuse(op.id, 'ALREADY_FRIENDS');
      if (mine) return stay;
      if (theirs) return become('friends');
      if (facts.openRequests >= MAX_OPEN_REQUESTS) return refuse(op.id, 'REQUEST_LIMIT');
      return become('requested');
    case 'friend.accept':
      if (blocks) return refuse(op.id, 'BLOCKED');
      if (relation.state === 'friends') return stay;
      return theirs ? become('friends') : refuse(op.id, 'NO_REQUEST');
    case 'friend.reject':
      return theirs ? become('rejected') : refuse(op.id, 'NO_REQUEST');
    case 'friend.remove':
      // Also takes back a request of one's own. Removing what is not there is already done.
      return relation.state === 'friends' || mine ? become('none') : stay;
    case 'friend.block':
      return blocks ? stay : accept(op.id, now, withBlock(true, facts, target.id));
    case 'friend.unblock':
      return blocks ? accept(op.id, now, withBlock(false, facts, target.id)) : stay;
  }
}

function changeTo(state: Relation['state'], op: FriendOperation, facts: Facts): Effect {
  const { actor, relation, now } = facts;
  const by = state === 'requested' ? actor.id : state === 'rejected' ? relation.by : null;
  return replace(facts, op.to, { state, by, time: now });
}

/** A request that was refused stays so: the blocked one must not see that anything happened. */
function withBlock(blocks: boolean, facts: Facts, peer: UserId): Effect {
  const { actor, relation, now } = facts;
  const ends = blocks && (relation.state === 'friends' || relation.state === 'requested');
  const blockedBy = membersOf(pairOf(actor.id, peer)).filter((user) =>
    user === actor.id ? blocks : relation.blockedBy.includes(user),
  );
  return replace(facts, peer, { ...(ends && { state: 'none', by: null, time: now }), blockedBy });
}

function replace({ actor, relation }: Facts, peer: UserId, change: Partial<Relation>): Effect {
  const next = { ...relation, ...change, version: relation.version + 1 };
  return { kind: 'relation', pair: pairOf(actor.id, peer), expect: relation.version, next };
}
