import { decode, encode } from '@msgpack/msgpack';
import * as v from 'valibot';
import { concat, lp, readU32, u32, utf8 } from '../bytes.ts';
import type { Bytes, UserId } from '../ids.ts';
import { type Result, err, ok } from '../result.ts';
import { IV_BYTES, TAG_BYTES, open, seal } from './aead.ts';
import { NO_SALT, hkdfAesKey } from './derive.ts';
import { randomBytes } from './primitives.ts';

/**
 * What follows an account to every device: its private keys (old ones too, for old messages) and what the
 * user decided about contacts.
 *
 *   sealed = format u8 (1) · revision u32 · iv 12 · AES-256-GCM(key, iv, MessagePack of the keyring)
 *   key    = HKDF-SHA256(account key, no salt, info "nexchat/keyring/v1")
 *   AAD    = lp("nexchat/keyring/v1") ‖ lp(user id) ‖ revision u32
 */
const CONTEXT = 'nexchat/keyring/v1';
const FORMAT = 1;
const AT = { revision: 1, iv: 5, sealed: 17 } as const;

const binary = v.instance(Uint8Array);

const identity = v.looseObject({
  epoch: v.pipe(v.number(), v.integer(), v.minValue(1)),
  signing: binary,
  agreement: binary,
  signingPublic: binary,
  agreementPublic: binary,
});

/** Fields that this version does not know are kept, so that an older app does not erase a newer one's. */
const keyring = v.looseObject({
  /** Newest first; never empty. Private keys as in `IdentityBytes`. */
  identities: v.pipe(v.array(identity), v.minLength(1)),
  /** Pinned and verified contacts by user id: see pins.ts. */
  pins: v.record(v.string(), v.unknown()),
});
export type Keyring = v.InferOutput<typeof keyring>;

/** `accountKey` as from `holdAccountKey`. `revision` counts the keyrings of an account, from 1. */
export async function sealKeyring(
  accountKey: CryptoKey,
  { userId, revision, keyring: content }: { userId: UserId; revision: number; keyring: Keyring },
): Promise<Bytes> {
  const iv = randomBytes(IV_BYTES);
  const plain = encode(content);
  const sealed = await seal(await keyringKey(accountKey), iv, associated(userId, revision), plain);
  plain.fill(0);
  return concat([FORMAT], u32(revision), iv, sealed);
}

/**
 * A revision below the highest that was seen is an old keyring served again; the caller remembers and
 * compares. `KEYRING_DAMAGED` for altered bytes, another account, another key or an unknown format. Never
 * throws.
 */
export async function openKeyring(
  accountKey: CryptoKey,
  userId: UserId,
  sealed: Bytes,
): Promise<Result<{ keyring: Keyring; revision: number }, 'KEYRING_DAMAGED'>> {
  if (sealed.length < AT.sealed + TAG_BYTES || sealed[0] !== FORMAT) return err('KEYRING_DAMAGED');
  const revision = readU32(sealed, AT.revision);
  const iv = sealed.subarray(AT.iv, AT.sealed);
  const key = await keyringKey(accountKey);
  const plain = await open(key, iv, associated(userId, revision), sealed.subarray(AT.sealed));
  const content = plain && read(plain);
  return content === undefined ? err('KEYRING_DAMAGED') : ok({ keyring: content, revision });
}

function read(plain: Bytes): Keyring | undefined {
  try {
    const parsed = v.safeParse(keyring, decode(plain));
    return parsed.success ? parsed.output : undefined;
  } catch {
    // Not MessagePack.
    return undefined;
  }
}

function keyringKey(accountKey: CryptoKey): Promise<CryptoKey> {
  return hkdfAesKey(accountKey, NO_SALT, utf8(CONTEXT));
}

function associated(userId: UserId, revision: number): Bytes {
  return concat(lp(CONTEXT), lp(userId), u32(revision));
}
