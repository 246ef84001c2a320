import type { Bytes } from '../ids.ts';
import { type Result, err, ok } from '../result.ts';

/** The smallest padded size, so that "ok" and a sentence look alike. */
export const MIN_PADDED = 256;
const MARK = 0x80;

/**
 * The padded size, in bytes, of a content of `length` bytes: the mark byte is counted, then at least 256,
 * then Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs",
 * §4), which keeps only the most significant bits of a length and wastes less than 12 %.
 */
export function paddedLength(length: number): number {
  const least = Math.max(length + 1, MIN_PADDED);
  const exponent = Math.floor(Math.log2(least));
  const kept = Math.floor(Math.log2(exponent)) + 1;
  const step = 2 ** (exponent - kept);
  return Math.ceil(least / step) * step;
}

/** The content, 0x80, then zeros up to `paddedLength`. */
export function pad(content: Uint8Array): Bytes {
  const out = new Uint8Array(paddedLength(content.length));
  out.set(content);
  out[content.length] = MARK;
  return out;
}

/** The content of `pad`'s output. Strict: refuses any other byte, and any size that `pad` does not give. */
export function unpad(padded: Bytes): Result<Bytes, 'UNREADABLE'> {
  let end = padded.length - 1;
  while (end >= 0 && padded[end] === 0) end--;
  if (end < 0 || padded[end] !== MARK || paddedLength(end) !== padded.length) return err('UNREADABLE');
  return ok(padded.subarray(0, end));
}
