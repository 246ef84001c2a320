import { toBase64url } from '#shared/bytes.ts';
import {
  type Opened,
  type OpenError,
  type PairRoot,
  derivePairRoot,
  openEnvelope,
  sealEnvelope,
} from '#shared/crypto/envelope.ts';
import type { Identity } from '#shared/crypto/identity.ts';
import { openRecord, sealRecord } from '#shared/crypto/vault.ts';
import { parseBundle } from '#shared/crypto/verify.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes, OpId, UserId } from '#shared/ids.ts';
import type { Result } from '#shared/result.ts';
import { ENVELOPE_TYPE } from '#shared/schema/envelope.ts';
import type { Database } from './database.ts';

/** Tables with sealed content; the vault binds each record to its table and primary key. */
export type SealedTable = 'meta' | 'contacts' | 'conversations' | 'messages' | 'drafts' | 'foreign';

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

/** The keys of the signed-in user at work. Not one of them can be read out. */
export interface Keychain {
  /** Derives further keys of the account; see shared/crypto/account.ts. */
  readonly account: CryptoKey;
  /** Newest first. */
  readonly identities: readonly [Identity, ...Identity[]];
  seal(table: SealedTable, primaryKey: string, content: Bytes): Promise<Bytes>;
  /** Throws a Failure (UNREADABLE) when the record was not sealed here for this place. */
  open(table: SealedTable, primaryKey: string, record: Bytes): Promise<Bytes>;
  /** One root for each pair of an own key and a bundle (verified before) of the peer, newest pair first. */
  roots(peer: UserId, bundles: readonly Bytes[]): Promise<readonly PairRoot[]>;
  sealMessage(root: PairRoot, message: Outgoing): Promise<Bytes>;
  openMessage(trusted: readonly PairRoot[], message: Incoming): Promise<Result<Opened, OpenError>>;
}

/** Undefined when the database holds no complete set of keys: nobody is signed in, or erasing has begun. */
export async function loadKeychain(db: Database, self: UserId): Promise<Keychain | undefined> {
  const [vault, account, own] = await db.keys.bulkGet(['vault', 'account', 'identities']);
  if (vault?.name !== 'vault' || account?.name !== 'account' || own?.name !== 'identities') return undefined;
  const [newest, ...older] = own.identities;
  if (newest === undefined) return undefined;
  return createKeychain(self, vault.key, account.key, [newest, ...older]);
}

function createKeychain(
  self: UserId,
  vault: CryptoKey,
  account: CryptoKey,
  identities: readonly [Identity, ...Identity[]],
): Keychain {
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
    account,
    identities,
    seal: (table, primaryKey, content) => sealRecord(vault, table, primaryKey, content),
    async open(table, primaryKey, record) {
      const opened = await openRecord(vault, table, primaryKey, record);
      if (!opened.ok) throw new Failure(opened.error, table);
      return opened.value;
    },
    roots(peer, bundles) {
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
