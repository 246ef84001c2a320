import {
  createCipheriv,
  createDecipheriv,
  createHash,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import type { Bytes } from '#shared/ids.ts';

/**
 * A refresh token: the id of its sign-in and 256 random bits, as `id.secret` in base64url. The server keeps only
 * its SHA-256, and the successor sealed under the token it follows, so that a client whose answer was lost can be
 * given the same successor again, and nobody who reads the database can.
 */
export interface RefreshToken {
  readonly session: string;
  readonly secret: Bytes;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;

export function mintRefreshToken(session: string): RefreshToken {
  return { session, secret: new Uint8Array(randomBytes(32)) };
}

export function writeRefreshToken({ session, secret }: RefreshToken): string {
  return `${session}.${Buffer.from(secret).toString('base64url')}`;
}

export function readRefreshToken(text: string): RefreshToken | undefined {
  const match = /^([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/.exec(text);
  if (!match?.[1] || !match[2]) return undefined;
  return { session: match[1], secret: new Uint8Array(Buffer.from(match[2], 'base64url')) };
}

export function hashRefreshToken({ session, secret }: RefreshToken): Bytes {
  return new Uint8Array(
    createHash('sha256').update(`nexchat/refresh/v1 ${session} `).update(secret).digest(),
  );
}

export function isSameHash(a: Bytes, b: Bytes): boolean {
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}

export function sealSuccessor(token: RefreshToken, successor: RefreshToken): Bytes {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', successorKey(token), iv);
  return new Uint8Array(
    Buffer.concat([iv, cipher.update(successor.secret), cipher.final(), cipher.getAuthTag()]),
  );
}

/** The successor that was sealed under `token`. Throws when it was sealed under another. */
export function openSuccessor(token: RefreshToken, sealed: Bytes): RefreshToken {
  const decipher = createDecipheriv('aes-256-gcm', successorKey(token), sealed.subarray(0, IV_BYTES));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const opened = Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
  return { session: token.session, secret: new Uint8Array(opened) };
}

function successorKey({ session, secret }: RefreshToken): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, session, 'nexchat/refresh-successor/v1', 32));
}
