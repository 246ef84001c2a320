import { randomBytes } from '#shared/crypto/primitives.ts';
import { authenticatorKey } from '#shared/crypto/device-lock.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes } from '#shared/ids.ts';
import { note } from './log.ts';

/**
 * The authenticator of this device (a fingerprint, a face, a PIN) as a key: WebAuthn's PRF extension (Level 3, 10.1.4)
 * gives the same 32 secret bytes for the same salt, to this origin, after the person was verified. No server is asked
 * and none verifies anything, so challenge and attestation mean nothing here.
 */
export interface LockKey {
  /** Of the credential. */
  readonly id: Bytes;
  readonly salt: Bytes;
}

const TIMEOUT_MS = 60_000;

/** Whether this browser has an authenticator of its own that may do it. Only trying tells for certain. */
export async function canUseLockKey(): Promise<boolean> {
  if (!('PublicKeyCredential' in globalThis)) return false;
  // Some engines of today can't say what they can.
  const { getClientCapabilities } = PublicKeyCredential as Partial<typeof PublicKeyCredential>;
  const capabilities = await getClientCapabilities?.call(PublicKeyCredential);
  if (capabilities?.['extension:prf'] === false) return false;
  return PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable();
}

/** Makes a credential on this device. Throws a Failure (LOCK_KEY_FAILED), also when the person refuses. */
export function createLockKey(): Promise<LockKey & { readonly key: CryptoKey }> {
  return asked(async () => {
    const salt = randomBytes(32);
    const made = await navigator.credentials.create({
      publicKey: {
        rp: { name: 'NexChat' },
        // What the browser lists it under. It names nobody.
        user: { id: randomBytes(16), name: 'NexChat lock', displayName: 'NexChat lock' },
        challenge: randomBytes(32),
        pubKeyCredParams: [
          { type: 'public-key', alg: -7 },
          { type: 'public-key', alg: -257 },
        ],
        authenticatorSelection: {
          authenticatorAttachment: 'platform',
          // Several authenticators have a PRF for discoverable credentials only.
          residentKey: 'required',
          userVerification: 'required',
        },
        timeout: TIMEOUT_MS,
        extensions: { prf: { eval: { first: salt } } },
      },
    });
    const id = new Uint8Array(publicKey(made).rawId);
    // Many give a first output only when they are used.
    const output = outputOf(made) ?? (await evaluate({ id, salt }));
    return { id, salt, key: await keyOf(output) };
  });
}

/** The key again. Throws a Failure (LOCK_KEY_FAILED), also when the person refuses. */
export function askLockKey(lockKey: LockKey): Promise<CryptoKey> {
  return asked(async () => keyOf(await evaluate(lockKey)));
}

async function evaluate({ id, salt }: LockKey): Promise<Bytes> {
  const used = await navigator.credentials.get({
    publicKey: {
      challenge: randomBytes(32),
      allowCredentials: [{ type: 'public-key', id, transports: ['internal'] }],
      userVerification: 'required',
      timeout: TIMEOUT_MS,
      extensions: { prf: { eval: { first: salt } } },
    },
  });
  const output = outputOf(used);
  if (output === undefined) throw new Failure('LOCK_KEY_FAILED', 'prf');
  return output;
}

function publicKey(credential: Credential | null): PublicKeyCredential {
  if (credential instanceof PublicKeyCredential) return credential;
  throw new Failure('LOCK_KEY_FAILED', 'credential');
}

function outputOf(credential: Credential | null): Bytes | undefined {
  const first = publicKey(credential).getClientExtensionResults().prf?.results?.first;
  return first instanceof ArrayBuffer ? new Uint8Array(first) : undefined;
}

async function keyOf(output: Bytes): Promise<CryptoKey> {
  const key = await authenticatorKey(output);
  output.fill(0);
  return key;
}

async function asked<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    note('the key of this device', error);
    throw new Failure('LOCK_KEY_FAILED', error.name, error);
  }
}
