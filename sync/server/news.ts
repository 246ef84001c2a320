import { type Call, isLive } from '#shared/call.ts';
import { type UserId, membersOf } from '#shared/ids.ts';
import type { Effect, News } from './ports.ts';

/** Who is to be woken, and for what, when `by` has made `effect` true and the logs of `touched` grew. */
export function newsOf(
  effect: Effect,
  by: UserId,
  touched: readonly UserId[],
): { readonly user: UserId; readonly news: News } | undefined {
  switch (effect.kind) {
    case 'message':
      return { user: effect.to, news: { kind: 'message' } };
    case 'relation': {
      if (effect.next.state !== 'requested' || effect.next.by !== by) return undefined;
      // It does not show to who has blocked the one who asks.
      const asked = membersOf(effect.pair).find((user) => user !== by && touched.includes(user));
      return asked && { user: asked, news: { kind: 'request' } };
    }
    case 'call':
      if (!startsOrStopsRinging(effect.next)) return undefined;
      return { user: effect.next.callee, news: { kind: 'call', missed: !effect.next.seen } };
    case 'watermark':
      return undefined;
  }
}

/** Not when a talk ends, and not when the callee has looked at what they missed. */
function startsOrStopsRinging(call: Call): boolean {
  const looked = call.seen && (call.status === 'missed' || call.status === 'busy');
  return isLive(call) || (call.answeredAt === null && !looked);
}
