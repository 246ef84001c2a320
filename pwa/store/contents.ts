import { decode, encode } from '@msgpack/msgpack';
import * as v from 'valibot';
import { Failure } from '#shared/errors.ts';
import type { Bytes, DeviceId, UserId } from '#shared/ids.ts';
import { bytes, count, deviceId, sequence, userId } from '#shared/schema/fields.ts';

/** What is inside sealed records, checked when it is opened. Messages hold a payload: shared/schema/payload.ts. */
const contact = v.object({
  name: v.string(),
  /** Of the pinned signing key; empty before one is pinned. */
  fingerprint: v.string(),
  /**
   * The signing key that stands for this person, as this device or another of ours first saw it or as the person
   * decided; null before one is pinned.
   */
  signing: v.optional(v.nullable(bytes(65)), null),
  /** The person compared it with the contact. */
  verified: v.optional(v.boolean(), false),
  /** Counts the decisions about both; see shared/crypto/pins.ts. */
  pinEpoch: v.optional(count, 0),
  /** Identity bundles whose signatures were checked, newest first: old ones open old messages. */
  bundles: v.array(bytes(1024)),
  /** The bundle of another identity, while the contact is `changed`. */
  offered: v.nullable(bytes(1024)),
  /** What another device of ours took this person to be at the same time: held until the person decides. */
  disputed: v.optional(v.nullable(v.object({ signing: bytes(65), verified: v.boolean() })), null),
  /** Identities that stood for this person before, each up to which message it did: see given-up.ts. */
  givenUp: v.optional(
    v.array(v.object({ signing: bytes(65), epoch: v.nullable(v.string()), upTo: count })),
    [],
  ),
});
export type ContactContent = v.InferOutput<typeof contact>;

/** Who is signed in here, for a start without network. */
const profile = v.object({ userId, username: v.string(), fingerprint: v.string(), device: deviceId });
export interface Profile {
  readonly userId: UserId;
  readonly username: string;
  /** Of the own signing key, for people to compare. */
  readonly fingerprint: string;
  readonly device: DeviceId;
}

/** What this device took from the account's keyring last. */
const knownKeyring = v.object({
  /** Never goes back within an epoch, whatever the server says. */
  revision: sequence,
  /** The server's history in which that was; null before any was known. */
  epoch: v.optional(v.nullable(v.string()), null),
  pins: v.record(v.string(), v.unknown()),
});
export type KnownKeyring = v.InferOutput<typeof knownKeyring>;

export const emptyContact = (name: string): ContactContent => ({
  name,
  fingerprint: '',
  signing: null,
  verified: false,
  pinEpoch: 0,
  bundles: [],
  offered: null,
  disputed: null,
  givenUp: [],
});

export const encodeContact = (content: ContactContent): Bytes => encode(content);
export const decodeContact = (data: Bytes): ContactContent => read(contact, data, 'contact');
export const encodeKnownKeyring = (content: KnownKeyring): Bytes => encode(content);
export const decodeKnownKeyring = (data: Bytes): KnownKeyring => read(knownKeyring, data, 'keyring');
export const encodeProfile = (content: Profile): Bytes => encode(content);
export const decodeProfile = (data: Bytes): Profile => read(profile, data, 'profile');

/** Only this device could have sealed it, so another form means damage or a newer version. */
function read<T>(schema: v.GenericSchema<unknown, T>, data: Bytes, what: string): T {
  const parsed = v.safeParse(schema, decode(data));
  if (!parsed.success) throw new Failure('UNREADABLE', what);
  return parsed.output;
}
