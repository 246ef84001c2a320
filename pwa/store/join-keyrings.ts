import { equalBytes } from '#shared/bytes.ts';
import type { Keyring } from '#shared/crypto/keyring.ts';
import { mergePins, readPins, writePins } from '#shared/crypto/pins.ts';
import { isSamePin } from '#shared/crypto/same-pin.ts';

type Identity = Keyring['identities'][number];

/**
 * What is known here and what came, joined: no private key and no decision about a contact is lost, whatever a server
 * has forgotten. `came` itself when nothing is missing in it. Both with identities newest first.
 */
export function joinKeyrings(kept: Keyring, came: Keyring): Keyring {
  if (!lacks(came, kept)) return came;
  const pins = mergePins(readPins(kept.pins), readPins(came.pins));
  return {
    ...kept,
    ...came,
    identities: joinIdentities(kept.identities, came.identities),
    pins: writePins({ ...kept.pins, ...came.pins }, pins),
  };
}

/** Whether something that is in `other` is missing in `keyring`, or was decided earlier there. */
export function lacks(keyring: Keyring, other: Keyring): boolean {
  if (other.identities.some((one) => !isIn(keyring.identities, one))) return true;
  if (Object.keys(other.pins).some((user) => !Object.hasOwn(keyring.pins, user))) return true;
  const own = readPins(keyring.pins);
  return [...mergePins(own, readPins(other.pins))].some(([user, pin]) => !isSamePin(own.get(user), pin));
}

function joinIdentities(kept: readonly Identity[], came: readonly Identity[]): Identity[] {
  const missing = kept.filter((one) => !isIn(came, one));
  const [ours, theirs] = [kept[0], came[0]];
  const leads = ours !== undefined && missing.includes(ours) && ours.epoch >= (theirs?.epoch ?? 0);
  if (!leads) return [...came, ...missing].toSorted((a, b) => b.epoch - a.epoch);
  // Friends were shown it: two keys of one epoch would be two identities to them.
  const epoch = ours.epoch === theirs?.epoch ? ours.epoch + 1 : ours.epoch;
  const older = [...came, ...missing.filter((one) => one !== ours)].toSorted((a, b) => b.epoch - a.epoch);
  return [{ ...ours, epoch }, ...older];
}

function isIn(identities: readonly Identity[], { agreementPublic }: Identity): boolean {
  return identities.some((one) => equalBytes(one.agreementPublic, agreementPublic));
}
