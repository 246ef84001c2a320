import type { Bytes } from '../ids.ts';

/** What hashing, verifying and sealing share of WebCrypto. The same in browsers, workers and Node. */
export const { subtle } = globalThis.crypto;

/** Bytes from the system's secure random source. */
export function randomBytes(length: number): Bytes {
  return globalThis.crypto.getRandomValues(new Uint8Array(length));
}

export async function sha256(data: Bytes): Promise<Bytes> {
  return new Uint8Array(await subtle.digest('SHA-256', data));
}
