import { type KeyObject, createSecretKey, randomBytes } from 'node:crypto';
import { Failure } from '#shared/errors.ts';
import { type Result, err, ok } from '#shared/result.ts';

/**
 * Secret keys by name (`kid`). The first is current; the others still verify what was made with them, so that a
 * key is replaced without a pause: put the new one in front, and drop the old one when nothing of it is left.
 */
export interface KeySet {
  readonly current: string;
  readonly byId: ReadonlyMap<string, KeyObject>;
}

const MIN_BYTES = 32;

/** Reads `name:base64url,name:base64url`. The error is the end of a sentence and holds no secret. */
export function parseKeySet(text: string): Result<KeySet, string> {
  const byId = new Map<string, KeyObject>();
  for (const part of text.split(',')) {
    const match = /^\s*([a-z0-9-]{1,20}):([A-Za-z0-9_-]+)\s*$/.exec(part);
    if (!match?.[1] || !match[2]) return err('must be a list like name:key,name:key with keys in base64url');
    const secret = Buffer.from(match[2], 'base64url');
    if (secret.byteLength < MIN_BYTES) return err(`must hold keys of at least ${MIN_BYTES} bytes`);
    if (byId.has(match[1])) return err('names a key twice');
    byId.set(match[1], createSecretKey(secret));
  }
  const [current] = byId.keys();
  return current === undefined ? err('must hold a key') : ok({ current, byId });
}

/** 32 random bytes in base64url. */
export function randomSecret(): string {
  return randomBytes(MIN_BYTES).toString('base64url');
}

/** The key that new things are made with. */
export function currentKey({ current, byId }: KeySet): KeyObject {
  const key = byId.get(current);
  if (!key) throw new Error('a key set lacks its current key');
  return key;
}

/** A key that something was made with. Throws INTERNAL when the operator dropped it too early. */
export function keyNamed({ byId }: KeySet, name: string): KeyObject {
  const key = byId.get(name);
  if (!key) throw new Failure('INTERNAL', 'a key that accounts were made with is no longer configured');
  return key;
}
