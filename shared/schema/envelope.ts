import { fromUtf8, opIdFromBytes, readU16, readU64, utf8, uuidToBytes, writeU64 } from '../bytes.ts';
import type { Bytes, OpId, UserId } from '../ids.ts';
import { type Result, err, ok } from '../result.ts';
import { MAX_TIME } from './fields.ts';

/**
 * Envelope v1: what the server may see of a message. No cryptography here.
 *
 *   header   magic "NX" · version u8 · suite u8 · type u8 · lp(from) · lp(to) · conversation 16
 *            · message id 16 · sender's key id 16 · recipient's key id 16 · time u64 (ms since 1970) · salt 32
 *   framing  header · iv 12 · commitment 32 · ciphertext with tag
 *
 * User ids have a fixed length, so every field of v1 sits at a fixed offset; the lengths are written all the
 * same, because the same bytes are authenticated.
 */
export const ENVELOPE_VERSION = 1;
/** Suite 1: static ECDH P-256, HKDF-SHA256, AES-256-GCM with key commitment. */
export const SUITE_1 = 1;

export const ENVELOPE_TYPE = { message: 1, call: 2, receipt: 3, control: 4 } as const;
export type EnvelopeType = (typeof ENVELOPE_TYPE)[keyof typeof ENVELOPE_TYPE];

/** The largest envelope, in bytes, that anybody accepts. */
export const MAX_ENVELOPE = 70_000;

const MAGIC_0 = 0x4e;
const MAGIC_1 = 0x58;
const USER_ID_BYTES = 22;
const AT = {
  version: 2,
  suite: 3,
  type: 4,
  from: 5,
  to: 29,
  conv: 53,
  id: 69,
  fromKeyId: 85,
  toKeyId: 101,
  time: 117,
  salt: 125,
  iv: 157,
  commit: 169,
  sealed: 201,
} as const;

/** Offsets for whoever seals. `sealed` bytes before the ciphertext are authenticated. */
export const ENVELOPE_AT = { iv: AT.iv, commit: AT.commit, sealed: AT.sealed } as const;
// 256 is the smallest padded content, 16 the tag.
const MIN_ENVELOPE = AT.sealed + 256 + 16;

export interface EnvelopeHeader {
  readonly suite: number;
  readonly type: EnvelopeType;
  readonly from: UserId;
  readonly to: UserId;
  /** 16 bytes, computed by the client from both user ids. */
  readonly conv: Bytes;
  readonly id: OpId;
  /** 16 bytes each: which agreement keys of sender and recipient the message was sealed between. */
  readonly fromKeyId: Bytes;
  readonly toKeyId: Bytes;
  /** The sender's clock, milliseconds since 1970. */
  readonly time: number;
  /** 32 random bytes. */
  readonly salt: Bytes;
}

/** A parsed envelope. Byte fields are views of the envelope, not copies. */
export interface EnvelopeView extends EnvelopeHeader {
  readonly iv: Bytes;
  /** 32 bytes that only the message key's owner could have derived. */
  readonly commit: Bytes;
  /** Ciphertext and tag. */
  readonly sealed: Bytes;
  /** Header, iv and commitment: what the tag covers besides the ciphertext. */
  readonly authenticated: Bytes;
}

/** Writes the header to the start of `out`. */
export function writeHeader(out: Bytes, header: EnvelopeHeader): void {
  out[0] = MAGIC_0;
  out[1] = MAGIC_1;
  out[AT.version] = ENVELOPE_VERSION;
  out[AT.suite] = header.suite;
  out[AT.type] = header.type;
  writeUser(out, AT.from, header.from);
  writeUser(out, AT.to, header.to);
  out.set(header.conv, AT.conv);
  out.set(uuidToBytes(header.id), AT.id);
  out.set(header.fromKeyId, AT.fromKeyId);
  out.set(header.toKeyId, AT.toKeyId);
  writeU64(out, AT.time, header.time);
  out.set(header.salt, AT.salt);
}

/**
 * Reads an envelope; never throws, whatever the bytes. `UNSUPPORTED_VERSION` is a newer layout. Suites that
 * this version can't open are let through: their header is the same, and only the recipient can judge them.
 */
export function parseEnvelope(
  data: Bytes,
): Result<EnvelopeView, 'ENVELOPE_INVALID' | 'UNSUPPORTED_VERSION' | 'FRAME_TOO_LARGE'> {
  if (data.length > MAX_ENVELOPE) return err('FRAME_TOO_LARGE');
  if (data.length < MIN_ENVELOPE) return err('ENVELOPE_INVALID');
  if (data[0] !== MAGIC_0 || data[1] !== MAGIC_1) return err('ENVELOPE_INVALID');
  const version = data[AT.version] ?? 0;
  if (version !== ENVELOPE_VERSION) return err(version === 0 ? 'ENVELOPE_INVALID' : 'UNSUPPORTED_VERSION');
  const suite = data[AT.suite] ?? 0;
  const type = data[AT.type] ?? 0;
  const from = readUser(data, AT.from);
  const to = readUser(data, AT.to);
  const id = opIdFromBytes(data.subarray(AT.id, AT.fromKeyId));
  const time = readU64(data, AT.time);
  if (suite === 0 || !isType(type)) return err('ENVELOPE_INVALID');
  if (from === undefined || to === undefined) return err('ENVELOPE_INVALID');
  if (id === undefined || time === undefined || time > MAX_TIME) return err('ENVELOPE_INVALID');
  return ok({
    suite,
    type,
    from,
    to,
    conv: data.subarray(AT.conv, AT.id),
    id,
    fromKeyId: data.subarray(AT.fromKeyId, AT.toKeyId),
    toKeyId: data.subarray(AT.toKeyId, AT.time),
    time,
    salt: data.subarray(AT.salt, AT.iv),
    iv: data.subarray(AT.iv, AT.commit),
    commit: data.subarray(AT.commit, AT.sealed),
    sealed: data.subarray(AT.sealed),
    authenticated: data.subarray(0, AT.sealed),
  });
}

function isType(type: number): type is EnvelopeType {
  return type >= 1 && type <= 4;
}

function writeUser(out: Bytes, at: number, user: UserId): void {
  const text = utf8(user);
  if (text.length !== USER_ID_BYTES) throw new RangeError('a user id has 22 characters');
  out[at] = 0;
  out[at + 1] = USER_ID_BYTES;
  out.set(text, at + 2);
}

function readUser(data: Bytes, at: number): UserId | undefined {
  if (readU16(data, at) !== USER_ID_BYTES) return undefined;
  const text = fromUtf8(data.subarray(at + 2, at + 2 + USER_ID_BYTES));
  return text !== undefined && /^[A-Za-z0-9_-]{22}$/.test(text) ? (text as UserId) : undefined;
}
