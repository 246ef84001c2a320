import { equalBytes } from '#shared/bytes.ts';
import { type Identity, importIdentity } from '#shared/crypto/identity.ts';
import { type Keyring, openKeyring, sealKeyring } from '#shared/crypto/keyring.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes, UserId } from '#shared/ids.ts';
import { joinKeyrings } from './join-keyrings.ts';
import type { DeviceKeys } from './keychain.ts';

type Identities = DeviceKeys['identities'];

/** The identities in a keyring, for use on this device. Throws a Failure (KEYRING_DAMAGED). */
export async function openIdentities(account: CryptoKey, self: UserId, keyring: Bytes): Promise<Identities> {
  const { content } = await openContent(account, self, keyring);
  try {
    return await importAll(content);
  } finally {
    wipe(content);
  }
}

/**
 * Two keyrings of an account, joined: what is kept here and what came. The sealed one has the revision of what came and
 * is that very one when nothing is missing in it. Throws a Failure (KEYRING_DAMAGED).
 */
export async function joinSealed(
  account: CryptoKey,
  self: UserId,
  kept: Bytes | undefined,
  came: Bytes,
): Promise<{ readonly sealed: Bytes; readonly identities: Identities }> {
  const { content: next, revision } = await openContent(account, self, came);
  const own = kept && (await openContent(account, self, kept)).content;
  try {
    const joined = own === undefined ? next : joinKeyrings(own, next);
    const sealed =
      joined === next ? came : await sealKeyring(account, { userId: self, revision, keyring: joined });
    return { sealed, identities: await importAll(joined) };
  } finally {
    wipe(next);
    if (own !== undefined) wipe(own);
  }
}

/** `identities`, and behind them what else is `held`: a private key is never let go. */
export function withHeld(identities: Identities, held: readonly Identity[]): Identities {
  const others = held.filter(
    ({ agreementPublic }) => !identities.some((one) => equalBytes(one.agreementPublic, agreementPublic)),
  );
  return [...identities, ...others];
}

async function openContent(
  account: CryptoKey,
  self: UserId,
  keyring: Bytes,
): Promise<{ content: Keyring; revision: number }> {
  const opened = await openKeyring(account, self, keyring);
  if (!opened.ok) throw new Failure(opened.error);
  return { content: opened.value.keyring, revision: opened.value.revision };
}

async function importAll({ identities: secrets }: Keyring): Promise<Identities> {
  try {
    const [newest, ...older] = await Promise.all(secrets.map((secret) => importIdentity(secret)));
    if (newest === undefined) throw new Failure('KEYRING_DAMAGED', 'identities');
    return [newest, ...older];
  } catch (error) {
    throw error instanceof Failure ? error : new Failure('KEYRING_DAMAGED', 'identity', error);
  }
}

function wipe({ identities }: Keyring): void {
  for (const { signing, agreement } of identities) {
    signing.fill(0);
    agreement.fill(0);
  }
}
