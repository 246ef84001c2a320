import type { Call } from '#shared/call.ts';
import { type UserId, membersOf } from '#shared/ids.ts';
import type { Effect, News, Relation } from './ports.ts';

/** Whoever asks and withdraws again and again is heard once in so many milliseconds. */
const ASKING_EVERY = 3_600_000;

/**
 * Who is to be woken, and for what, when `by` has made `effect` true and the logs of `touched` grew. `before` is how the
 * two stood, where that has changed.
 */
export function newsOf(
  effect: Effect,
  by: UserId,
  touched: readonly UserId[],
  before?: Relation,
): { readonly user: UserId; readonly news: News } | undefined {
  switch (effect.kind) {
    case 'message':
      return { user: effect.to, news: { kind: 'message' } };
    case 'relation': {
      const { next } = effect;
      if (next.state !== 'requested' || next.by !== by) return undefined;
      if (before !== undefined && next.time - before.time < ASKING_EVERY) return undefined;
      // It does not show to who has blocked the one who asks.
      const asked = membersOf(effect.pair).find((user) => user !== by && touched.includes(user));
      return asked && { user: asked, news: { kind: 'request' } };
    }
    case 'call': {
      const state = stateOf(effect.next);
      return state && { user: effect.next.callee, news: { kind: 'call', state } };
    }
    case 'watermark':
      return undefined;
  }
}

/** Undefined when a talk ends, and when the callee has looked at what they missed. */
function stateOf({ status, seen, answeredAt }: Call): Extract<News, { kind: 'call' }>['state'] | undefined {
  switch (status) {
    case 'ringing':
      return 'rings';
    case 'in_progress':
    case 'declined':
      return 'over';
    case 'missed':
    case 'busy':
      return seen ? undefined : 'missed';
    case 'failed':
      return answeredAt === null ? 'over' : undefined;
    case 'completed':
      return undefined;
  }
}
