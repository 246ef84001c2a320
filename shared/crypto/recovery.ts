import { concat, lp, utf8 } from '../bytes.ts';
import type { Bytes } from '../ids.ts';
import { type Result, err, ok } from '../result.ts';
import { hkdf, hkdfAesKey, hkdfBase } from './derive.ts';
import { randomBytes, sha256 } from './primitives.ts';

/**
 * A recovery code stands in for a forgotten password. It has 130 random bits, so nothing has to stretch it.
 *
 *   code   = 26 symbols of Crockford's base32 (5 bits each) ‖ 2 symbols of checksum, shown in groups of four
 *   check  = the first 10 bits of SHA-256(lp("nexchat/rc/v1/check") ‖ the 26 symbols), 5 bits a symbol
 *   salt   = SHA-256(lp("nexchat/rc/v1") ‖ lp(username))
 *   authKey, wrapKey, commit = HKDF-SHA256(the 26 symbols, salt, info "nexchat/rc/v1/" + "auth" | "wrap" | "commit")
 *
 * Any typing error passes the check with a chance of 1 in 1,024. Symbols are capitals in ASCII.
 */
const CONTEXT = 'nexchat/rc/v1';
/** Of base32 as Crockford has it: no I, L, O and U. */
const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const RANDOM_SYMBOLS = 26;
const CHECK_SYMBOLS = 2;

declare const checked: unique symbol;
/** The 26 random symbols of a code, in their one spelling. Secret. */
export type RecoveryCode = string & { readonly [checked]: true };

/** What a code was turned into, as a password is by stretching. */
export interface RecoverySecret {
  /** 32 bytes that prove the code to the server. */
  readonly authKey: Bytes;
  /** AES-256-GCM key that wraps the account key; not extractable. */
  readonly wrapKey: CryptoKey;
  /** 32 bytes that tell which code wrapped the account key. */
  readonly commit: Bytes;
}

export function createRecoveryCode(): RecoveryCode {
  // 256 is a multiple of 32: every symbol is as likely.
  return symbolsOf(randomBytes(RANDOM_SYMBOLS)) as RecoveryCode;
}

/** How a person sees the code: seven groups of four. */
export async function showRecoveryCode(code: RecoveryCode): Promise<string> {
  return `${code}${await checkOf(code)}`.replace(/(.{4})(?=.)/g, '$1-');
}

/**
 * Reads a code as people write it: capitals or not, with spaces and dashes anywhere, O for 0, I or L for 1. Never
 * throws.
 */
export async function parseRecoveryCode(typed: string): Promise<Result<RecoveryCode, 'RECOVERY_INVALID'>> {
  const plain = typed
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\p{Pd}]/gu, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1');
  if (plain.length !== RANDOM_SYMBOLS + CHECK_SYMBOLS) return err('RECOVERY_INVALID');
  if ([...plain].some((symbol) => !SYMBOLS.includes(symbol))) return err('RECOVERY_INVALID');
  const code = plain.slice(0, RANDOM_SYMBOLS);
  const fits = plain.slice(RANDOM_SYMBOLS) === (await checkOf(code));
  return fits ? ok(code as RecoveryCode) : err('RECOVERY_INVALID');
}

/** `username` as registered. */
export async function openRecoveryCode(code: RecoveryCode, username: string): Promise<RecoverySecret> {
  const [base, salt] = await Promise.all([hkdfBase(utf8(code)), sha256(concat(lp(CONTEXT), lp(username)))]);
  const [authKey, wrapKey, commit] = await Promise.all([
    hkdf(base, salt, utf8(`${CONTEXT}/auth`), 32),
    hkdfAesKey(base, salt, utf8(`${CONTEXT}/wrap`)),
    hkdf(base, salt, utf8(`${CONTEXT}/commit`), 32),
  ]);
  return { authKey, wrapKey, commit };
}

async function checkOf(code: string): Promise<string> {
  const [first = 0, second = 0] = await sha256(concat(lp(`${CONTEXT}/check`), utf8(code)));
  return symbolsOf([first >>> 3, (first << 2) | (second >>> 6)]);
}

/** A symbol for the low five bits of each byte. */
function symbolsOf(data: ArrayLike<number>): string {
  return Array.from(data, (byte) => SYMBOLS.charAt(byte & 31)).join('');
}
