import type { Models } from '../../models/models.ts';
import { isConnected } from '../../models/status.ts';
import { say } from '../strings.ts';
import { sayCalls } from '../strings/calls.ts';

interface Callee {
  readonly name: string;
  readonly canWrite: boolean;
  readonly blocked: boolean;
  readonly trust: string;
}

/** Why this person can't be called at the moment, in words; null when they can. */
export function whyNot({ calls, status }: Models, { name, canWrite, blocked, trust }: Callee): string | null {
  const { why } = sayCalls;
  if (blocked) return why.blocked(name);
  if (!canWrite) return why.closed(name);
  if (!calls.can.value.call) return say.error('CALL_UNSUPPORTED');
  if (trust === 'changed' || trust === 'changed-verified') return why.changed(name);
  if (calls.isInCall.value) return why.inCall;
  if (calls.elsewhere.value !== null) return why.elsewhere;
  return isConnected(status.link.value) ? null : why.offline;
}
