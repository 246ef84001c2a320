import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Ranges,
  above,
  aboveHole,
  isHoleBetween,
  lastOf,
  runFrom,
  sizeOf,
  withNumber,
} from '#pwa/store/numbers.ts';
import { newOpId } from '#pwa/store/op-id.ts';
import { opId } from '#shared/schema/fields.ts';
import * as v from 'valibot';

const numbersUpTo40 = fc.array(fc.integer({ min: 1, max: 40 }));
const upTo41 = fc.integer({ min: 0, max: 41 });
const setOf = (numbers: readonly number[]) => numbers.reduce<Ranges>(withNumber, []);
const listed = (ranges: Ranges) =>
  ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));

test('Numbers in any order and with repeats come to the same set as ranges', () => {
  fc.assert(
    fc.property(numbersUpTo40, (numbers) => {
      const ranges = setOf(numbers);
      const held = new Set(numbers);
      expect(listed(ranges)).toEqual([...held].toSorted((a, b) => a - b));
      expect(sizeOf(ranges)).toBe(held.size);
      expect(lastOf(ranges)).toBe(Math.max(0, ...numbers));
      // Neighbours are joined.
      for (const [index, range] of ranges.slice(1).entries())
        expect(range[0]).toBeGreaterThan((ranges[index]?.[1] ?? 0) + 1);
    }),
  );
});

test('C17 a run goes on from what is known, and ends at the first number that is missing', () => {
  fc.assert(
    fc.property(numbersUpTo40, upTo41, (numbers, known) => {
      const held = new Set(numbers);
      let end = known;
      while (held.has(end + 1)) end++;
      expect(runFrom(setOf(numbers), known)).toBe(end);
      expect(listed(above(setOf(numbers), known))).toEqual(
        listed(setOf(numbers)).filter((number) => number > known),
      );
    }),
  );
});

test('C16 holes are what is missing below the highest number', () => {
  fc.assert(
    fc.property(numbersUpTo40, upTo41, upTo41, (numbers, floor, upTo) => {
      const ranges = setOf(numbers);
      const held = new Set(numbers);
      const missing = Array.from({ length: lastOf(ranges) }, (_, i) => i + 1).filter((n) => !held.has(n));
      expect(isHoleBetween(ranges, floor, upTo)).toBe(missing.some((n) => n > floor && n < upTo));
      const newest = missing.findLast((n) => n > floor);
      expect(aboveHole(ranges, floor)).toBe(newest === undefined ? null : newest + 1);
    }),
  );
});

test('Operation ids are UUIDv7 and never the same', () => {
  const now = Date.UTC(2026, 10, 23);
  const ids = Array.from({ length: 1_000 }, () => newOpId(now));
  expect(new Set(ids).size).toBe(1_000);
  for (const id of ids) expect(v.is(opId, id)).toBe(true);
  expect(Number.parseInt(ids[0]?.replace('-', '').slice(0, 12) ?? '', 16)).toBe(now);
});
