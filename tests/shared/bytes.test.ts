import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  compareBytes,
  concat,
  equalBytes,
  fromBase64url,
  fromUtf8,
  lp,
  opIdFromBytes,
  readU16,
  readU32,
  readU64,
  toBase64url,
  toHex,
  u16,
  u32,
  u64,
  utf8,
  uuidToBytes,
} from '#shared/bytes.ts';
import { hkdf, hkdfBase } from '#shared/crypto/derive.ts';
import { randomBytes } from '#shared/crypto/primitives.ts';

const data = () => fc.uint8Array({ maxLength: 200 });

test('base64url goes both ways and agrees with Node', () => {
  fc.assert(
    fc.property(data(), (bytes) => {
      const text = toBase64url(bytes);
      expect(text).toBe(Buffer.from(bytes).toString('base64url'));
      expect(Buffer.from(fromBase64url(text) ?? [])).toEqual(Buffer.from(bytes));
    }),
  );
});

test('base64url has one text for each byte string: whatever decodes, encodes back to itself', () => {
  const near = fc.string({
    unit: fc.constantFrom('A', 'Q', 'g', 'w', 'z', '-', '_', '=', '+', '/', ' ', '\u00e9', '\u4e00'),
    maxLength: 8,
  });
  fc.assert(
    fc.property(near, (text) => {
      const bytes = fromBase64url(text);
      if (bytes !== undefined) expect(toBase64url(bytes)).toBe(text);
    }),
    { numRuns: 2_000 },
  );
});

test.each(['A', 'AAAAA', 'AB', 'AAB', 'AA==', 'AA\n', '++', '//', 'A\u0141'])(
  'base64url refuses %j',
  (text) => {
    expect(fromBase64url(text)).toBeUndefined();
  },
);

test('numbers are big-endian and go both ways', () => {
  expect(toHex(concat(u16(0x0102), u32(0xfffefdfc), u64(0x1f_ffff_ffff_ffff)))).toBe(
    '0102fffefdfc001fffffffffffff',
  );
  fc.assert(
    fc.property(fc.nat(0xffff), fc.nat(0xffff_ffff), fc.maxSafeNat(), (small, middle, large) => {
      expect([readU16(u16(small), 0), readU32(u32(middle), 0), readU64(u64(large), 0)]).toEqual([
        small,
        middle,
        large,
      ]);
    }),
  );
});

test('a u64 above what a double holds exactly is not read, nor written', () => {
  expect(readU64(Uint8Array.of(0, 32, 0, 0, 0, 0, 0, 0), 0)).toBeUndefined();
  for (const value of [-1, 0.5, 2 ** 53, Number.NaN]) expect(() => u64(value)).toThrow(RangeError);
});

test('lp writes the length in two bytes, and refuses what needs more', () => {
  expect(toHex(lp('é'))).toBe('0002c3a9');
  expect(lp(new Uint8Array(0xffff))).toHaveLength(0x1_0001);
  expect(() => lp(new Uint8Array(0x1_0000))).toThrow(RangeError);
});

test('joined lp fields are the same only when every field is', () => {
  const field = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 3 });
  fc.assert(
    fc.property(field, field, field, field, (a, b, c, d) => {
      expect(equalBytes(concat(lp(a), lp(b)), concat(lp(c), lp(d)))).toBe(a === c && b === d);
    }),
  );
});

test('equalBytes and compareBytes agree with Buffer', () => {
  fc.assert(
    fc.property(data(), data(), (a, b) => {
      expect(equalBytes(a, b)).toBe(Buffer.from(a).equals(b));
      expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(a, b));
      expect(equalBytes(a, a.slice())).toBe(true);
    }),
  );
});

test('text goes both ways; malformed UTF-8 is not text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(fromUtf8(utf8(text))).toBe(text.toWellFormed());
    }),
  );
  expect(fromUtf8(Uint8Array.of(0xc3))).toBeUndefined();
});

test('operation ids go both ways', () => {
  fc.assert(
    fc.property(fc.uuid({ version: 7 }), (id) => {
      expect(opIdFromBytes(uuidToBytes(id))).toBe(id);
    }),
  );
});

test('16 bytes that are no UUIDv7 are no operation id', () => {
  fc.assert(
    fc.property(fc.uuid({ version: [1, 4, 6, 8] }), (id) => {
      expect(opIdFromBytes(uuidToBytes(id))).toBeUndefined();
    }),
  );
  expect(opIdFromBytes(new Uint8Array(15).fill(0x77))).toBeUndefined();
  // Version 7 under a variant that is not RFC 9562's.
  expect(opIdFromBytes(uuidToBytes('019b7e5c-9a00-7c3d-ce4f-a1b2c3d4e5f0'))).toBeUndefined();
});

test.each(['', '019b7e5c', '019b7e5c-9a00-7c3d-8e4f-a1b2c3d4e5fz'])('%j is no UUID', (text) => {
  expect(() => uuidToBytes(text)).toThrow(RangeError);
});

test('random bytes have the length asked for, and differ', () => {
  expect(randomBytes(32)).toHaveLength(32);
  expect(toHex(randomBytes(32))).not.toBe(toHex(randomBytes(32)));
});

// RFC 5869, appendix A: test cases 1 (with salt) and 3 (without).
test.each([
  {
    salt: '000102030405060708090a0b0c',
    info: 'f0f1f2f3f4f5f6f7f8f9',
    okm: '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
  },
  {
    salt: '',
    info: '',
    okm: '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  },
])('HKDF gives what RFC 5869 prints (salt "$salt")', async ({ salt, info, okm }) => {
  const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));
  const base = await hkdfBase(new Uint8Array(22).fill(0x0b));
  expect(toHex(await hkdf(base, hex(salt), hex(info), 42))).toBe(okm);
});
