import { pairOf } from '#shared/ids.ts';
import type { Operation } from '../../wire/up.ts';
import { type Facts, type Verdict, accept } from './verdict.ts';

type Receipt = Extract<Operation, { kind: 'receipt' }>;

/**
 * Raises the actor's watermarks, clamped to the last message. Harmless to repeat, so it is not remembered;
 * when nothing rises there is nothing to tell anybody.
 */
export function raiseWatermark(op: Receipt, { actor, conversation, now }: Facts): Verdict {
  const before = conversation.marks.get(actor.id) ?? { delivered: 0, seen: 0 };
  const seen = Math.max(before.seen, Math.min(op.seen, conversation.head));
  // What was seen was delivered.
  const delivered = Math.max(before.delivered, Math.min(op.delivered, conversation.head), seen);
  const rises = delivered > before.delivered || seen > before.seen;
  const verdict = accept(
    op.id,
    now,
    rises
      ? { kind: 'watermark', pair: pairOf(actor.id, op.to), user: actor.id, mark: { delivered, seen } }
      : null,
  );
  return { ...verdict, record: false };
}
