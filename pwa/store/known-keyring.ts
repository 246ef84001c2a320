import { type Pin, mergePins, readPins, writePins } from '#shared/crypto/pins.ts';
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
  return openKnownKeyring(keychain, (await readMeta(db, 'keyring'))?.sealed);
}

export async function openKnownKeyring(keychain: Keychain, sealed: Bytes | undefined): Promise<KnownKeyring> {
  if (sealed === undefined) return { revision: 0, epoch: null, pins: {} };
  return decodeKnownKeyring(await keychain.open('meta', 'keyring', sealed));
}

export function sealKnownKeyring(keychain: Keychain, content: KnownKeyring): Promise<Bytes> {
  return keychain.seal('meta', 'keyring', encodeKnownKeyring(content));
}

type Written = KnownKeyring['pins'];

/** The pins of two keyrings: the later decision about each contact. */
export function joinWritten(known: Written, came: Written): Written {
  return writePins({ ...known, ...came }, mergePins(readPins(known), readPins(came)));
}

/** Who our other devices took people to be that this one meets for the first time. */
export async function pinsOfStrangers(context: Pick<Context, 'db' | 'keychain'>): Promise<Map<UserId, Pin>> {
  return readPins((await knownKeyring(context)).pins);
}
