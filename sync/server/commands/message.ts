import { equalBytes } from '#shared/bytes.ts';
import { ENVELOPE_TYPE, parseEnvelope } from '#shared/schema/envelope.ts';
import type { Operation } from '../../wire/up.ts';
import { type Facts, type Verdict, accept, refuse } from './verdict.ts';

type SendMessage = Extract<Operation, { kind: 'message.send' }>;

/**
 * Friends only. The envelope's readable header must say what the connection says; its content stays closed.
 * An envelope to an outdated key is not an end: the answer carries the present bundle, and the client seals again
 * under the same id, so this answer is not remembered.
 */
export function sendMessage(op: SendMessage, { actor, target, relation, now }: Facts): Verdict {
  if (!target) return refuse(op.id, 'UNKNOWN_USER');
  if (relation.state !== 'friends') return refuse(op.id, 'NOT_FRIENDS');

  const parsed = parseEnvelope(op.envelope);
  if (!parsed.ok) return refuse(op.id, 'ENVELOPE_INVALID');
  const header = parsed.value;
  const belongs =
    header.type === ENVELOPE_TYPE.message &&
    header.from === actor.id &&
    header.to === target.id &&
    header.id === op.id;
  if (!belongs) return refuse(op.id, 'ENVELOPE_INVALID');
  if (!equalBytes(header.toKeyId, target.keyId)) {
    return {
      result: { id: op.id, ok: false, code: 'STALE_KEY', bundle: target.bundle },
      effect: null,
      record: false,
    };
  }
  return accept(op.id, now, { kind: 'message', from: actor.id, to: target.id, envelope: op.envelope });
}
