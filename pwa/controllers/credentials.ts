import * as v from 'valibot';
import { fromBase64url, toBase64url } from '#shared/bytes.ts';
import {
  createAccountKey,
  holdAccountKey,
  unwrapAccountKey,
  wrapAccountKey,
} from '#shared/crypto/account.ts';
import { sealCopy } from '#shared/crypto/device-lock.ts';
import {
  type Identity,
  type IdentityBytes,
  createBundle,
  exportIdentity,
  generateIdentity,
  importIdentity,
} from '#shared/crypto/identity.ts';
import { sealKeyring } from '#shared/crypto/keyring.ts';
import type { SafeKdf, StretchedPassword } from '#shared/crypto/password.ts';
import { randomBytes } from '#shared/crypto/primitives.ts';
import type { RecoverySecret } from '#shared/crypto/recovery.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes, DeviceId, UserId } from '#shared/ids.ts';
import { type LoginResponse, type RegisterRequest, username } from '#shared/schema/http.ts';
import { passwordStrength } from '#shared/password-strength.ts';
import type { AdoptedKeyring } from '../store/ports.ts';
import type { AccountCopies } from '../store/rows.ts';
import { readKeyring, wipe, wipeIdentities } from './read-keyring.ts';

/** The keys of an account as a device keeps them: usable, and not to be read out. */
export interface AccountKeys {
  readonly userId: UserId;
  /** Newest first; old ones open old messages. */
  readonly identities: readonly [Identity, ...Identity[]];
  readonly accountKey: CryptoKey;
  /** The same keys sealed under the account key, for a lock of this device. */
  readonly copies: AccountCopies;
}

export interface Device {
  readonly id: DeviceId;
  readonly name: string;
}

/** The name as it is registered. Throws a Failure (USERNAME_INVALID). */
export function acceptUsername(typed: string): string {
  const parsed = v.safeParse(username, typed.trim().toLowerCase());
  if (!parsed.success) throw new Failure('USERNAME_INVALID');
  return parsed.output;
}

/** Throws a Failure (PASSWORD_WEAK) where the meter says that it is too weak. */
export function acceptNewPassword(password: string, names: readonly string[] = []): void {
  if (passwordStrength(password, names) === 0) throw new Failure('PASSWORD_WEAK');
}

/** A new account: what the server is told, and what stays here. */
export async function makeAccount(
  name: string,
  device: Device,
  kdf: SafeKdf,
  password: StretchedPassword,
  recovery: RecoverySecret,
): Promise<{ request: RegisterRequest; account: OpenedAccount }> {
  const userId = toBase64url(randomBytes(16)) as UserId;
  const identity = await generateIdentity();
  const exported = await exportIdentity(identity);
  const secret = createAccountKey();
  const accountKey = await holdAccountKey(secret);
  const keyring = { identities: [{ epoch: 1, ...exported }], pins: {} };
  const [bundle, wrapped, recoverable, sealed, copy, kept] = await Promise.all([
    createBundle(identity, { userId, epoch: 1, created: Date.now() }),
    wrapAccountKey(secret, 1, { userId, kdf, password }),
    wrapAccountKey(secret, 1, { userId, recovery }),
    sealKeyring(accountKey, { userId, revision: 1, keyring }),
    sealCopy(accountKey, userId, 'account', secret),
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
      recovery: { authKey: toBase64url(recovery.authKey), wrappedAccountKey: toBase64url(recoverable) },
      device,
    },
    account: {
      keys: { userId, identities: [kept], accountKey, copies: { account: copy, keyring: sealed } },
      keyring: { revision: 1, pins: {}, sealed },
    },
  };
}

/** What the server keeps of an account, as a login or a recovery code brings it. */
export type KeptAccount = Pick<
  LoginResponse,
  'userId' | 'wrappedAccountKey' | 'keyring' | 'revision' | 'bundle'
>;

export interface OpenedAccount {
  readonly keys: AccountKeys;
  readonly keyring: AdoptedKeyring;
}

/** What wraps an account key, without whose. */
export type Secret =
  | { readonly kdf: SafeKdf; readonly password: StretchedPassword }
  | { readonly recovery: RecoverySecret };

/**
 * The keys behind a login, or a Failure: BAD_CREDENTIALS when another password or code wrapped them, KEYRING_DAMAGED
 * when the server's copy was altered, is incomplete, or is not of the identity that the server shows to others. `withKey` is
 * handed the account key itself, which is wiped afterwards.
 */
export async function openAccount(
  kept: KeptAccount,
  secret: Secret,
  withKey: (accountKey: Bytes, version: number) => Promise<void> = async () => {},
): Promise<OpenedAccount> {
  const { userId } = kept;
  const wrapped = fromBase64url(kept.wrappedAccountKey);
  if (wrapped === undefined) throw new Failure('KEYRING_DAMAGED', 'account key');
  const unwrapped = await unwrapAccountKey(wrapped, { userId, ...secret });
  if (!unwrapped.ok) throw new Failure(unwrapped.error);
  const { accountKey: bytes, version } = unwrapped.value;
  try {
    const accountKey = await holdAccountKey(bytes);
    const copy = await sealCopy(accountKey, userId, 'account', bytes);
    const { keyring, sealed } = await readKeyring(accountKey, kept);
    const [newest, ...older] = await importAll(keyring.identities);
    if (newest === undefined) throw new Failure('KEYRING_DAMAGED', 'identities');
    await withKey(bytes, version);
    return {
      keys: {
        userId,
        identities: [newest, ...older],
        accountKey,
        copies: { account: copy, keyring: sealed },
      },
      keyring: { revision: kept.revision, pins: keyring.pins, sealed },
    };
  } finally {
    wipe(bytes);
  }
}

async function importAll(identities: readonly IdentityBytes[]): Promise<Identity[]> {
  try {
    return await Promise.all(identities.map((identity) => importIdentity(identity)));
  } catch (error) {
    throw new Failure('KEYRING_DAMAGED', 'identity', error);
  } finally {
    wipeIdentities(identities);
  }
}
