import type { Operation } from '../../wire/up.ts';
import { changeCall } from './call.ts';
import { changeFriendship } from './friend.ts';
import { sendMessage } from './message.ts';
import { raiseWatermark } from './receipt.ts';
import type { Facts, Verdict } from './verdict.ts';

/** What becomes of an operation, given the facts. Pure. */
export function decide(op: Operation, facts: Facts): Verdict {
  switch (op.kind) {
    case 'message.send':
      return sendMessage(op, facts);
    case 'receipt':
      return raiseWatermark(op, facts);
    case 'call.start':
    case 'call.answer':
    case 'call.decline':
    case 'call.end':
    case 'call.see':
      return changeCall(op, facts);
    default:
      return changeFriendship(op, facts);
  }
}

/** Operations of one lane take effect in the order they were made. The same names at client and server. */
export function laneOf(op: Operation): string {
  return `${groupOf(op.kind)}:${op.to}`;
}

function groupOf(kind: Operation['kind']): string {
  if (kind === 'message.send') return 'c';
  if (kind === 'receipt') return 'r';
  return kind.startsWith('call.') ? 'k' : 'f';
}
