import { toBase64url } from '#shared/bytes.ts';
import { wrapAccountKey } from '#shared/crypto/account.ts';
import { type SafeKdf, type StretchedPassword, acceptKdf, createKdf } from '#shared/crypto/password.ts';
import {
  createRecoveryCode,
  openRecoveryCode,
  parseRecoveryCode,
  showRecoveryCode,
} from '#shared/crypto/recovery.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes } from '#shared/ids.ts';
import type { LoginResponse, Session } from '#shared/schema/http.ts';
import type { EntryStage } from '../models/session.ts';
import { createAccountApi } from '../transport/account-api.ts';
import type { Api } from '../transport/http.ts';
import {
  type Device,
  type OpenedAccount,
  acceptNewPassword,
  acceptUsername,
  makeAccount,
  openAccount,
} from './credentials.ts';
import type { NewCode } from './new-code.ts';
import { stretchInWorker } from './stretch.ts';

/** The ways in. Loaded when somebody stands at the door. */

/** Somebody who came in. */
export interface Entry extends OpenedAccount {
  readonly username: string;
  readonly session: Session;
  /** How the password is stretched. */
  readonly kdf: SafeKdf;
}

export interface EntryDeps {
  readonly api: Api;
  readonly device: Device;
  readonly stage: (stage: EntryStage) => void;
  readonly newCode: NewCode;
}

export async function register(deps: EntryDeps, typed: string, password: string): Promise<Entry> {
  const { api, device, stage } = deps;
  const username = acceptUsername(typed);
  acceptNewPassword(password, [username]);
  stage('deriving');
  const kdf = createKdf();
  const code = createRecoveryCode();
  const [stretched, recovery] = await Promise.all([
    stretchInWorker(password, username, kdf),
    openRecoveryCode(code, username),
  ]);
  const { request, account } = await makeAccount(username, device, kdf, stretched, recovery);
  stage('contacting');
  const session = await deps.newCode(await showRecoveryCode(code), () => api.register(request));
  return { ...account, username, session, kdf };
}

/** `pinned`: the most iterations that this account was ever seen with. */
export async function logIn(
  deps: EntryDeps,
  typed: string,
  password: string,
  pinned: number,
): Promise<Entry> {
  const { stage } = deps;
  const { login, kdf, stretched } = await prove(deps, acceptUsername(typed), password, pinned);
  stage('opening');
  const account = await openAccount(login, { kdf, password: stretched });
  return { ...account, username: login.username, session: login, kdf };
}

/**
 * Back in without the password. The code is used up, every other sign-in ends, and the same keys are wrapped under a new
 * password and a new code. RECOVERY_INVALID for a typing error, BAD_CREDENTIALS for another code.
 */
export async function recover(
  deps: EntryDeps,
  typed: string,
  typedCode: string,
  password: string,
): Promise<Entry> {
  const { device, stage } = deps;
  const api = createAccountApi(deps.api);
  const username = acceptUsername(typed);
  const parsed = await parseRecoveryCode(typedCode);
  if (!parsed.ok) throw new Failure(parsed.error);
  acceptNewPassword(password, [username]);
  stage('contacting');
  const old = await openRecoveryCode(parsed.value, username);
  const kept = await api.recover(username, toBase64url(old.authKey));
  stage('deriving');
  const kdf = createKdf();
  const code = createRecoveryCode();
  const [stretched, recovery] = await Promise.all([
    stretchInWorker(password, username, kdf),
    openRecoveryCode(code, username),
  ]);
  stage('opening');
  const { userId } = kept;
  let wrapped: readonly [Bytes, Bytes] | undefined;
  const account = await openAccount(kept, { recovery: old }, async (accountKey, version) => {
    wrapped = await Promise.all([
      wrapAccountKey(accountKey, version + 1, { userId, kdf, password: stretched }),
      wrapAccountKey(accountKey, version + 1, { userId, recovery }),
    ]);
  });
  if (wrapped === undefined) throw new Failure('KEYRING_DAMAGED', 'account key');
  stage('contacting');
  const [byPassword, byCode] = wrapped.map(toBase64url) as [string, string];
  const session = await deps.newCode(await showRecoveryCode(code), () =>
    api.reset({
      username,
      recoveryKey: toBase64url(old.authKey),
      kdf,
      authKey: toBase64url(stretched.authKey),
      wrappedAccountKey: byPassword,
      recovery: { authKey: toBase64url(recovery.authKey), wrappedAccountKey: byCode },
      device,
    }),
  );
  return { ...account, username, session, kdf };
}

/** Proves to the server that the person knows the password. */
async function prove(
  { api, device, stage }: EntryDeps,
  username: string,
  password: string,
  pinned: number,
): Promise<{ login: LoginResponse; kdf: SafeKdf; stretched: StretchedPassword }> {
  stage('contacting');
  const kdf = acceptKdf(await api.prelogin(username), pinned);
  stage('deriving');
  const stretched = await stretchInWorker(password, username, kdf);
  stage('contacting');
  const login = await api.logIn({ username, authKey: toBase64url(stretched.authKey), device });
  return { login, kdf, stretched };
}
