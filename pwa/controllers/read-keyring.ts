import { equalBytes, fromBase64url } from '#shared/bytes.ts';
import type { IdentityBytes } from '#shared/crypto/identity.ts';
import { type Keyring, openKeyring } from '#shared/crypto/keyring.ts';
import { type Bundle, verifyBundle } from '#shared/crypto/verify.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes, UserId } from '#shared/ids.ts';

/** A keyring as the server hands it out, in base64url. */
export interface ServedKeyring {
  readonly userId: UserId;
  readonly keyring: string;
  readonly revision: number;
  readonly bundle: string;
}

export interface ReadKeyring {
  /** With private keys as bytes: wipe them after use. */
  readonly keyring: Keyring;
  readonly sealed: Bytes;
  /** What the server shows to others. */
  readonly bundle: Bundle;
}

/**
 * Opens a keyring and compares it with what the server says beside it: its revision, and the public identity that is
 * shown to everybody else. Throws a Failure (KEYRING_DAMAGED) when anything does not fit.
 */
export async function readKeyring(accountKey: CryptoKey, served: ServedKeyring): Promise<ReadKeyring> {
  const { userId, revision } = served;
  const [sealed, bundle] = [fromBase64url(served.keyring), fromBase64url(served.bundle)];
  if (sealed === undefined || bundle === undefined) throw new Failure('KEYRING_DAMAGED', 'text');
  const opened = await openKeyring(accountKey, userId, sealed);
  if (!opened.ok) throw new Failure(opened.error);
  const { keyring } = opened.value;
  const [newest] = keyring.identities;
  const shown = await verifyBundle(bundle, userId);
  const isOwn =
    shown.ok &&
    newest !== undefined &&
    equalBytes(shown.value.signing, newest.signingPublic) &&
    equalBytes(shown.value.agreement, newest.agreementPublic);
  if (!isOwn || opened.value.revision !== revision) {
    wipeIdentities(keyring.identities);
    throw new Failure('KEYRING_DAMAGED', isOwn ? 'revision' : 'bundle');
  }
  return { keyring, sealed, bundle: shown.value };
}

export function wipeIdentities(identities: readonly Pick<IdentityBytes, 'signing' | 'agreement'>[]): void {
  for (const { signing, agreement } of identities) wipe(signing, agreement);
}

export function wipe(...secrets: readonly Bytes[]): void {
  for (const secret of secrets) secret.fill(0);
}
