import { type KeyObject, createECDH, hkdfSync } from 'node:crypto';

/** How the server proves to push services who sends (RFC 8292): P-256, base64url, as web-push takes them. */
export interface VapidKeys {
  readonly publicKey: string;
  readonly privateKey: string;
}

/** Order of P-256. */
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
/** 64 bits more than the order has: the remainder then favours no key (FIPS 186-5, A.2.1). */
const SEED_BYTES = 40;

/**
 * The keys that belong to a secret of the server: the same at every start and on every node, without one more secret to be
 * kept. Devices are bound to them, so they change only when the secret does.
 */
export function vapidKeysOf(secret: KeyObject): VapidKeys {
  const seed = Buffer.from(hkdfSync('sha256', secret, '', 'nexchat/vapid/v1', SEED_BYTES));
  const scalar = (BigInt(`0x${seed.toString('hex')}`) % (N - 1n)) + 1n;
  const privateKey = Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex');
  const curve = createECDH('prime256v1');
  curve.setPrivateKey(privateKey);
  return {
    publicKey: curve.getPublicKey('base64url'),
    privateKey: privateKey.toString('base64url'),
  };
}

/**
 * Whom a push service may ask about what this server sends: what the operator says, else the app itself. Apple's refuses
 * what can't be the address of anybody, others don't look.
 */
export function vapidSubject(contact: string | null, origins: readonly string[] | null): string {
  return contact ?? origins?.find((origin) => origin.startsWith('https:')) ?? 'mailto:nobody@nexchat.invalid';
}
