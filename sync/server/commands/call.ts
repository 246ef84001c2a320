import { type Call, type CallStep, advanceCall, isLive } from '#shared/call.ts';
import { membersOf, pairOf } from '#shared/ids.ts';
import type { Operation } from '../../wire/up.ts';
import type { Effect, StoredCall } from '../ports.ts';
import { type Facts, type Verdict, accept, refuse } from './verdict.ts';

type CallOperation = Extract<Operation, { kind: `call.${string}` }>;
type StartCall = Extract<Operation, { kind: 'call.start' }>;

/**
 * Steps of a call. What is over stays as it was: who declines or ends it then is told that it is done, and who answers
 * that they came too late.
 */
export function changeCall(op: CallOperation, facts: Facts): Verdict {
  const { actor, target } = facts;
  if (op.to === actor.id) return refuse(op.id, 'SELF_TARGET');
  if (!target) return refuse(op.id, 'UNKNOWN_USER');
  if (op.kind === 'call.start') return startCall(op, facts);

  const { call, now } = facts;
  if (!call) return refuse(op.id, 'CALL_UNKNOWN');
  if (op.kind !== 'call.end' && call.callee !== actor.id) return refuse(op.id, 'CALL_UNKNOWN');
  const by = actor.id;
  switch (op.kind) {
    case 'call.answer':
      if (!isLive(call)) return refuse(op.id, 'CALL_OVER');
      if (call.status === 'in_progress')
        return call.calleeDevice === op.device ? accept(op.id, now, null) : refuse(op.id, 'CALL_TAKEN');
      if (facts.relation.state !== 'friends') return refuse(op.id, 'NOT_FRIENDS');
      return take(call, { kind: 'answer', by, device: op.device });
    case 'call.decline':
      return take(call, { kind: 'decline', by });
    case 'call.end':
      return take(call, { kind: 'end', by, reason: op.reason });
    case 'call.see':
      return take(call, { kind: 'see', by });
  }

  function take(from: StoredCall, step: CallStep): Verdict {
    return accept(op.id, now, stepEffect(from, step, now));
  }
}

/**
 * One call at a time for everybody. Two who call each other at once are in one call: the start that comes second is the
 * answer to the first.
 */
function startCall(op: StartCall, { actor, relation, call, live, now }: Facts): Verdict {
  // Theirs: one of our own was answered before we came here.
  if (call) return refuse(op.id, 'ID_REUSED');
  if (relation.state !== 'friends') return refuse(op.id, 'NOT_FRIENDS');
  const theirs = live.mine.find(({ caller, status }) => caller === op.to && status === 'ringing');
  if (live.mine.some((other) => other !== theirs)) return refuse(op.id, 'IN_CALL');
  if (theirs) {
    const step: CallStep = { kind: 'answer', by: actor.id, device: op.device };
    return accept(op.id, now, stepEffect(theirs, step, now));
  }
  const busy = live.theirs.length > 0;
  const next: Call = {
    id: op.id,
    caller: actor.id,
    callee: op.to,
    media: op.media,
    status: busy ? 'busy' : 'ringing',
    after: 0,
    startedAt: now,
    answeredAt: null,
    endedAt: busy ? now : null,
    callerDevice: op.device,
    calleeDevice: null,
    // What rings is no news yet.
    seen: !busy,
  };
  const pair = pairOf(actor.id, op.to);
  return accept(op.id, now, { kind: 'call', pair, expect: 0, next, tell: membersOf(pair) });
}

/** What a step makes true; null when it can't be taken (any more). */
export function stepEffect(call: StoredCall, step: CallStep, now: number): Effect | null {
  const { version, keptAt: _keptAt, ...before } = call;
  const next = advanceCall(before, step, now);
  if (!next) return null;
  const pair = pairOf(next.caller, next.callee);
  const tell = step.kind === 'see' ? [next.callee] : membersOf(pair);
  return { kind: 'call', pair, expect: version, next, tell };
}
