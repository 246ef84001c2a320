import { type KeyObject, createHmac, randomBytes } from 'node:crypto';
import bcrypt from 'bcrypt';
import type { Bytes, UserId } from '#shared/ids.ts';
import type { Kdf } from '#shared/schema/http.ts';
import type { Account, Credentials } from '../store/ports.ts';
import { openAccountKey, sealAccountKey } from './account-key.ts';
import { type KeySet, currentKey, keyNamed } from './keys.ts';

/**
 * What the server does with a password that it never sees. The client derives `authKey` from it; here
 *
 *   verifier = bcrypt(base64url(HMAC-SHA256(pepper, authKey)), cost)     43 characters, under bcrypt's 72
 *
 * so that a stolen database, without the pepper, allows no guessing at all.
 */
export interface Passwords {
  enrol(user: UserId, kdf: Kdf, authKey: Bytes, wrappedAccountKey: Bytes): Promise<Credentials>;
  /** The wrapped account key, or null when the key is wrong. Takes as long when there is no account. */
  check(account: Account | undefined, authKey: Bytes): Promise<Bytes | null>;
  /** What prelogin says: of an unknown user the same made-up salt every time. */
  kdfOf(username: string, account: Account | undefined): Kdf;
}

/** Fewer PBKDF2 iterations are not accepted, more freeze phones; the least is also what new accounts use. */
export const MIN_ITERATIONS = 600_000;
export const MAX_ITERATIONS = 5_000_000;

const SEALING = 'nexchat/account-key/v1';

export interface PasswordsDeps {
  readonly peppers: KeySet;
  readonly prelogin: KeyObject;
  /** bcrypt's cost: 2^cost rounds. */
  readonly cost: number;
}

export function createPasswords({ peppers, prelogin, cost }: PasswordsDeps): Passwords {
  // Nobody's: what unknown users are compared with.
  const dummy = bcrypt.hash(randomBytes(32).toString('base64url'), cost);

  return {
    async enrol(user, kdf, authKey, wrappedAccountKey) {
      const pepper = currentKey(peppers);
      return {
        kdf,
        verifier: await bcrypt.hash(peppered(pepper, authKey), cost),
        pepperId: peppers.current,
        sealedAccountKey: sealAccountKey({ pepper, authKey, user, context: SEALING }, wrappedAccountKey),
      };
    },
    async check(account, authKey) {
      const pepper = keyNamed(peppers, account?.credentials.pepperId ?? peppers.current);
      const right = await bcrypt.compare(
        peppered(pepper, authKey),
        account?.credentials.verifier ?? (await dummy),
      );
      if (!account || !right) return null;
      const under = { pepper, authKey, user: account.user, context: SEALING };
      return openAccountKey(under, account.credentials.sealedAccountKey);
    },
    kdfOf(username, account) {
      // Made in either case, so that both take as long.
      const salt = createHmac('sha256', prelogin)
        .update(`nexchat/prelogin/v1 ${username}`)
        .digest()
        .subarray(0, 16);
      const made: Kdf = {
        alg: 'PBKDF2-SHA256',
        iterations: MIN_ITERATIONS,
        salt: salt.toString('base64url'),
      };
      return account?.credentials.kdf ?? made;
    },
  };
}

function peppered(pepper: KeyObject, authKey: Bytes): string {
  return createHmac('sha256', pepper).update(authKey).digest('base64url');
}
