import { decode, encode } from '@msgpack/msgpack';
import { concat, lp, readU32, u32, utf8 } from '../bytes.ts';
import type { Bytes } from '../ids.ts';
import { type Result, err, ok } from '../result.ts';
import { TAG_BYTES, open, seal } from './aead.ts';
import { DEFAULT_ITERATIONS, MAX_ITERATIONS } from './password.ts';
import { randomBytes, sha256, subtle } from './primitives.ts';

/**
 * A file that only a passphrase opens: a head, then chunks that are sealed one by one, so that neither side ever holds
 * all of it.
 *
 *   head   = "NXEXPORT" · format u8 (1) · iterations u32 · salt 16
 *   chunk  = length u32 of what follows · AES-256-GCM(key, iv, MessagePack of one record)
 *   salt'  = SHA-256(lp("nexchat/export/v1") ‖ salt)
 *   key    = PBKDF2-HMAC-SHA256(NFKC(passphrase), salt', iterations), 32 bytes
 *   iv     = 7 zero bytes ‖ index of the chunk u32, from 0 ‖ u8: 1 for the last chunk, else 0
 *   AAD    = head
 *
 * The key is of this file alone, so counting gives every chunk its own iv; and the place of a chunk and the end of the
 * file are authenticated with it (STREAM: Hoang, Reyhanitabar, Rogaway, Vizár, 2015). What a record holds is the
 * business of who writes it.
 */
const CONTEXT = 'nexchat/export/v1';
const MAGIC = utf8('NXEXPORT');
const FORMAT = 1;
const AT = { format: 8, iterations: 9, salt: 13 } as const;
const SALT_BYTES = 16;
const HEAD_BYTES = AT.salt + SALT_BYTES;
/** Records are cut to about 64 KiB by who writes; one that claims more than this is not ours. */
const MAX_CHUNK = 4 * 1024 * 1024;

/** Bytes that are read piece by piece, as of a file. */
export interface ByteSource {
  readonly size: number;
  /** From `from` up to but not including `to`. */
  read(from: number, to: number): Promise<Bytes>;
}

/** The file, piece by piece. Takes as long as stretching a password before the first piece. */
export async function* sealExport(
  passphrase: string,
  records: AsyncIterable<unknown>,
  iterations = DEFAULT_ITERATIONS,
): AsyncGenerator<Bytes, void, undefined> {
  const head = concat(MAGIC, [FORMAT], u32(iterations), randomBytes(SALT_BYTES));
  const key = await keyOf(passphrase, head);
  yield head;
  // The last one is marked, so each is held back until the next is there.
  let held: Bytes | undefined;
  let index = 0;
  for await (const record of records) {
    if (held !== undefined) yield chunkOf(await seal(key, ivOf(index++, false), head, held));
    held = encode(record);
  }
  yield chunkOf(await seal(key, ivOf(index, true), head, held ?? encode(null)));
}

/**
 * Hands over every record in order. `BAD_CREDENTIALS` when the first chunk does not open: another passphrase, or altered
 * where nobody can tell. `UNREADABLE`: no such file, or altered, cut off or longer than it was made; what was handed over
 * before that is authentic.
 */
export async function openExport(
  passphrase: string,
  source: ByteSource,
  take: (record: unknown) => void,
): Promise<Result<void, 'BAD_CREDENTIALS' | 'UNREADABLE'>> {
  if (source.size < HEAD_BYTES) return err('UNREADABLE');
  const head = await source.read(0, HEAD_BYTES);
  if (!isHead(head)) return err('UNREADABLE');
  const key = await keyOf(passphrase, head);
  let at = HEAD_BYTES;
  for (let index = 0; at + 4 <= source.size; index++) {
    const length = readU32(await source.read(at, at + 4), 0);
    const end = at + 4 + length;
    if (length < TAG_BYTES || length > MAX_CHUNK || end > source.size) return err('UNREADABLE');
    const last = end === source.size;
    const plain = await open(key, ivOf(index, last), head, await source.read(at + 4, end));
    const record = plain === undefined ? undefined : read(plain);
    if (record === undefined)
      return err(index === 0 && plain === undefined ? 'BAD_CREDENTIALS' : 'UNREADABLE');
    take(record.value);
    if (last) return ok(undefined);
    at = end;
  }
  return err('UNREADABLE');
}

function isHead(head: Bytes): boolean {
  const iterations = readU32(head, AT.iterations);
  const ours = MAGIC.every((byte, index) => head[index] === byte) && head[AT.format] === FORMAT;
  return ours && iterations > 0 && iterations <= MAX_ITERATIONS;
}

async function keyOf(passphrase: string, head: Bytes): Promise<CryptoKey> {
  const material = utf8(passphrase.normalize('NFKC'));
  const [base, salt] = await Promise.all([
    subtle.importKey('raw', material, 'PBKDF2', false, ['deriveKey']),
    sha256(concat(lp(CONTEXT), head.subarray(AT.salt))),
  ]);
  material.fill(0);
  const stretching = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: readU32(head, AT.iterations) };
  const target = { name: 'AES-GCM', length: 256 };
  return subtle.deriveKey(stretching, base, target, false, ['encrypt', 'decrypt']);
}

function ivOf(index: number, last: boolean): Bytes {
  return concat(new Uint8Array(7), u32(index), [last ? 1 : 0]);
}

function chunkOf(sealed: Bytes): Bytes {
  return concat(u32(sealed.length), sealed);
}

function read(plain: Bytes): { readonly value: unknown } | undefined {
  try {
    return { value: decode(plain) };
  } catch {
    // Not MessagePack.
    return undefined;
  }
}
