import type { Bytes } from '#shared/ids.ts';
import type { LoginResponse, Session } from '#shared/schema/http.ts';
import type { Opened } from '../auth/sessions.ts';
import type { Ctx } from '../context.ts';
import { writeCookie } from '../cookie.ts';
import type { Account } from '../store/ports.ts';
import { textOf } from './bodies.ts';

/** Puts the refresh token into the cookie; the rest is the body. */
export function signedIn(ctx: Ctx, { session, refreshToken, maxAge }: Opened): Session {
  writeCookie(ctx, refreshToken, maxAge);
  ctx.set('Cache-Control', 'no-store');
  return session;
}

type Shown = Pick<Account, 'credentials' | 'keyring' | 'revision' | 'bundle' | 'credentialsVersion'>;

/** The same with what a new device needs of the account. */
export function loggedIn(ctx: Ctx, opened: Opened, account: Shown, wrappedAccountKey: Bytes): LoginResponse {
  return {
    ...signedIn(ctx, opened),
    kdf: account.credentials.kdf,
    wrappedAccountKey: textOf(wrappedAccountKey),
    keyring: textOf(account.keyring),
    revision: account.revision,
    bundle: textOf(account.bundle),
    credentialsVersion: account.credentialsVersion,
  };
}
