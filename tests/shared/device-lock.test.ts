import { createDecipheriv, createHash, hkdfSync, pbkdf2Sync } from 'node:crypto';
import * as v from 'valibot';
import { beforeAll, expect, test } from 'vitest';
import { createAccountKey, holdAccountKey } from '#shared/crypto/account.ts';
import {
  authenticatorKey,
  lockName,
  openCopy,
  sealCopy,
  unwrapForLock,
  wrapForLock,
} from '#shared/crypto/device-lock.ts';
import { createKdf, stretchPassword } from '#shared/crypto/password.ts';
import { randomBytes } from '#shared/crypto/primitives.ts';
import { username } from '#shared/schema/http.ts';
import type { Bytes, UserId } from '#shared/ids.ts';
import { flipped } from './people.ts';

const user = 'AAAAAAAAAAAAAAAAAAAAAA' as UserId;
const other = 'BBBBBBBBBBBBBBBBBBBBBB' as UserId;
let secret: Bytes;
let account: CryptoKey;

beforeAll(async () => {
  secret = createAccountKey();
  account = await holdAccountKey(secret);
});

test('the account key opens the copy of itself, for its user and its name only', async () => {
  const copy = await sealCopy(account, user, 'account', secret);
  expect(await openCopy(account, user, 'account', copy)).toEqual(secret);
  expect(await openCopy(account, user, 'vault', copy)).toBeUndefined();
  expect(await openCopy(account, other, 'account', copy)).toBeUndefined();
  expect(await openCopy(await holdAccountKey(createAccountKey()), user, 'account', copy)).toBeUndefined();
  for (let bit = 0; bit < copy.length * 8; bit++) {
    expect(await openCopy(account, user, 'account', flipped(copy, bit)), `bit ${bit}`).toBeUndefined();
  }
});

test('a passphrase opens the lock in whatever Unicode form it is typed, and another one does not', async () => {
  const kdf = createKdf();
  const keyFor = async (passphrase: string, name = lockName(user)) =>
    (await stretchPassword(passphrase, name, kdf)).wrapKey;
  const key = await keyFor('Blumen für Zoë');
  const wrapped = await wrapForLock(key, user, 'passphrase', secret);
  expect(
    await unwrapForLock(await keyFor('Blumen für Zoë'.normalize('NFD')), user, 'passphrase', wrapped),
  ).toEqual(secret);
  expect(await unwrapForLock(await keyFor('Blumen für Zoe'), user, 'passphrase', wrapped)).toBeUndefined();
  expect(
    await unwrapForLock(await keyFor('Blumen für Zoë', lockName(other)), user, 'passphrase', wrapped),
  ).toBeUndefined();
  expect(await unwrapForLock(key, user, 'authenticator', wrapped)).toBeUndefined();
  expect(await unwrapForLock(key, other, 'passphrase', wrapped)).toBeUndefined();
});

test('an authenticator opens the lock with the same output, and no other', async () => {
  const output = randomBytes(32);
  const wrapped = await wrapForLock(await authenticatorKey(output), user, 'authenticator', secret);
  expect(await unwrapForLock(await authenticatorKey(output), user, 'authenticator', wrapped)).toEqual(secret);
  const another = await authenticatorKey(randomBytes(32));
  expect(await unwrapForLock(another, user, 'authenticator', wrapped)).toBeUndefined();
});

test('copies and wrapped keys are what another implementation makes of the description', async () => {
  const lp = (text: string) => {
    const bytes = Buffer.from(text);
    return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
  };
  const openWith = (key: Buffer, store: string, record: Uint8Array) => {
    expect(record[0]).toBe(1);
    const opening = createDecipheriv('aes-256-gcm', key, record.subarray(1, 13));
    opening.setAAD(Buffer.concat([lp(store), lp(user)]));
    opening.setAuthTag(record.subarray(-16));
    return new Uint8Array(Buffer.concat([opening.update(record.subarray(13, -16)), opening.final()]));
  };
  const derived = (material: Uint8Array, info: string) =>
    Buffer.from(hkdfSync('sha256', material, '', info, 32));

  const vault = randomBytes(32);
  const copy = await sealCopy(account, user, 'vault', vault);
  expect(openWith(derived(secret, 'nexchat/copies/v1'), 'nexchat/copies/v1/vault', copy)).toEqual(vault);

  const output = randomBytes(32);
  const byKey = await wrapForLock(await authenticatorKey(output), user, 'authenticator', secret);
  const prfKey = derived(output, 'nexchat/lock/v1/authenticator');
  expect(openWith(prfKey, 'nexchat/lock/v1/authenticator', byKey)).toEqual(secret);

  const kdf = createKdf();
  const { wrapKey } = await stretchPassword('a passphrase', lockName(user), kdf);
  const byPassphrase = await wrapForLock(wrapKey, user, 'passphrase', secret);
  const salt = createHash('sha256')
    .update(Buffer.concat([lp('nexchat/pw/v1'), lp(`lock/${user}`), Buffer.from(kdf.salt, 'base64url')]))
    .digest();
  const stretched = pbkdf2Sync('a passphrase', salt, kdf.iterations, 32, 'sha256');
  const passphraseKey = derived(stretched, 'nexchat/pw/v1/wrap');
  expect(openWith(passphraseKey, 'nexchat/lock/v1/passphrase', byPassphrase)).toEqual(secret);
});

test('what a passphrase is stretched with is the name of no account', () => {
  expect(v.safeParse(username, lockName(user)).success).toBe(false);
});
