import {
  type OpenError,
  type Opened,
  type PairRoot,
  openEnvelope,
  sealEnvelope,
} from '#shared/crypto/envelope.ts';
import type { Bytes, OpId, UserId } from '#shared/ids.ts';
import type { Result } from '#shared/result.ts';
import { ENVELOPE_TYPE } from '#shared/schema/envelope.ts';

/** How messages are sealed and opened: what a keychain loads when there are some. */

export { derivePairRoot } from '#shared/crypto/envelope.ts';

export interface Outgoing {
  readonly id: OpId;
  /** Milliseconds since 1970, by this device's clock. */
  readonly time: number;
  readonly payload: Bytes;
}

export interface Incoming {
  readonly id: OpId;
  readonly from: UserId;
  readonly to: UserId;
  readonly envelope: Bytes;
}

export function sealMessage(root: PairRoot, { id, time, payload }: Outgoing): Promise<Bytes> {
  return sealEnvelope({ root, type: ENVELOPE_TYPE.message, id, time, payload });
}

export function openMessage(
  trusted: readonly PairRoot[],
  { id, from, to, envelope }: Incoming,
): Promise<Result<Opened, OpenError>> {
  return openEnvelope({ envelope, from, to, id, trusted });
}
