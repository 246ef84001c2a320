import type { Bytes, OpId, UserId } from '#shared/ids.ts';
import {
  ENVELOPE_AT,
  ENVELOPE_TYPE,
  type EnvelopeHeader,
  SUITE_1,
  writeHeader,
} from '#shared/schema/envelope.ts';

/** An envelope with a readable header and no real content: for those who may not look inside anyway. */
export function makeEnvelope(header: Partial<EnvelopeHeader> = {}): Bytes {
  const envelope = new Uint8Array(ENVELOPE_AT.sealed + 272);
  writeHeader(envelope, {
    suite: SUITE_1,
    type: ENVELOPE_TYPE.message,
    from: 'A'.repeat(22) as UserId,
    to: 'B'.repeat(22) as UserId,
    conv: new Uint8Array(16),
    id: '0190b3c5-7d5e-7abc-8def-0123456789ab' as OpId,
    fromKeyId: new Uint8Array(16),
    toKeyId: new Uint8Array(16),
    time: 0,
    salt: new Uint8Array(32),
    ...header,
  });
  return envelope;
}
