import type { Bytes } from '../ids.ts';
import { subtle } from './primitives.ts';

/** HKDF-SHA256 (RFC 5869). No salt means the same as 32 zero bytes. */
export const NO_SALT: Bytes = new Uint8Array(0);

const hkdfOf = (salt: Bytes, info: Bytes) => ({ name: 'HKDF', hash: 'SHA-256', salt, info });

/** Input keying material as a key that HKDF derives from and nobody can read. */
export function hkdfBase(material: Bytes): Promise<CryptoKey> {
  return subtle.importKey('raw', material, 'HKDF', false, ['deriveBits', 'deriveKey']);
}

/** Extracts and expands to `length` bytes. */
export async function hkdf(base: CryptoKey, salt: Bytes, info: Bytes, length: number): Promise<Bytes> {
  return new Uint8Array(await subtle.deriveBits(hkdfOf(salt, info), base, length * 8));
}

/** Extracts and expands to a non-extractable AES-256-GCM key. */
export function hkdfAesKey(base: CryptoKey, salt: Bytes, info: Bytes): Promise<CryptoKey> {
  const target = { name: 'AES-GCM', length: 256 };
  return subtle.deriveKey(hkdfOf(salt, info), base, target, false, ['encrypt', 'decrypt']);
}
