import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAccountKey, unwrapAccountKey, wrapAccountKey } from '#shared/crypto/account.ts';
import {
  type RecoveryCode,
  createRecoveryCode,
  openRecoveryCode,
  parseRecoveryCode,
  showRecoveryCode,
} from '#shared/crypto/recovery.ts';
import { flipped, someone, stretchWeakly, weakKdf } from './people.ts';

const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const refused = (error: string) => ({ ok: false, error });
const codes = fc
  .array(fc.nat(31), { minLength: 26, maxLength: 26 })
  .map((all) => all.map((at) => SYMBOLS[at]).join('') as RecoveryCode);

describe('a recovery code', () => {
  test('has 130 random bits, in seven groups of four', async () => {
    const many = await Promise.all(Array.from({ length: 200 }, () => showRecoveryCode(createRecoveryCode())));
    expect(new Set(many).size).toBe(200);
    for (const code of many) expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}$/);
    // Each of 32 symbols comes in each of 26 places: 200 × 26 of them miss one with a chance below 1 in 10^60.
    expect(new Set(many.join('').replaceAll('-', '')).size).toBe(32);
  });

  test('is read however people write it', async () => {
    await fc.assert(
      fc.asyncProperty(codes, fc.infiniteStream(fc.nat(3)), async (code, how) => {
        const shown = await showRecoveryCode(code);
        const choices = how[Symbol.iterator]();
        const typed = [...shown.replaceAll('-', '')]
          .map((symbol) => {
            const choice = choices.next().value ?? 0;
            const other = { 0: 'oO0O', 1: 'iIlL' }[symbol]?.[choice] ?? symbol;
            return `${choice === 1 ? other.toLowerCase() : other}${['', ' ', '-', '\u2013\n'][choice]}`;
          })
          .join('');
        expect(await parseRecoveryCode(typed)).toEqual({ ok: true, value: code });
      }),
    );
  });

  test('with one wrong symbol or two exchanged ones is refused, but for about 1 in 1,024', async () => {
    let tried = 0;
    let passed = 0;
    for (let round = 0; round < 24; round++) {
      const shown = (await showRecoveryCode(createRecoveryCode())).replaceAll('-', '');
      const wrong = new Set<string>();
      for (let at = 0; at < shown.length; at++) {
        for (const symbol of SYMBOLS) wrong.add(shown.slice(0, at) + symbol + shown.slice(at + 1));
        const [a = '', b = ''] = shown.slice(at, at + 2);
        wrong.add(shown.slice(0, at) + b + a + shown.slice(at + 2));
      }
      wrong.delete(shown);
      const outcomes = await Promise.all([...wrong].map(parseRecoveryCode));
      tried += outcomes.length;
      passed += outcomes.filter(({ ok }) => ok).length;
    }
    expect(tried).toBeGreaterThan(20_000);
    // 21 expected; more than 60 has a chance below 1 in 10^9.
    expect(passed).toBeLessThan(60);
  });

  test('RECOVERY_INVALID: any other text; reading never throws', async () => {
    for (const typed of ['', '-', 'U'.repeat(28), '0'.repeat(27), '0'.repeat(29), '😀'.repeat(14)]) {
      expect(await parseRecoveryCode(typed)).toEqual(refused('RECOVERY_INVALID'));
    }
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (typed) => {
        expect(await parseRecoveryCode(typed)).toEqual(refused('RECOVERY_INVALID'));
      }),
    );
  });
});

describe('an account key under a recovery code', () => {
  const accountKey = createAccountKey();
  const setUp = async () => {
    const { userId } = await someone();
    const code = createRecoveryCode();
    const recovery = await openRecoveryCode(code, 'ann');
    const wrapped = await wrapAccountKey(accountKey, 3, { userId, recovery });
    return { userId, code, recovery, wrapped };
  };

  test('opens with the code, and its key can’t be read', async () => {
    const { userId, recovery, wrapped } = await setUp();
    expect(await unwrapAccountKey(wrapped, { userId, recovery })).toEqual({
      ok: true,
      value: { accountKey, version: 3 },
    });
    expect(recovery.wrapKey.extractable).toBe(false);
  });

  test('BAD_CREDENTIALS: another code, the same for another name, and a password', async () => {
    const { userId, code, wrapped } = await setUp();
    const others = [await openRecoveryCode(createRecoveryCode(), 'ann'), await openRecoveryCode(code, 'ben')];
    for (const recovery of others) {
      expect(await unwrapAccountKey(wrapped, { userId, recovery })).toEqual(refused('BAD_CREDENTIALS'));
    }
    const kdf = weakKdf();
    const password = await stretchWeakly(code, kdf);
    expect(await unwrapAccountKey(wrapped, { userId, kdf, password })).toEqual(refused('BAD_CREDENTIALS'));
  });

  test('KEYRING_DAMAGED: of another user, or said to be wrapped by a password with the same key', async () => {
    const { userId, recovery, wrapped } = await setUp();
    const other = { userId: (await someone()).userId, recovery };
    expect(await unwrapAccountKey(wrapped, other)).toEqual(refused('KEYRING_DAMAGED'));
    const asPassword = { userId, kdf: weakKdf(), password: recovery };
    expect(await unwrapAccountKey(wrapped, asPassword)).toEqual(refused('KEYRING_DAMAGED'));
  });

  test('any turned bit is refused', async () => {
    const { userId, recovery, wrapped } = await setUp();
    for (let bit = 0; bit < wrapped.length * 8; bit++) {
      const result = await unwrapAccountKey(flipped(wrapped, bit), { userId, recovery });
      expect(result.ok, `bit ${bit}`).toBe(false);
    }
  });
});
