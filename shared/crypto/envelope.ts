import { compareBytes, concat, equalBytes, lp, utf8 } from '../bytes.ts';
import { Failure } from '../errors.ts';
import type { Bytes, OpId, UserId } from '../ids.ts';
import { type Result, err, ok } from '../result.ts';
import {
  ENVELOPE_AT,
  type EnvelopeType,
  type EnvelopeView,
  MAX_ENVELOPE,
  SUITE_1,
  parseEnvelope,
  writeHeader,
} from '../schema/envelope.ts';
import { IV_BYTES, TAG_BYTES, aesKey, open, seal } from './aead.ts';
import { hkdf, hkdfBase } from './derive.ts';
import { pad, paddedLength, unpad } from './padding.ts';
import { randomBytes, sha256, subtle } from './primitives.ts';
import { isPoint, keyIdOf } from './verify.ts';

/**
 * Sealing and opening of envelopes, suite 1 (layout: shared/schema/envelope.ts).
 *
 *   Z       = ECDH(own IKd, peer's IKd)
 *   K_pair  = HKDF-SHA256(Z, salt = SHA-256(lp("nexchat/pair/v1") ‖ lp(lower key) ‖ lp(higher key)),
 *             info = "nexchat/pair-root/v1"), 32 bytes
 *   K_msg ‖ commitment = HKDF-SHA256(K_pair, salt = header's 32 random bytes,
 *             info = lp("nexchat/msg/v1") ‖ type ‖ lp(from) ‖ lp(to) ‖ fromKeyId ‖ toKeyId), 32 + 32 bytes
 *   sealed  = AES-256-GCM(K_msg, random iv, AAD = header ‖ iv ‖ commitment, padded payload)
 *
 * The commitment makes a ciphertext openable under one key only, which GCM alone does not promise.
 */
const PAIR_CONTEXT = lp('nexchat/pair/v1');
const PAIR_ROOT_INFO = utf8('nexchat/pair-root/v1');
const MESSAGE_CONTEXT = lp('nexchat/msg/v1');
const CONVERSATION_CONTEXT = utf8('nexchat/conv/v1');

/** One side of a pair: a user and the agreement key (65 bytes, uncompressed) that stands for them. */
export interface Party {
  readonly userId: UserId;
  readonly publicKey: Bytes;
}

/**
 * The secret that two users share through one agreement key each. Not readable, and worth keeping: deriving
 * it costs an ECDH. Both sides get the same, so a user's other devices read what this one sent.
 */
export interface PairRoot {
  readonly self: UserId;
  readonly peer: UserId;
  readonly conv: Bytes;
  readonly selfKeyId: Bytes;
  readonly peerKeyId: Bytes;
  /** K_pair as HKDF input, not extractable. */
  readonly key: CryptoKey;
}

/** The 16-byte name of a conversation, the same for both members. */
export async function conversationId(a: UserId, b: UserId): Promise<Bytes> {
  const [low, high] = a < b ? [a, b] : [b, a];
  return (await sha256(concat(CONVERSATION_CONTEXT, lp(low), lp(high)))).slice(0, 16);
}

/** Throws a Failure (BUNDLE_INVALID) for a key that is not an uncompressed point of the curve. */
export async function derivePairRoot(privateKey: CryptoKey, self: Party, peer: Party): Promise<PairRoot> {
  if (!isPoint(self.publicKey) || !isPoint(peer.publicKey)) throw new Failure('BUNDLE_INVALID', 'agreement');
  const [low, high] =
    compareBytes(self.publicKey, peer.publicKey) < 0
      ? [self.publicKey, peer.publicKey]
      : [peer.publicKey, self.publicKey];
  const [salt, shared, conv, selfKeyId, peerKeyId] = await Promise.all([
    sha256(concat(PAIR_CONTEXT, lp(low), lp(high))),
    agree(privateKey, peer.publicKey),
    conversationId(self.userId, peer.userId),
    keyIdOf(self.publicKey),
    keyIdOf(peer.publicKey),
  ]);
  const root = await hkdf(await hkdfBase(shared), salt, PAIR_ROOT_INFO, 32);
  const key = await hkdfBase(root);
  shared.fill(0);
  root.fill(0);
  return { self: self.userId, peer: peer.userId, conv, selfKeyId, peerKeyId, key };
}

/** Z: the x coordinate that both sides compute (SEC 1, §3.3.1). */
async function agree(privateKey: CryptoKey, peerPublicKey: Bytes): Promise<Bytes> {
  const key = await subtle.importKey('raw', peerPublicKey, { name: 'ECDH', namedCurve: 'P-256' }, false, []);
  return new Uint8Array(await subtle.deriveBits({ name: 'ECDH', public: key }, privateKey, 256));
}

export interface Sealing {
  /** Seals from `root.self` to `root.peer`. */
  readonly root: PairRoot;
  readonly type: EnvelopeType;
  readonly id: OpId;
  /** This device's clock, milliseconds since 1970. */
  readonly time: number;
  readonly payload: Bytes;
}

