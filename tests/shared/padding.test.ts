import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { MIN_PADDED, pad, paddedLength, unpad } from '#shared/crypto/padding.ts';

const size = () => fc.nat(70_000);

test('padding goes both ways', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), (content) => {
      expect(unpad(pad(content))).toEqual({ ok: true, value: content });
    }),
  );
});

test('a padded size tells only its bucket: every content up to 255 bytes looks alike', () => {
  const sizes = new Set(Array.from({ length: MIN_PADDED }, (_, length) => paddedLength(length)));
  expect([...sizes]).toEqual([MIN_PADDED]);
});

test('there are few buckets: 70,000 sizes fall into fewer than 140', () => {
  const sizes = new Set(Array.from({ length: 70_000 }, (_, length) => paddedLength(length)));
  expect(sizes.size).toBeLessThan(140);
});

test('padding grows with the content and wastes less than 12 % above the smallest bucket', () => {
  fc.assert(
    fc.property(size(), size(), (a, b) => {
      const [low, high] = a < b ? [a, b] : [b, a];
      expect(paddedLength(low)).toBeLessThanOrEqual(paddedLength(high));
      expect(paddedLength(high)).toBeGreaterThan(high);
      if (high >= MIN_PADDED) expect(paddedLength(high)).toBeLessThan((high + 1) * 1.12);
    }),
  );
});

test('UNREADABLE: padding that is not exactly what pad writes', () => {
  const altered = (change: (padded: Uint8Array) => Uint8Array) =>
    unpad(Uint8Array.from(change(pad(Uint8Array.of(1, 2)))));
  const refused = { ok: false, error: 'UNREADABLE' };
  expect(altered((padded) => padded.fill(0))).toEqual(refused);
  expect(altered((padded) => padded.fill(1, 2, 3))).toEqual(refused);
  expect(altered((padded) => padded.fill(7, 255))).toEqual(refused);
  expect(altered((padded) => padded.subarray(0, 255))).toEqual(refused);
  expect(altered((padded) => padded.subarray(0, 3))).toEqual(refused);
  expect(altered((padded) => Uint8Array.of(...padded, ...new Uint8Array(16)))).toEqual(refused);
  expect(altered(() => new Uint8Array())).toEqual(refused);
});

test('unpad never throws, and accepts only what pad gives', () => {
  const tail = fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.nat(300)).map(([head, zeros]) => {
    const bytes = new Uint8Array(head.length + zeros);
    bytes.set(head);
    return bytes;
  });
  fc.assert(
    fc.property(tail, (bytes) => {
      const result = unpad(bytes);
      if (result.ok) expect(pad(result.value)).toEqual(bytes);
    }),
  );
});
