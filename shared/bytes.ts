import type { Bytes, OpId } from './ids.ts';

/** Pure byte helpers. All numbers are big-endian; nothing here touches cryptography. */
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF-8 of a text. */
export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** The text of well-formed UTF-8; undefined for anything else. */
export function fromUtf8(data: Uint8Array): string | undefined {
  try {
    return decoder.decode(data);
  } catch {
    return undefined;
  }
}

/** All parts, one after the other. */
export function concat(...parts: readonly ArrayLike<number>[]): Bytes {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** `data` (text as UTF-8) behind its length as u16: makes joined fields unambiguous. Throws above 65,535. */
export function lp(data: Uint8Array | string): Bytes {
  const content = typeof data === 'string' ? utf8(data) : data;
  if (content.length > 0xffff) throw new RangeError('lp: too long');
  const out = new Uint8Array(2 + content.length);
  out[0] = content.length >>> 8;
  out[1] = content.length;
  out.set(content, 2);
  return out;
}

const viewOf = (data: Uint8Array) => new DataView(data.buffer, data.byteOffset, data.byteLength);

export function u16(value: number): Bytes {
  const out = new Uint8Array(2);
  viewOf(out).setUint16(0, value);
  return out;
}

export function u32(value: number): Bytes {
  const out = new Uint8Array(4);
  viewOf(out).setUint32(0, value);
  return out;
}

/** A safe non-negative integer in 8 bytes. */
export function u64(value: number): Bytes {
  const out = new Uint8Array(8);
  writeU64(out, 0, value);
  return out;
}

export function writeU64(out: Uint8Array, at: number, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError('u64: not a safe non-negative integer');
  const view = viewOf(out);
  view.setUint32(at, Math.floor(value / 0x1_0000_0000));
  view.setUint32(at + 4, value >>> 0);
}

export function readU16(data: Uint8Array, at: number): number {
  return viewOf(data).getUint16(at);
}

export function readU32(data: Uint8Array, at: number): number {
  return viewOf(data).getUint32(at);
}

/** The number in 8 bytes; undefined above 2^53 − 1. */
export function readU64(data: Uint8Array, at: number): number | undefined {
  const view = viewOf(data);
  const value = view.getUint32(at) * 0x1_0000_0000 + view.getUint32(at + 4);
  return Number.isSafeInteger(value) ? value : undefined;
}

/**
 * Whether two byte strings are equal, in a time that does not depend on where they differ.
 * Their lengths are not secret.
 */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/** Order of byte strings, as of texts: negative, zero or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function toHex(data: Uint8Array): string {
  let text = '';
  for (const byte of data) text += byte.toString(16).padStart(2, '0');
  return text;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const SEXTETS = new Int8Array(128).fill(-1);
for (let i = 0; i < 64; i++) SEXTETS[ALPHABET.charCodeAt(i)] = i;

/** base64url without padding (RFC 4648 §5). */
export function toBase64url(data: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of data) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      text += ALPHABET.charAt((held >>> bits) & 63);
    }
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? text + ALPHABET.charAt((held << (6 - bits)) & 63) : text;
}

/**
 * The bytes of unpadded base64url. Strict: undefined for padding, foreign characters, an impossible length or
 * leftover bits that are not zero, so that every byte string has exactly one text.
 */
export function fromBase64url(text: string): Bytes | undefined {
  if (text.length % 4 === 1) return undefined;
  const out = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const sextet = SEXTETS[text.charCodeAt(i)] ?? -1;
    if (sextet < 0) return undefined;
    held = (held << 6) | sextet;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = held >>> bits;
      held &= (1 << bits) - 1;
    }
  }
  return held === 0 ? out : undefined;
}

/** The 16 bytes of a UUID in canonical text. Throws for another text: ids are checked where they come in. */
export function uuidToBytes(uuid: string): Bytes {
  const hex = uuid.replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/.test(hex)) throw new RangeError('not a UUID');
  const out = new Uint8Array(16);
  for (let i = 0; i < 16; i++) out[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return out;
}

/** The operation id in 16 bytes; undefined when they are not a UUIDv7 (RFC 9562). */
export function opIdFromBytes(data: Uint8Array): OpId | undefined {
  if (data.length !== 16 || (data[6] ?? 0) >>> 4 !== 7 || (data[8] ?? 0) >>> 6 !== 2) return undefined;
  const hex = toHex(data);
  const groups = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return groups.join('-') as OpId;
}
