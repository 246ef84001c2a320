import * as v from 'valibot';
import { equalBytes, fromBase64url, toBase64url } from '#shared/bytes.ts';
import {
  createAccountKey,
  holdAccountKey,
  unwrapAccountKey,
  wrapAccountKey,
} from '#shared/crypto/account.ts';
import {
  type Identity,
  type IdentityBytes,
  createBundle,
  exportIdentity,
  generateIdentity,
  importIdentity,
} from '#shared/crypto/identity.ts';
import { openKeyring, sealKeyring } from '#shared/crypto/keyring.ts';
import type { SafeKdf, StretchedPassword } from '#shared/crypto/password.ts';
import { randomBytes } from '#shared/crypto/primitives.ts';
import { verifyBundle } from '#shared/crypto/verify.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes, DeviceId, UserId } from '#shared/ids.ts';
import { type LoginResponse, type RegisterRequest, username } from '#shared/schema/http.ts';

/** The keys of an account as a device keeps them: usable, and not to be read out. */
export interface AccountKeys {
  readonly userId: UserId;
  /** Newest first; old ones open old messages. */
  readonly identities: readonly [Identity, ...Identity[]];
  readonly accountKey: CryptoKey;
}

export interface Device {
  readonly id: DeviceId;
  readonly name: string;
}

const LEAST_PASSWORD = 10;

/** The name as it is registered. Throws a Failure (USERNAME_INVALID). */
export function acceptUsername(typed: string): string {
  const parsed = v.safeParse(username, typed.trim().toLowerCase());
  if (!parsed.success) throw new Failure('USERNAME_INVALID');
  return parsed.output;
}

/** Throws a Failure (PASSWORD_WEAK). Length in characters as a person counts them. */
export function acceptNewPassword(password: string): void {
  if ([...password.normalize('NFKC')].length < LEAST_PASSWORD) throw new Failure('PASSWORD_WEAK');
}

/** A new account: what the server is told, and the keys that stay here. */
export async function makeAccount(
  name: string,
  device: Device,
  kdf: SafeKdf,
  password: StretchedPassword,
): Promise<{ request: RegisterRequest; keys: AccountKeys }> {
  const userId = toBase64url(randomBytes(16)) as UserId;
  const identity = await generateIdentity();
  const exported = await exportIdentity(identity);
  const secret = createAccountKey();
  const accountKey = await holdAccountKey(secret);
  const keyring = { identities: [{ epoch: 1, ...exported }], pins: {} };
  const [bundle, wrapped, sealed, kept] = await Promise.all([
    createBundle(identity, { userId, epoch: 1, created: Date.now() }),
    wrapAccountKey(secret, 1, { userId, kdf, password }),
    sealKeyring(accountKey, { userId, revision: 1, keyring }),
    importIdentity(exported),
  ]);
  wipe(secret, exported.signing, exported.agreement);
  return {
    request: {
      username: name,
      userId,
      kdf,
      authKey: toBase64url(password.authKey),
      wrappedAccountKey: toBase64url(wrapped),
      keyring: toBase64url(sealed),
      bundle: toBase64url(bundle),
      device,
    },
    keys: { userId, identities: [kept], accountKey },
  };
}

/**
 * The keys behind a login, or a Failure: BAD_CREDENTIALS when another password wrapped them, KEYRING_DAMAGED when
 * the server's copy was altered, is incomplete, or is not of the identity that the server shows to others.
 */
export async function openAccount(
  login: LoginResponse,
  kdf: SafeKdf,
  password: StretchedPassword,
): Promise<AccountKeys> {
  const { userId } = login;
  const [wrapped, sealed, bundle] = [login.wrappedAccountKey, login.keyring, login.bundle].map(fromBase64url);
  if (wrapped === undefined || sealed === undefined || bundle === undefined)
    throw new Failure('KEYRING_DAMAGED');

  const unwrapped = await unwrapAccountKey(wrapped, { userId, kdf, password });
  if (!unwrapped.ok) throw new Failure(unwrapped.error);
  const accountKey = await holdAccountKey(unwrapped.value.accountKey);
  wipe(unwrapped.value.accountKey);

  const opened = await openKeyring(accountKey, userId, sealed);
  if (!opened.ok) throw new Failure(opened.error);
  const [newest, ...older] = await importAll(opened.value.keyring.identities);
  const shown = await verifyBundle(bundle, userId);
  const same =
    shown.ok &&
    newest !== undefined &&
    equalBytes(shown.value.signing, newest.signingPublic) &&
    equalBytes(shown.value.agreement, newest.agreementPublic);
  if (!same) throw new Failure('KEYRING_DAMAGED', 'bundle');
  return { userId, identities: [newest, ...older], accountKey };
}

async function importAll(identities: readonly IdentityBytes[]): Promise<Identity[]> {
  try {
    return await Promise.all(identities.map((identity) => importIdentity(identity)));
  } catch (error) {
    throw new Failure('KEYRING_DAMAGED', 'identity', error);
  } finally {
    for (const { signing, agreement } of identities) wipe(signing, agreement);
  }
}

function wipe(...secrets: readonly Bytes[]): void {
  for (const secret of secrets) secret.fill(0);
}