/** Throws a Failure (FRAME_TOO_LARGE) when the padded payload would not fit into an envelope. */
export async function sealEnvelope({ root, type, id, time, payload }: Sealing): Promise<Bytes> {
  const length = ENVELOPE_AT.sealed + paddedLength(payload.length) + TAG_BYTES;
  if (length > MAX_ENVELOPE) throw new Failure('FRAME_TOO_LARGE', 'payload');
  const header = {
    suite: SUITE_1,
    type,
    from: root.self,
    to: root.peer,
    conv: root.conv,
    id,
    fromKeyId: root.selfKeyId,
    toKeyId: root.peerKeyId,
    time,
    salt: randomBytes(32),
  };
  const iv = randomBytes(IV_BYTES);
  const [key, commit] = await messageKeys(root.key, header);
  const envelope = new Uint8Array(length);
  writeHeader(envelope, header);
  envelope.set(iv, ENVELOPE_AT.iv);
  envelope.set(commit, ENVELOPE_AT.commit);
  const authenticated = envelope.subarray(0, ENVELOPE_AT.sealed);
  const sealed = await seal(await aesKey(key, 'encrypt'), iv, authenticated, pad(payload));
  envelope.set(sealed, ENVELOPE_AT.sealed);
  return envelope;
}

export interface Opening {
  readonly envelope: Bytes;
  /** Who sent it to whom under which id, as the log says. The envelope must say the same. */
  readonly from: UserId;
  readonly to: UserId;
  readonly id: OpId;
  /** Roots of the key pairs that the user trusts. One that is missing is never tried. */
  readonly trusted: readonly PairRoot[];
  /** The weakest suite still accepted from this contact. */
  readonly minSuite?: number;
}

export interface Opened {
  readonly header: EnvelopeView;
  readonly payload: Bytes;
}

/**
 * - `ENVELOPE_INVALID`, `FRAME_TOO_LARGE`: not an envelope. `UNSUPPORTED_VERSION`: a newer app made it.
 * - `SUITE_REFUSED`: weaker than the contact's pinned minimum.
 * - `ENVELOPE_MISMATCH`: other people, another conversation or another id than it was delivered under.
 * - `KEY_UNKNOWN`: sealed between keys that are not trusted here; may open later.
 * - `UNREADABLE`: commitment, tag or padding is wrong: altered, or not sealed by who it says.
 */
export type OpenError =
  | 'ENVELOPE_INVALID'
  | 'FRAME_TOO_LARGE'
  | 'UNSUPPORTED_VERSION'
  | 'SUITE_REFUSED'
  | 'ENVELOPE_MISMATCH'
  | 'KEY_UNKNOWN'
  | 'UNREADABLE';

/** Opens an envelope in the receiver's order: every check comes before what depends on it. Never throws. */
export async function openEnvelope(opening: Opening): Promise<Result<Opened, OpenError>> {
  const parsed = parseEnvelope(opening.envelope);
  if (!parsed.ok) return parsed;
  const header = parsed.value;

  if (header.suite < (opening.minSuite ?? SUITE_1)) return err('SUITE_REFUSED');
  if (header.suite !== SUITE_1) return err('UNSUPPORTED_VERSION');

  const { from, to, id } = opening;
  if (header.from !== from || header.to !== to || header.id !== id) return err('ENVELOPE_MISMATCH');
  const ours = opening.trusted.filter((root) => joins(root, from, to));
  const conv = ours[0]?.conv ?? (await conversationId(from, to));
  if (!equalBytes(header.conv, conv)) return err('ENVELOPE_MISMATCH');

  const root = ours.find((candidate) => fits(candidate, header));
  if (root === undefined) return err('KEY_UNKNOWN');

  const [key, commit] = await messageKeys(root.key, header);
  if (!equalBytes(header.commit, commit)) return err('UNREADABLE');
  const { iv, authenticated, sealed } = header;
  const padded = await open(await aesKey(key, 'decrypt'), iv, authenticated, sealed);
  if (padded === undefined) return err('UNREADABLE');
  const payload = unpad(padded);
  return payload.ok ? ok({ header, payload: payload.value }) : payload;
}

function joins(root: PairRoot, from: UserId, to: UserId): boolean {
  return (root.self === from && root.peer === to) || (root.self === to && root.peer === from);
}

function fits(root: PairRoot, header: EnvelopeView): boolean {
  const [fromKeyId, toKeyId] =
    root.self === header.from ? [root.selfKeyId, root.peerKeyId] : [root.peerKeyId, root.selfKeyId];
  return equalBytes(fromKeyId, header.fromKeyId) && equalBytes(toKeyId, header.toKeyId);
}

type KeyContext = Pick<EnvelopeView, 'type' | 'from' | 'to' | 'fromKeyId' | 'toKeyId' | 'salt'>;

async function messageKeys(root: CryptoKey, header: KeyContext): Promise<[key: Bytes, commit: Bytes]> {
  const { type, from, to, fromKeyId, toKeyId, salt } = header;
  const info = concat(MESSAGE_CONTEXT, [type], lp(from), lp(to), fromKeyId, toKeyId);
  const derived = await hkdf(root, salt, info, 64);
  return [derived.subarray(0, 32), derived.subarray(32)];
}
