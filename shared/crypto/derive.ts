import type { Bytes } from '../ids.ts';
import { subtle } from './primitives.ts';

/** HKDF-SHA256 (RFC 5869), and what AES-256-GCM needs around it. */
export const IV_BYTES = 12;
/** Bytes of the authentication tag at the end of every ciphertext. */
export const TAG_BYTES = 16;
/** HKDF without salt: the same as 32 zero bytes. */
export const NO_SALT: Bytes = new Uint8Array(0);

/** Input keying material as a key that HKDF derives from and nobody can read. */
export function hkdfBase(material: Bytes): Promise<CryptoKey> {
  return subtle.importKey('raw', material, 'HKDF', false, ['deriveBits', 'deriveKey']);
}

/** HKDF-SHA256, extract and expand (RFC 5869). `length` in bytes. */
export async function hkdf(base: CryptoKey, salt: Bytes, info: Bytes, length: number): Promise<Bytes> {
  return new Uint8Array(await subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info }, base, length * 8));
}

/** HKDF-SHA256 to a non-extractable AES-256-GCM key. */
export function hkdfAesKey(base: CryptoKey, salt: Bytes, info: Bytes): Promise<CryptoKey> {
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt, info };
  return subtle.deriveKey(derivation, base, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}
