import { concat, lp } from '../bytes.ts';
import type { Bytes } from '../ids.ts';
import { type Result, err, ok } from '../result.ts';
import { IV_BYTES, TAG_BYTES, open, seal } from './aead.ts';
import { randomBytes, subtle } from './primitives.ts';

/**
 * The content of local records, sealed at rest. A record is bound to its place, so that one can't be moved to
 * another store or key.
 *
 *   record = format u8 (1) · iv 12 · AES-256-GCM(vault key, iv, content)
 *   AAD    = lp(store) ‖ lp(primary key)
 */
const FORMAT = 1;
const KEY_BYTES = 32;
const SEALED_AT = 1 + IV_BYTES;

export function createVaultKey(): Bytes {
  return randomBytes(KEY_BYTES);
}

/** The vault key for use on this device: it can be stored in the browser, and nobody can read it. */
export function holdVaultKey(vaultKey: Bytes): Promise<CryptoKey> {
  return subtle.importKey('raw', vaultKey, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

export async function sealRecord(
  key: CryptoKey,
  store: string,
  primaryKey: string,
  content: Bytes,
): Promise<Bytes> {
  const iv = randomBytes(IV_BYTES);
  const sealed = await seal(key, iv, placeOf(store, primaryKey), content);
  const record = new Uint8Array(SEALED_AT + sealed.length);
  record[0] = FORMAT;
  record.set(iv, 1);
  record.set(sealed, SEALED_AT);
  return record;
}

/** `UNREADABLE` for altered or moved records, another key or an unknown format. Never throws. */
export async function openRecord(
  key: CryptoKey,
  store: string,
  primaryKey: string,
  record: Bytes,
): Promise<Result<Bytes, 'UNREADABLE'>> {
  if (record.length < SEALED_AT + TAG_BYTES || record[0] !== FORMAT) return err('UNREADABLE');
  const iv = record.subarray(1, SEALED_AT);
  const content = await open(key, iv, placeOf(store, primaryKey), record.subarray(SEALED_AT));
  return content === undefined ? err('UNREADABLE') : ok(content);
}

function placeOf(store: string, primaryKey: string): Bytes {
  return concat(lp(store), lp(primaryKey));
}
