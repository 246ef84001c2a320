import { fromBase64url, toBase64url } from '#shared/bytes.ts';
import { unwrapAccountKey, wrapAccountKey } from '#shared/crypto/account.ts';
import { createBundle, exportIdentity, importIdentity, rotateAgreement } from '#shared/crypto/identity.ts';
import { type SafeKdf, type StretchedPassword, acceptKdf, createKdf } from '#shared/crypto/password.ts';
import { createRecoveryCode, openRecoveryCode, showRecoveryCode } from '#shared/crypto/recovery.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes } from '#shared/ids.ts';
import { createAccountApi } from '../transport/account-api.ts';
import type { Api } from '../transport/http.ts';
import { acceptNewPassword } from './credentials.ts';
import type { Inside } from './inside.ts';
import { pinnedIterations } from './kdf-pin.ts';
import type { NewCode } from './new-code.ts';
import { changeKeyring } from './own-keyring.ts';
import { wipe } from './read-keyring.ts';
import { stretchInWorker } from './stretch.ts';

/** What a person changes about their own account, with the password in hand. Loaded when it is needed. */
export interface Scope {
  readonly inside: Inside;
  readonly api: Api;
}

/** Throws a Failure: PASSWORD_WEAK, BAD_CREDENTIALS, CONFLICT or of the network. Every other sign-in ends. */
export async function changePassword(scope: Scope, current: string, next: string): Promise<SafeKdf> {
  acceptNewPassword(next, [scope.inside.me.name]);
  return rewrap(scope, current, next, true);
}

/** Wraps the account key under `next`, stretched as is usual by now. `current` and `next` may be the same password. */
export async function rewrap(
  scope: Scope,
  current: string,
  next: string,
  endOthers: boolean,
): Promise<SafeKdf> {
  const { me } = scope.inside;
  const { userId, accountKey, version, proof } = await openWith(scope, current);
  try {
    const kdf = createKdf();
    const password = await stretchInWorker(next, me.name, kdf);
    const wrapped = await wrapAccountKey(accountKey, version + 1, { userId, kdf, password });
    await createAccountApi(scope.api).changePassword(await scope.inside.tokens.current(), {
      current: proof,
      expect: version,
      kdf,
      authKey: toBase64url(password.authKey),
      wrappedAccountKey: toBase64url(wrapped),
      endOthers,
    });
    return kdf;
  } finally {
    wipe(accountKey);
  }
}

/** A new recovery code; the one before is void. */
export async function newRecoveryCode(scope: Scope, password: string, newCode: NewCode): Promise<void> {
  const { userId, accountKey, version, proof } = await openWith(scope, password);
  try {
    const code = createRecoveryCode();
    const recovery = await openRecoveryCode(code, scope.inside.me.name);
    const wrapped = await wrapAccountKey(accountKey, version + 1, { userId, recovery });
    const token = await scope.inside.tokens.current();
    await newCode(await showRecoveryCode(code), () =>
      createAccountApi(scope.api).newRecovery(token, {
        current: proof,
        expect: version,
        recovery: { authKey: toBase64url(recovery.authKey), wrappedAccountKey: toBase64url(wrapped) },
      }),
    );
  } finally {
    wipe(accountKey);
  }
}

/** Ends the account at the server, for good. */
export async function deleteAccount(scope: Scope, password: string): Promise<void> {
  const { stretched } = await stretchPresent(scope, password);
  const token = await scope.inside.tokens.current();
  await createAccountApi(scope.api).deleteAccount(token, toBase64url(stretched.authKey));
}

/** New agreement keys under the same identity. The old ones stay in the keyring: they open what was sealed to them. */
export function rotateKeys(scope: Scope): Promise<void> {
  return changeKeyring(scope, async ({ keyring, bundle }) => {
    const [newest] = keyring.identities;
    if (newest === undefined) throw new Failure('KEYRING_DAMAGED', 'identities');
    const renewed = await rotateAgreement(await importIdentity(newest, true));
    // A restored server may show an earlier one than friends have seen.
    const epoch = Math.max(bundle.epoch, ...keyring.identities.map((one) => one.epoch)) + 1;
    const identities = [{ epoch, ...(await exportIdentity(renewed)) }, ...keyring.identities];
    const { userId } = bundle;
    return {
      keyring: { ...keyring, identities },
      bundle: await createBundle(renewed, { userId, epoch, created: Date.now() }),
    };
  });
}

/** The account key itself, for who proves the password. Wipe it. */
async function openWith(scope: Scope, password: string) {
  const { inside, api } = scope;
  const { kdf, stretched } = await stretchPresent(scope, password);
  const proof = toBase64url(stretched.authKey);
  const opened = await createAccountApi(api).open(await inside.tokens.current(), proof);
  const userId = inside.me.id;
  const wrapped = fromBase64url(opened.wrappedAccountKey);
  if (wrapped === undefined) throw new Failure('KEYRING_DAMAGED', 'account key');
  const unwrapped = await unwrapAccountKey(wrapped, { userId, kdf, password: stretched });
  if (!unwrapped.ok) throw new Failure(unwrapped.error);
  const accountKey: Bytes = unwrapped.value.accountKey;
  return { userId, accountKey, version: opened.credentialsVersion, proof };
}

async function stretchPresent(
  { inside, api }: Scope,
  password: string,
): Promise<{ kdf: SafeKdf; stretched: StretchedPassword }> {
  const kdf = acceptKdf(await api.prelogin(inside.me.name), pinnedIterations());
  return { kdf, stretched: await stretchInWorker(password, inside.me.name, kdf) };
}
