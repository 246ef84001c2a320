import { describe, expect, it } from 'vitest';
import { fromBase64url, toBase64url } from '#shared/bytes.ts';
import { type SafeKdf, createKdf, stretchPassword } from '#shared/crypto/password.ts';
import { createRecoveryCode, openRecoveryCode } from '#shared/crypto/recovery.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes, DeviceId } from '#shared/ids.ts';
import type { LoginResponse } from '#shared/schema/http.ts';
import { acceptNewPassword, acceptUsername, makeAccount, openAccount } from '#pwa/controllers/credentials.ts';

const PASSWORD = 'correct horse battery';
const kdf = createKdf();

async function registered(username = 'alice', chosen: SafeKdf = kdf) {
  const password = await stretchPassword(PASSWORD, username, chosen);
  const device = { id: 'AAAAAAAAAAAAAAAAAAAAAw' as DeviceId, name: 'Test' };
  const recovery = await openRecoveryCode(createRecoveryCode(), username);
  const { request, account } = await makeAccount(username, device, chosen, password, recovery);
  const login: LoginResponse = {
    userId: request.userId,
    username,
    accessToken: 'token',
    expiresIn: 600,
    kdf: chosen,
    wrappedAccountKey: request.wrappedAccountKey,
    keyring: request.keyring,
    revision: 1,
    bundle: request.bundle,
    credentialsVersion: 1,
  };
  return { request, keys: account.keys, login, password, recovery };
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'opened',
    (error: unknown) => (error instanceof Failure ? error.code : String(error)),
  );

function flipped(text: string, at: number): string {
  const bytes = fromBase64url(text) as Bytes;
  const index = at < 0 ? bytes.length + at : at;
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  return toBase64url(bytes);
}

describe('an account', () => {
  it('opens on another device with the password, with the same identity and keys that can’t be read out', async () => {
    const { login, keys, password } = await registered();
    const { keys: opened } = await openAccount(login, { kdf, password });
    expect(opened.identities[0].signingPublic).toEqual(keys.identities[0].signingPublic);
    expect(opened.identities[0].agreementPublic).toEqual(keys.identities[0].agreementPublic);
    for (const key of [...identityKeys(opened), ...identityKeys(keys), opened.accountKey, keys.accountKey]) {
      expect(key.extractable).toBe(false);
    }
  });

  it('tells the server neither password nor private keys', async () => {
    const { request } = await registered();
    const told = JSON.stringify(request);
    expect(told).not.toContain(PASSWORD);
    const own = fromBase64url(request.keyring) as Bytes;
    // PKCS #8 of a P-256 key holds this object identifier.
    expect(Buffer.from(own).includes(Buffer.from('2a8648ce3d030107', 'hex'))).toBe(false);
  });

  it('does not open with another password', async () => {
    const { login } = await registered();
    const other = await stretchPassword('another password', 'alice', kdf);
    expect(await codeOf(openAccount(login, { kdf, password: other }))).toBe('BAD_CREDENTIALS');
  });

  it('opens with the recovery code too, from what the server keeps beside it, and with no other', async () => {
    const { login, keys, request, recovery } = await registered();
    const wrappedAccountKey = request.recovery?.wrappedAccountKey ?? '';
    const opened = await openAccount({ ...login, wrappedAccountKey }, { recovery });
    expect(opened.keys.identities[0].signingPublic).toEqual(keys.identities[0].signingPublic);
    const other = await openRecoveryCode(createRecoveryCode(), 'alice');
    const attempt = openAccount({ ...login, wrappedAccountKey }, { recovery: other });
    expect(await codeOf(attempt)).toBe('BAD_CREDENTIALS');
  });

  it('does not open when the keyring is another one than the server says', async () => {
    const { login, password } = await registered();
    const renumbered = { ...login, revision: 2 };
    expect(await codeOf(openAccount(renumbered, { kdf, password }))).toBe('KEYRING_DAMAGED');
  });

  it('does not open when what the server kept was altered, wherever', async () => {
    const { login, password } = await registered();
    for (const field of ['wrappedAccountKey', 'keyring', 'bundle'] as const) {
      for (const at of [0, -1]) {
        const altered = { ...login, [field]: flipped(login[field], at) };
        expect(await codeOf(openAccount(altered, { kdf, password })), `${field} ${at}`).toBe(
          'KEYRING_DAMAGED',
        );
      }
      const cut = { ...login, [field]: '' };
      expect(await codeOf(openAccount(cut, { kdf, password })), `${field} cut`).toBe('KEYRING_DAMAGED');
    }
  });

  it('does not open as another account’s, nor with another account’s bundle', async () => {
    const alice = await registered();
    const bob = await registered('bob', createKdf());
    const asBob = { ...alice.login, userId: bob.login.userId };
    expect(await codeOf(openAccount(asBob, { kdf, password: alice.password }))).toBe('KEYRING_DAMAGED');
    const shownAsBob = { ...alice.login, bundle: bob.login.bundle };
    expect(await codeOf(openAccount(shownAsBob, { kdf, password: alice.password }))).toBe('KEYRING_DAMAGED');
  });
});

describe('what is typed at the door', () => {
  it.each([
    ['Alice ', 'alice'],
    ['bob.the-2nd', 'bob.the-2nd'],
  ])('takes the username %j as %j', (typed, name) => expect(acceptUsername(typed)).toBe(name));

  it.each(['', 'ab', '1abc', 'a b c', 'ä'.repeat(4), 'a'.repeat(33)])('refuses the username %j', (typed) => {
    expect(() => acceptUsername(typed)).toThrow(Failure);
  });

  it('refuses a password of nine characters and takes ten, however many bytes they have', () => {
    expect(() => acceptNewPassword('ninechars')).toThrow(Failure);
    expect(() => acceptNewPassword('😀😁😂🤣😃😄😅😆😉')).toThrow(Failure);
    expect(() => acceptNewPassword('ten chars!')).not.toThrow();
  });

  it('refuses a long password that the meter calls too weak', () => {
    expect(() => acceptNewPassword('aaaaaaaaaaaa')).toThrow(Failure);
    expect(() => acceptNewPassword('alice-alice-1', ['alice'])).toThrow(Failure);
  });
});

function identityKeys(keys: {
  identities: readonly { signing: CryptoKey; agreement: CryptoKey }[];
}): CryptoKey[] {
  return keys.identities.flatMap(({ signing, agreement }) => [signing, agreement]);
}
