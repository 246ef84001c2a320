import { toBase64url } from '#shared/bytes.ts';
import { type PairRoot, derivePairRoot } from '#shared/crypto/envelope.ts';
import { type Identity, generateIdentity } from '#shared/crypto/identity.ts';
import { type SafeKdf, type StretchedPassword, stretchPassword } from '#shared/crypto/password.ts';
import { randomBytes } from '#shared/crypto/primitives.ts';
import type { UserId } from '#shared/ids.ts';

/** Users with fresh keys, for tests. */
export interface TestUser {
  readonly userId: UserId;
  readonly identity: Identity;
}

export async function someone(): Promise<TestUser> {
  return { userId: toBase64url(randomBytes(16)) as UserId, identity: await generateIdentity() };
}

export function rootBetween(self: TestUser, peer: TestUser): Promise<PairRoot> {
  const party = ({ userId, identity }: TestUser) => ({ userId, publicKey: identity.agreementPublic });
  return derivePairRoot(self.identity.agreement, party(self), party(peer));
}

/** One iteration: what `acceptKdf` never lets through, for tests that are not about strength. */
export function weakKdf(salt = randomBytes(16)): SafeKdf {
  return { alg: 'PBKDF2-SHA256', iterations: 1, salt: toBase64url(salt) } as SafeKdf;
}

export function stretchWeakly(password: string, kdf: SafeKdf): Promise<StretchedPassword> {
  return stretchPassword(password, 'ann', kdf);
}

/** The same bytes with one bit turned. */
export function flipped<T extends Uint8Array>(data: T, bit: number): T {
  const copy = data.slice() as T;
  const at = bit >>> 3;
  copy[at] = (copy[at] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

/** What comes one by one. */
export async function* oneByOne<T>(items: readonly T[]): AsyncGenerator<T, void, undefined> {
  yield* items;
}
