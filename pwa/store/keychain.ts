import type { OpenError, Opened, PairRoot } from '#shared/crypto/envelope.ts';
import type { Identity } from '#shared/crypto/identity.ts';
import { openRecord, sealRecord } from '#shared/crypto/vault.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes, UserId } from '#shared/ids.ts';
import type { Result } from '#shared/result.ts';
import type { Database } from './database.ts';
import type { Envelopes, Incoming, Outgoing } from './envelopes.ts';
import { RACED, isSameRecord, untilCommitted } from './failures.ts';
import type { KeyRow, LockRow } from './rows.ts';

/** Tables with sealed content; the vault binds each record to its table and primary key. */
export type SealedTable =
  | 'meta'
  | 'contacts'
  | 'conversations'
  | 'messages'
  | 'drafts'
  | 'foreign'
  | 'chains'
  | 'calls';

/** The keys of the signed-in user. Not one of them can be read out. */
export interface DeviceKeys {
  readonly vault: CryptoKey;
  /** Derives further keys of the account; see shared/crypto/account.ts. */
  readonly account: CryptoKey;
  /** Newest first. */
  readonly identities: readonly [Identity, ...Identity[]];
}

/** The keys at work. */
export interface Keychain {
  /** As they are now: what a tab needs that has none. */
  readonly keys: DeviceKeys;
  readonly account: CryptoKey;
  readonly identities: DeviceKeys['identities'];
  /**
   * Joins the identities of another keyring of the account with ours, here and in the database. `beside` is run inside
   * the same transaction (of keys and meta); false from it and from here: nothing was changed. Throws a Failure
   * (KEYRING_DAMAGED) and changes nothing when it can't be opened.
   */
  adopt(keyring: Bytes, beside?: () => Promise<boolean>): Promise<boolean>;
  /** The keyring as this device keeps it, sealed: everything that was adopted. Undefined on a device without copies. */
  keyring(): Promise<Bytes | undefined>;
  seal(table: SealedTable, primaryKey: string, content: Bytes): Promise<Bytes>;
  /** Throws a Failure (UNREADABLE) when the record was not sealed here for this place. */
  open(table: SealedTable, primaryKey: string, record: Bytes): Promise<Bytes>;
  /** One root for each pair of an own key and a bundle (verified before) of the peer, newest pair first. */
  roots(peer: UserId, bundles: readonly Bytes[]): Promise<readonly PairRoot[]>;
  sealMessage(root: PairRoot, message: Outgoing): Promise<Bytes>;
  openMessage(trusted: readonly PairRoot[], message: Incoming): Promise<Result<Opened, OpenError>>;
}

/**
 * What is stored of keys and lock, in one look. `stored` is undefined without a complete set of keys: nobody is signed
 * in, erasing has begun, or there is a lock.
 */
export async function loadKeys(
  db: Database,
): Promise<{ readonly stored: DeviceKeys | undefined; readonly lock: LockRow | null }> {
  const [vault, account, own, locked] = await db.keys.bulkGet(['vault', 'account', 'identities', 'lock']);
  const lock = locked?.name === 'lock' ? locked : null;
  if (vault?.name !== 'vault' || account?.name !== 'account' || own?.name !== 'identities')
    return { stored: undefined, lock };
  const [newest, ...older] = own.identities;
  if (newest === undefined) return { stored: undefined, lock };
  return { stored: { vault: vault.key, account: account.key, identities: [newest, ...older] }, lock };
}

/** The rows of keys that are not locked. */
export const keyRows = ({ vault, account, identities }: DeviceKeys): KeyRow[] => [
  { name: 'vault', key: vault },
  { name: 'account', key: account },
  { name: 'identities', identities },
];

export function createKeychain(
  db: Database,
  self: UserId,
  { vault, account, identities: held }: DeviceKeys,
): Keychain {
  let identities = held;
  let envelopes: Promise<Envelopes> | null = null;

  function forMessages(): Promise<Envelopes> {
    envelopes ??= import('./after-open.ts').then(
      ({ createEnvelopes }) => createEnvelopes(self),
      (error: unknown) => {
        envelopes = null;
        throw error;
      },
    );
    return envelopes;
  }

  async function keptKeyring(): Promise<Bytes | undefined> {
    const row = await db.keys.get('copies');
    return row?.name === 'copies' ? row.keyring : undefined;
  }

  return {
    account,
    get identities() {
      return identities;
    },
    get keys() {
      return { vault, account, identities };
    },
    async adopt(keyring, beside = async () => true) {
      const { joinSealed, withHeld } = await import('./identities.ts');
      return untilCommitted(async () => {
        const kept = await keptKeyring();
        const joined = await joinSealed(account, self, kept, keyring);
        let next = withHeld(joined.identities, identities);
        const isStored = await db.transaction('rw', [db.keys, db.meta], async () => {
          const [copies, stored] = await db.keys.bulkGet(['copies', 'identities']);
          const now = copies?.name === 'copies' ? copies : undefined;
          if (!isSameRecord(kept, now?.keyring)) return RACED;
          if (!(await beside())) return false;
          if (now !== undefined) await db.keys.put({ ...now, keyring: joined.sealed });
          // With a lock they are nowhere but in the copies.
          if (stored?.name === 'identities') {
            next = withHeld(next, stored.identities);
            await db.keys.put({ name: 'identities', identities: next });
          }
          return true;
        });
        if (isStored === true) identities = next;
        return isStored;
      });
    },
    keyring: keptKeyring,
    seal: (table, primaryKey, content) => sealRecord(vault, table, primaryKey, content),
    async open(table, primaryKey, record) {
      const opened = await openRecord(vault, table, primaryKey, record);
      if (!opened.ok) throw new Failure(opened.error, table);
      return opened.value;
    },
    roots: async (peer, bundles) => (await forMessages()).roots(identities, peer, bundles),
    sealMessage: async (root, message) => (await forMessages()).sealMessage(root, message),
    openMessage: async (trusted, message) => (await forMessages()).openMessage(trusted, message),
  };
}
