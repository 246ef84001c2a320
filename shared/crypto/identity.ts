import { concat, lp, u32, u64 } from '../bytes.ts';
import type { Bytes, UserId } from '../ids.ts';
import { subtle } from './primitives.ts';
import { signedPart } from './verify.ts';

/** A user's two key pairs: one signs (IKs, what contacts pin), one agrees on secrets (IKd). */
export interface Identity {
  readonly signing: CryptoKey;
  readonly agreement: CryptoKey;
  /** The public halves, 65 bytes each, uncompressed. */
  readonly signingPublic: Bytes;
  readonly agreementPublic: Bytes;
}

/** Private keys in PKCS #8 with their public halves: what a keyring holds. Secret. */
export interface IdentityBytes {
  readonly signing: Bytes;
  readonly agreement: Bytes;
  readonly signingPublic: Bytes;
  readonly agreementPublic: Bytes;
}

const SIGNING = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const AGREEMENT = { name: 'ECDH', namedCurve: 'P-256' } as const;

/** A new identity, exportable so that it can be sealed into a keyring; import it again to use it. */
export async function generateIdentity(): Promise<Identity> {
  const [signing, agreement] = await Promise.all([
    subtle.generateKey(SIGNING, true, ['sign', 'verify']),
    subtle.generateKey(AGREEMENT, true, ['deriveBits']),
  ]);
  const [signingPublic, agreementPublic] = await Promise.all([
    subtle.exportKey('raw', signing.publicKey),
    subtle.exportKey('raw', agreement.publicKey),
  ]);
  return {
    signing: signing.privateKey,
    agreement: agreement.privateKey,
    signingPublic: new Uint8Array(signingPublic),
    agreementPublic: new Uint8Array(agreementPublic),
  };
}

/** A new agreement key under the same signing key; publish it in a bundle of the next epoch. */
export async function rotateAgreement(identity: Identity): Promise<Identity> {
  const { privateKey, publicKey } = await subtle.generateKey(AGREEMENT, true, ['deriveBits']);
  const agreementPublic = new Uint8Array(await subtle.exportKey('raw', publicKey));
  return { ...identity, agreement: privateKey, agreementPublic };
}

/** The private keys of an extractable identity. Throws for one that was imported as non-extractable. */
export async function exportIdentity(identity: Identity): Promise<IdentityBytes> {
  const [signing, agreement] = await Promise.all([
    subtle.exportKey('pkcs8', identity.signing),
    subtle.exportKey('pkcs8', identity.agreement),
  ]);
  return {
    signing: new Uint8Array(signing),
    agreement: new Uint8Array(agreement),
    signingPublic: identity.signingPublic,
    agreementPublic: identity.agreementPublic,
  };
}

/**
 * The keys for use on this device: not extractable unless asked for. Throws a DOMException for damaged bytes.
 */
export async function importIdentity(keys: IdentityBytes, extractable = false): Promise<Identity> {
  const [signing, agreement] = await Promise.all([
    subtle.importKey('pkcs8', keys.signing, SIGNING, extractable, ['sign']),
    subtle.importKey('pkcs8', keys.agreement, AGREEMENT, extractable, ['deriveBits']),
  ]);
  return { signing, agreement, signingPublic: keys.signingPublic, agreementPublic: keys.agreementPublic };
}

/** The signed public identity, in the layout of `parseBundle`. `created` in milliseconds since 1970. */
export async function createBundle(
  identity: Identity,
  { userId, epoch, created }: { readonly userId: UserId; readonly epoch: number; readonly created: number },
): Promise<Bytes> {
  const { signingPublic, agreementPublic } = identity;
  const body = concat([1], lp(userId), u32(epoch), signingPublic, agreementPublic, u64(created));
  const signature = await subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, identity.signing, signedPart(body));
  return concat(body, new Uint8Array(signature));
}
