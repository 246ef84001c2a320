import {
  type KeyObject,
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
} from 'node:crypto';
import bcrypt from 'bcrypt';
import { Failure } from '#shared/errors.ts';
import type { Bytes, UserId } from '#shared/ids.ts';
import type { Kdf } from '#shared/schema/http.ts';
import type { Account, Credentials } from '../store/ports.ts';
import { type KeySet, currentKey } from './keys.ts';

/**
 * What the server does with a password that it never sees. The client derives `authKey` from it; here
 *
 *   verifier          = bcrypt(base64url(HMAC-SHA256(pepper, authKey)), cost)     43 characters, under bcrypt's 72
 *   sealedAccountKey  = AES-256-GCM(HKDF-SHA256(authKey ‖ pepper), wrappedAccountKey, AAD = user id)
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

const IV_BYTES = 12;
const TAG_BYTES = 16;

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
        sealedAccountKey: seal(pepper, authKey, user, wrappedAccountKey),
      };
    },
    async check(account, authKey) {
      const pepper = peppers.byId.get(account?.credentials.pepperId ?? peppers.current);
      if (!pepper)
        throw new Failure('INTERNAL', 'a pepper that accounts were made with is no longer configured');
      const right = await bcrypt.compare(
        peppered(pepper, authKey),
        account?.credentials.verifier ?? (await dummy),
      );
      return account && right
        ? open(pepper, authKey, account.user, account.credentials.sealedAccountKey)
        : null;
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

function sealingKey(pepper: KeyObject, authKey: Bytes): Uint8Array {
  const material = Buffer.concat([authKey, pepper.export()]);
  return new Uint8Array(hkdfSync('sha256', material, '', 'nexchat/account-key/v1', 32));
}

function seal(pepper: KeyObject, authKey: Bytes, user: UserId, content: Bytes): Bytes {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', sealingKey(pepper, authKey), iv).setAAD(Buffer.from(user));
  return new Uint8Array(Buffer.concat([iv, cipher.update(content), cipher.final(), cipher.getAuthTag()]));
}

function open(pepper: KeyObject, authKey: Bytes, user: UserId, sealed: Bytes): Bytes {
  const iv = sealed.subarray(0, IV_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', sealingKey(pepper, authKey), iv).setAAD(Buffer.from(user));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  return new Uint8Array(
    Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]),
  );
}
