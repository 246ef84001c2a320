import { describe, expect, it } from 'vitest';
import { passwordStrength } from '#shared/password-strength.ts';

describe('password strength', () => {
  it.each([
    'Ab1!Ab1!',
    'aaaaaaaaaaaa',
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    'abababababab',
    'abcabcabcabcabc',
    '1234567890',
    '12345678901234567890',
    'abcdefghijklmnop',
    'zyxwvutsrqponm',
    'qwertyuiop',
    'password12',
    'Password123',
    'passwordpassword',
    'P@ssw0rd123',
    'Summer2024!',
    'Sommer2025!!',
    'January1999',
    'Hallo2024!!',
    'iloveyou123',
    '😀😀😀😀😀😀😀😀😀😀',
  ])('is 0 for %j', (password) => expect(passwordStrength(password)).toBe(0));

  it.each([
    ['ten chars!', 1],
    ['Passw0rd pass', 0],
    ['four unrelated words here', 3],
    ['correct horse battery', 3],
    ['tR7#kq2!Zp', 2],
    ['пароль из слов', 1],
  ] as const)('of %j is at least %i', (password, least) => {
    expect(passwordStrength(password)).toBeGreaterThanOrEqual(least);
  });

  it('counts a name that others know as hardly anything', () => {
    expect(passwordStrength('casey-2024')).toBeGreaterThan(0);
    expect(passwordStrength('Casey-casey1', ['casey'])).toBe(0);
    expect(passwordStrength('a.b*c(d)e[f]', ['.*['])).toBeGreaterThan(0);
  });

  it('takes names of every allowed character, and of others', () => {
    for (const sign of 'abcdefghijklmnopqrstuvwxyz0123456789._-') {
      const name = `casey${sign}long`;
      expect(passwordStrength(`${name}${name}`, [name])).toBe(0);
      expect(passwordStrength('four unrelated words', [name])).toBe(3);
    }
    for (let code = 0x20; code < 0x7f; code++) {
      const name = `mxz${String.fromCodePoint(code)}kqv`;
      expect(passwordStrength(`${name}${name}`, [name])).toBe(0);
    }
  });

  it('never grows weaker by more characters of another kind', () => {
    const grown = ['tR7#kq2!Zp', 'tR7#kq2!Zp-wolke', 'tR7#kq2!Zp-wolke fünf'].map((one) =>
      passwordStrength(one),
    );
    expect(grown).toEqual([...grown].toSorted((a, b) => a - b));
  });
});
