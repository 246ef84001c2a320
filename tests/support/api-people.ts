import { createHash, randomBytes, randomInt } from 'node:crypto';
import { createOpId } from '#api/op-id.ts';
import type { Account, PushPlace, SignIn } from '#api/store/ports.ts';
import { concat, toBase64url, u32 } from '#shared/bytes.ts';
import type { Bytes, DeviceId, OpId, UserId } from '#shared/ids.ts';
import type { Write } from '#sync/server/ports.ts';

/** Rows for stores: right in form, with random bytes where a store only keeps them. */
export const someBytes = (length: number): Bytes => new Uint8Array(randomBytes(length));
export const someUserId = (): UserId => toBase64url(randomBytes(16)) as UserId;
export const someDeviceId = (): DeviceId => toBase64url(randomBytes(16)) as DeviceId;
export const someOpId = (): OpId => createOpId(Date.now());
export const someTag = (): number => randomInt(2 ** 32);
export const digestOf = (text: string): Bytes => new Uint8Array(createHash('sha256').update(text).digest());

/** The form of a sealed keyring; see shared/crypto/keyring.ts. */
export const someKeyring = (revision: number, length = 300): Bytes =>
  concat([1], u32(revision), someBytes(length - 5));

/** As it comes back from a store that was just given it. */
export function accountOf(username: string, overrides: Partial<Account> = {}): Account {
  return {
    user: someUserId(),
    username,
    created: 1_700_000_000_000,
    bundle: someBytes(231),
    keyId: someBytes(16),
    keyring: someKeyring(1),
    credentials: {
      kdf: { alg: 'PBKDF2-SHA256', iterations: 600_000, salt: toBase64url(randomBytes(16)) },
      verifier: '$2b$04$something',
      pepperId: 'p1',
      sealedAccountKey: someBytes(90),
    },
    recovery: {
      verifier: toBase64url(randomBytes(32)),
      pepperId: 'p1',
      sealedAccountKey: someBytes(90),
      created: 1_700_000_000_000,
    },
    revision: 1,
    credentialsVersion: 1,
    suspended: null,
    ...overrides,
  };
}

export function signInOf({ user, username }: Account, overrides: Partial<SignIn> = {}): SignIn {
  return {
    id: toBase64url(randomBytes(16)),
    user,
    username,
    device: someDeviceId(),
    deviceName: 'Firefox on Linux',
    started: 1_700_000_000_000,
    token: someBytes(32),
    rotated: 1_700_000_000_000,
    previous: null,
    successor: null,
    expires: 1_800_000_000_000,
    ended: null,
    push: null,
    ...overrides,
  };
}

/** A place at a push service that nobody looks at. */
export const somePush = (): PushPlace => ({
  endpoint: `https://push.example.org/${toBase64url(randomBytes(16))}`,
  p256dh: toBase64url(randomBytes(65)),
  auth: toBase64url(randomBytes(16)),
});

/** A write that succeeds and is remembered, unless it says otherwise. */
export function writeOf(actor: UserId, effect: Write['effect'], overrides: Partial<Write> = {}): Write {
  const op = overrides.op ?? someOpId();
  const time = overrides.time ?? 1_700_000_000_000;
  return {
    actor,
    op,
    digest: digestOf(op),
    time,
    record: true,
    effect,
    result: { id: op, ok: true, time },
    ...overrides,
  };
}
