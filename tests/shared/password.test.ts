import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  DEFAULT_ITERATIONS,
  acceptKdf,
  createKdf,
  saltOf,
  stretchPassword,
} from '#shared/crypto/password.ts';
import type { Kdf } from '#shared/schema/http.ts';
import { stretchWeakly, weakKdf } from './people.ts';

const salt = 'AAECAwQFBgcICQoLDA0ODw';
const kdf: Kdf = { alg: 'PBKDF2-SHA256', iterations: DEFAULT_ITERATIONS, salt };
const refusal = (detail: string) => expect.objectContaining({ code: 'KDF_REFUSED', detail });

test('the defaults are accepted, and each new salt is another', () => {
  expect(createKdf().iterations).toBe(600_000);
  expect(acceptKdf(createKdf())).toBeDefined();
  expect(createKdf().salt).not.toBe(createKdf().salt);
});

test.each([600_000, 600_001, 5_000_000])('%d iterations are accepted', (iterations) => {
  expect(acceptKdf({ ...kdf, iterations }).iterations).toBe(iterations);
});

test.each([0, -1, 1, 599_999, 5_000_001, 600_000.5, Number.NaN, Number.POSITIVE_INFINITY])(
  'KDF_REFUSED: %d iterations',
  (iterations) => {
    expect(() => acceptKdf({ ...kdf, iterations })).toThrow(refusal('iterations'));
  },
);

test('KDF_REFUSED: fewer iterations than this account was seen with', () => {
  expect(() => acceptKdf(kdf, 700_000)).toThrow(refusal('iterations'));
  expect(acceptKdf({ ...kdf, iterations: 700_000 }, 700_000).iterations).toBe(700_000);
});

test('KDF_REFUSED: a pin below the floor does not lower the floor', () => {
  expect(() => acceptKdf({ ...kdf, iterations: 500_000 }, 500_000)).toThrow(refusal('iterations'));
});

test('KDF_REFUSED: another algorithm', () => {
  expect(() => acceptKdf({ ...kdf, alg: 'PBKDF2-SHA1' } as unknown as Kdf)).toThrow(refusal('alg'));
});

test.each(['', 'AAAA', `${salt}AA`, salt.slice(0, -1), `${salt.slice(0, -1)}x`, `${salt}==`])(
  'KDF_REFUSED: salt %j',
  (other) => {
    expect(() => acceptKdf({ ...kdf, salt: other })).toThrow(refusal('salt'));
    expect(() => saltOf({ ...kdf, salt: other })).toThrow(refusal('salt'));
  },
);

test('another password, username or salt gives other keys', async () => {
  const base = weakKdf();
  const results = await Promise.all([
    stretchPassword('password', 'ann', base),
    stretchPassword('Password', 'ann', base),
    stretchPassword('password', 'ben', base),
    stretchPassword('password', 'ann', weakKdf()),
  ]);
  for (const part of ['authKey', 'commit'] as const) {
    expect(new Set(results.map((result) => Buffer.from(result[part]).toString('hex'))).size).toBe(4);
  }
});

test('the keys of one password tell nothing of each other: all differ, and the wrapping key can’t be read', async () => {
  const { authKey, wrapKey, commit } = await stretchWeakly('password', weakKdf());
  expect([authKey.length, commit.length]).toEqual([32, 32]);
  expect(authKey).not.toEqual(commit);
  expect(wrapKey.extractable).toBe(false);
});

test('a password typed in another Unicode form is the same password', async () => {
  const base = weakKdf();
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1 }), async (password) => {
      const forms = await Promise.all(
        (['NFC', 'NFD', 'NFKC', 'NFKD'] as const).map((form) =>
          stretchWeakly(password.normalize(form), base),
        ),
      );
      expect(new Set(forms.map(({ authKey }) => Buffer.from(authKey).toString('hex'))).size).toBe(1);
    }),
  );
});
