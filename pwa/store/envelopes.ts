import { toBase64url } from '#shared/bytes.ts';
import {
  type OpenError,
  type Opened,
  type PairRoot,
  derivePairRoot,
  openEnvelope,
  sealEnvelope,
} from '#shared/crypto/envelope.ts';
import type { Identity } from '#shared/crypto/identity.ts';
import { parseBundle } from '#shared/crypto/verify.ts';
import type { Bytes, OpId, UserId } from '#shared/ids.ts';
import type { Result } from '#shared/result.ts';
import { ENVELOPE_TYPE } from '#shared/schema/envelope.ts';

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

/** What the keychain does for messages on their way, as opposed to records on this device. */
export interface Envelopes {
  roots(
    identities: readonly Identity[],
    peer: UserId,
    bundles: readonly Bytes[],
  ): Promise<readonly PairRoot[]>;
  sealMessage(root: PairRoot, message: Outgoing): Promise<Bytes>;
  openMessage(trusted: readonly PairRoot[], message: Incoming): Promise<Result<Opened, OpenError>>;
}

/** Loaded when there is something to send or to read: no first screen waits for it. */
export function createEnvelopes(self: UserId): Envelopes {
  // An ECDH each, and needed for every message.
  const rootByKeys = new Map<string, Promise<PairRoot>>();

  function rootOf(identity: Identity, peer: UserId, agreement: Bytes): Promise<PairRoot> {
    const name = `${peer} ${toBase64url(agreement)} ${toBase64url(identity.agreementPublic)}`;
    const known = rootByKeys.get(name);
    if (known !== undefined) return known;
    const own = { userId: self, publicKey: identity.agreementPublic };
    const root = derivePairRoot(identity.agreement, own, { userId: peer, publicKey: agreement });
    rootByKeys.set(name, root);
    return root;
  }

  return {
    roots(identities, peer, bundles) {
      const agreements = bundles.flatMap((bundle) => {
        const parsed = parseBundle(bundle);
        return parsed.ok ? [parsed.value.agreement] : [];
      });
      return Promise.all(
        identities.flatMap((identity) => agreements.map((agreement) => rootOf(identity, peer, agreement))),
      );
    },
    sealMessage: (root, { id, time, payload }) =>
      sealEnvelope({ root, type: ENVELOPE_TYPE.message, id, time, payload }),
    openMessage: (trusted, { id, from, to, envelope }) => openEnvelope({ envelope, from, to, id, trusted }),
  };
}
