import { type KeyObject, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Bytes, UserId } from '#shared/ids.ts';
import type { Account, Recovery } from '../store/ports.ts';
import { openAccountKey, sealAccountKey } from './account-key.ts';
import { type KeySet, currentKey, keyNamed } from './keys.ts';

/**
 * What the server does with a recovery code that it never sees. The client derives `authKey` from it; here
 *
 *   verifier = HMAC-SHA256(pepper, "nexchat/recovery/v1" ‖ authKey)
 *
 * without bcrypt: a code has 130 random bits, so there is no list of likely ones to try.
 */
export interface RecoveryCodes {
  /** `now` in milliseconds since 1970. */
  enrol(user: UserId, authKey: Bytes, wrappedAccountKey: Bytes, now: number): Recovery;
  /** The wrapped account key, or null when the key is wrong. Does the same without an account, or without a code. */
  check(account: Account | undefined, authKey: Bytes): Bytes | null;
}

const VERIFIER = 'nexchat/recovery/v1';
const SEALING = 'nexchat/recovery-account-key/v1';

export function createRecoveryCodes({ peppers }: { readonly peppers: KeySet }): RecoveryCodes {
  // Nobody's: what is compared with where there is no code.
  const dummy = randomBytes(32).toString('base64url');

  return {
    enrol(user, authKey, wrappedAccountKey, now) {
      const pepper = currentKey(peppers);
      return {
        verifier: proofOf(pepper, authKey).toString('base64url'),
        pepperId: peppers.current,
        sealedAccountKey: sealAccountKey({ pepper, authKey, user, context: SEALING }, wrappedAccountKey),
        created: now,
      };
    },
    check(account, authKey) {
      const recovery = account?.recovery;
      const pepper = keyNamed(peppers, recovery?.pepperId ?? peppers.current);
      const right = timingSafeEqual(
        proofOf(pepper, authKey),
        Buffer.from(recovery?.verifier ?? dummy, 'base64url'),
      );
      if (!account || !recovery || !right) return null;
      const under = { pepper, authKey, user: account.user, context: SEALING };
      return openAccountKey(under, recovery.sealedAccountKey);
    },
  };
}

function proofOf(pepper: KeyObject, authKey: Bytes): Buffer {
  return createHmac('sha256', pepper).update(VERIFIER).update(authKey).digest();
}
