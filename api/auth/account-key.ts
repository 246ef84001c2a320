import { type KeyObject, createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { Bytes, UserId } from '#shared/ids.ts';

/**
 * A wrapped account key, sealed once more for the database, so that who steals that has nothing to guess against:
 *
 *   AES-256-GCM(HKDF-SHA256(authKey ‖ pepper, info = context), wrappedAccountKey, AAD = user id)
 */
export interface SealedUnder {
  readonly pepper: KeyObject;
  /** 32 bytes that the person proves to know. */
  readonly authKey: Bytes;
  readonly user: UserId;
  /** What kind of secret `authKey` comes from. */
  readonly context: string;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;

export function sealAccountKey(under: SealedUnder, wrapped: Bytes): Bytes {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', sealingKey(under), iv).setAAD(Buffer.from(under.user));
  return new Uint8Array(Buffer.concat([iv, cipher.update(wrapped), cipher.final(), cipher.getAuthTag()]));
}

/** Throws when it was sealed under something else. */
export function openAccountKey(under: SealedUnder, sealed: Bytes): Bytes {
  const iv = sealed.subarray(0, IV_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', sealingKey(under), iv).setAAD(Buffer.from(under.user));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const opened = [decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()];
  return new Uint8Array(Buffer.concat(opened));
}

function sealingKey({ pepper, authKey, context }: SealedUnder): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', Buffer.concat([authKey, pepper.export()]), '', context, 32));
}
