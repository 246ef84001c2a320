import { Binary } from 'mongodb';
import type { Bytes, OpId, UserId } from '#shared/ids.ts';
import type { Watermark } from '#sync/server/ports.ts';
import type { OpResult } from '#sync/wire/down.ts';
import type { ResultDoc } from './collections.ts';

export const NOTHING_READ: Watermark = { delivered: 0, seen: 0 };

/** Two ids as one key. */
export const keyOf = (user: UserId, of: string): string => `${user} ${of}`;

/** All keys that begin with this user: a space is followed by an exclamation mark. */
export const keysOf = (user: UserId): { $gte: string; $lt: string } => ({
  $gte: `${user} `,
  $lt: `${user}!`,
});

export const binary = (bytes: Uint8Array): Binary => new Binary(bytes);

/** A copy: what the driver gives is a view into the whole answer. */
export const plain = (binaryValue: Binary): Bytes => new Uint8Array(binaryValue.value());

export function resultDoc(result: OpResult): ResultDoc {
  return result.ok
    ? { ok: true, time: result.time, n: result.n ?? null }
    : { ok: false, code: result.code, bundle: result.bundle ? binary(result.bundle) : null };
}

export function resultOf(id: OpId, doc: ResultDoc): OpResult {
  return doc.ok
    ? { id, ok: true, time: doc.time, ...(doc.n !== null && { n: doc.n }) }
    : { id, ok: false, code: doc.code, ...(doc.bundle && { bundle: plain(doc.bundle) }) };
}
