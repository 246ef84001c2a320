import { type Pin, readPins } from '#shared/crypto/pins.ts';
import type { Bytes, UserId } from '#shared/ids.ts';
import { type KnownKeyring, decodeKnownKeyring, encodeKnownKeyring } from './contents.ts';
import type { Context } from './context.ts';
import type { Keychain } from './keychain.ts';
import { readMeta } from './meta.ts';

/** What this device took from the account's keyring last; revision 0 before anything. */
export async function knownKeyring({
  db,
  keychain,
}: Pick<Context, 'db' | 'keychain'>): Promise<KnownKeyring> {
  const row = await readMeta(db, 'keyring');
  if (row === undefined) return { revision: 0, pins: {} };
  return decodeKnownKeyring(await keychain.open('meta', 'keyring', row.sealed));
}

export function sealKnownKeyring(keychain: Keychain, content: KnownKeyring): Promise<Bytes> {
  return keychain.seal('meta', 'keyring', encodeKnownKeyring(content));
}

/** Who our other devices took people to be that this one meets for the first time. */
export async function pinsOfStrangers(context: Pick<Context, 'db' | 'keychain'>): Promise<Map<UserId, Pin>> {
  return readPins((await knownKeyring(context)).pins);
}
