import { importIdentity } from '#shared/crypto/identity.ts';
import { openKeyring } from '#shared/crypto/keyring.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes, UserId } from '#shared/ids.ts';
import type { DeviceKeys } from './keychain.ts';

/** The identities in a keyring, for use on this device. Throws a Failure (KEYRING_DAMAGED). */
export async function openIdentities(
  account: CryptoKey,
  self: UserId,
  keyring: Bytes,
): Promise<DeviceKeys['identities']> {
  const opened = await openKeyring(account, self, keyring);
  if (!opened.ok) throw new Failure(opened.error);
  const secrets = opened.value.keyring.identities;
  try {
    const [newest, ...older] = await Promise.all(secrets.map((secret) => importIdentity(secret)));
    if (newest === undefined) throw new Failure('KEYRING_DAMAGED', 'identities');
    return [newest, ...older];
  } catch (error) {
    throw error instanceof Failure ? error : new Failure('KEYRING_DAMAGED', 'identity', error);
  } finally {
    for (const { signing, agreement } of secrets) {
      signing.fill(0);
      agreement.fill(0);
    }
  }
}
