import type { Bytes } from '../ids.ts';
import { subtle } from './primitives.ts';

/** AES-256-GCM (NIST SP 800-38D) with random 96-bit ivs. The 16-byte tag ends the sealed bytes. */
export const IV_BYTES = 12;
export const TAG_BYTES = 16;

/** Raw key bytes for `seal` and `open`; not extractable. */
export function aesKey(key: Bytes, usage: 'encrypt' | 'decrypt'): Promise<CryptoKey> {
  return subtle.importKey('raw', key, 'AES-GCM', false, [usage]);
}

export async function seal(key: CryptoKey, iv: Bytes, additionalData: Bytes, plain: Bytes): Promise<Bytes> {
  return new Uint8Array(await subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, plain));
}

/** The plain bytes; undefined when key, iv, additional data or sealed bytes are not those of `seal`. */
export async function open(
  key: CryptoKey,
  iv: Bytes,
  additionalData: Bytes,
  sealed: Bytes,
): Promise<Bytes | undefined> {
  try {
    return new Uint8Array(await subtle.decrypt({ name: 'AES-GCM', iv, additionalData }, key, sealed));
  } catch {
    // WebCrypto says no more than OperationError: the tag does not fit.
    return undefined;
  }
}
