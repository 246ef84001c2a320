import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  createAccountKey,
  holdAccountKey,
  unwrapAccountKey,
  wrapAccountKey,
} from '#shared/crypto/account.ts';
import { exportIdentity } from '#shared/crypto/identity.ts';
import { type Keyring, openKeyring, sealKeyring } from '#shared/crypto/keyring.ts';
import type { Wrapping } from '#shared/crypto/account.ts';
import type { Bytes } from '#shared/ids.ts';
import { type TestUser, flipped, someone, stretchWeakly, weakKdf } from './people.ts';
import * as ref from './independent/reference.ts';

const refused = (error: string) => ({ ok: false, error });
const accountKey = createAccountKey();
const kdf = weakKdf();
let ann: TestUser;
let wrapping: Wrapping;
let wrapped: Bytes;

beforeAll(async () => {
  ann = await someone();
  wrapping = { userId: ann.userId, kdf, password: await stretchWeakly('password', kdf) };
  wrapped = await wrapAccountKey(accountKey, 7, wrapping);
});

describe('the wrapped account key', () => {
  test('opens with the same password, and says its version', async () => {
    expect(await unwrapAccountKey(wrapped, wrapping)).toEqual({
      ok: true,
      value: { accountKey, version: 7 },
    });
  });

  test('is random: two accounts never have the same', () => {
    expect(createAccountKey()).not.toEqual(createAccountKey());
  });

  test('BAD_CREDENTIALS: another password', async () => {
    const password = await stretchWeakly('passwore', kdf);
    expect(await unwrapAccountKey(wrapped, { ...wrapping, password })).toEqual(refused('BAD_CREDENTIALS'));
  });

  test('KEYRING_DAMAGED: served for another user, or under lowered or other parameters', async () => {
    const { userId } = await someone();
    expect(await unwrapAccountKey(wrapped, { ...wrapping, userId })).toEqual(refused('KEYRING_DAMAGED'));
    for (const changed of [
      { ...kdf, iterations: 2 },
      { ...kdf, salt: weakKdf().salt },
    ]) {
      expect(await unwrapAccountKey(wrapped, { ...wrapping, kdf: changed })).toEqual(
        refused('KEYRING_DAMAGED'),
      );
    }
  });

  test('any turned bit is refused: BAD_CREDENTIALS in the commitment, else KEYRING_DAMAGED', async () => {
    for (let bit = 0; bit < wrapped.length * 8; bit++) {
      const inCommit = bit >= 17 * 8 && bit < 49 * 8;
      const result = await unwrapAccountKey(flipped(wrapped, bit), wrapping);
      if (result.ok) expect.fail(`bit ${bit} does not matter`);
      expect(result.error).toBe(inCommit ? 'BAD_CREDENTIALS' : 'KEYRING_DAMAGED');
    }
  });

  test('KEYRING_DAMAGED: any bytes; unwrapping never throws', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 120 }), async (data) => {
        expect(await unwrapAccountKey(data, wrapping)).toEqual(refused('KEYRING_DAMAGED'));
      }),
    );
  });
});

describe('the keyring', () => {
  let held: CryptoKey;
  let keyring: Keyring;
  let sealed: Bytes;

  beforeAll(async () => {
    held = await holdAccountKey(accountKey);
    const identity = await exportIdentity(ann.identity);
    keyring = {
      identities: [
        { epoch: 2, ...identity },
        { epoch: 1, ...identity, retired: true },
      ],
      pins: { AAAAAAAAAAAAAAAAAAAAAA: { state: 'verified', seen: [1, 2] } },
      recovery: 'a field of a later version',
    };
    sealed = await sealKeyring(held, { userId: ann.userId, revision: 3, keyring });
  });

  test('opens to what was sealed, unknown fields included', async () => {
    const opened = await openKeyring(held, ann.userId, sealed);
    expect(opened).toEqual({ ok: true, value: { keyring, revision: 3 } });
  });

  test('the account key is held so that nobody can read it', () => {
    expect(held.extractable).toBe(false);
  });

  test('KEYRING_DAMAGED: another account key, or another user', async () => {
    const other = await holdAccountKey(createAccountKey());
    expect(await openKeyring(other, ann.userId, sealed)).toEqual(refused('KEYRING_DAMAGED'));
    expect(await openKeyring(held, (await someone()).userId, sealed)).toEqual(refused('KEYRING_DAMAGED'));
  });

  test('KEYRING_DAMAGED: any turned bit, the revision’s too', async () => {
    const bits = fc.nat(sealed.length * 8 - 1);
    const header = Array.from({ length: 17 * 8 }, (_, bit): [number] => [bit]);
    await fc.assert(
      fc.asyncProperty(bits, async (bit) => {
        expect(await openKeyring(held, ann.userId, flipped(sealed, bit))).toEqual(refused('KEYRING_DAMAGED'));
      }),
      { examples: header, numRuns: 400 },
    );
  });

  test('KEYRING_DAMAGED: properly sealed, but no keyring inside', async () => {
    const key = Buffer.from(accountKey);
    for (const plain of [Buffer.alloc(0), Buffer.of(0xc1), Buffer.of(0x80), Buffer.from('hello')]) {
      const made = ref.sealKeyring(key, ann.userId, 1, Buffer.alloc(12), plain);
      expect(await openKeyring(held, ann.userId, Uint8Array.from(made))).toEqual(refused('KEYRING_DAMAGED'));
    }
  });

  test('KEYRING_DAMAGED: any bytes; opening never throws', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 120 }), async (data) => {
        expect(await openKeyring(held, ann.userId, data)).toEqual(refused('KEYRING_DAMAGED'));
      }),
    );
  });
});
