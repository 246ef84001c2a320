import { createAccountKey, holdAccountKey } from '#shared/crypto/account.ts';
import { sealCopy } from '#shared/crypto/device-lock.ts';
import { type Identity, exportIdentity, importIdentity } from '#shared/crypto/identity.ts';
import { sealKeyring } from '#shared/crypto/keyring.ts';
import type { Bytes, UserId } from '#shared/ids.ts';
import type { NewUser } from '#pwa/store/sign-in.ts';

/** Somebody who signs in, with keys as a sign-in makes them of identities that can be read. */
export async function newUser(
  userId: UserId,
  identities: readonly [Identity, ...Identity[]],
  secret = createAccountKey(),
): Promise<NewUser> {
  const accountKey = await holdAccountKey(secret);
  const [newest, ...older] = identities;
  return {
    userId,
    username: 'casey',
    identities: [await held(newest), ...(await Promise.all(older.map(held)))],
    accountKey,
    copies: {
      account: await sealCopy(accountKey, userId, 'account', secret),
      keyring: await keyringOf(accountKey, userId, identities),
    },
  };
}

export async function keyringOf(
  accountKey: CryptoKey,
  userId: UserId,
  identities: readonly Identity[],
  revision = 1,
  pins: Record<string, unknown> = {},
): Promise<Bytes> {
  const secrets = await Promise.all(identities.map(exportIdentity));
  const keyring = {
    identities: secrets.map((keys, index) => ({ epoch: identities.length - index, ...keys })),
    pins,
  };
  return sealKeyring(accountKey, { userId, revision, keyring });
}

const held = async (identity: Identity) => importIdentity(await exportIdentity(identity));
