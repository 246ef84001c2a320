import { Failure } from '#shared/errors.ts';
import type { Bytes } from '#shared/ids.ts';
import type { Kdf } from '#shared/schema/http.ts';
import { MAX_ITERATIONS, MIN_ITERATIONS } from '../auth/passwords.ts';

/**
 * The bytes of a field whose alphabet the schema has checked. Node's own conversion: a keyring may have a mebibyte, and
 * everybody waits meanwhile.
 */
export function bytesOf(text: string, field: string): Bytes {
  const bytes = Buffer.from(text, 'base64url');
  // Every byte string has one text: no leftover bits, no impossible length.
  if (bytes.toString('base64url') !== text) throw new Failure('BAD_FIELD', field);
  return new Uint8Array(bytes);
}

export function textOf({ buffer, byteOffset, byteLength }: Bytes): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64url');
}

/** Refuses what would make a password guessable, or freeze the devices of who has it. */
export function checkKdf({ iterations, salt }: Kdf): void {
  if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS)
    throw new Failure('BAD_FIELD', 'kdf.iterations');
  bytesOf(salt, 'kdf.salt');
}
