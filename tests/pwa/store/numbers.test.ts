import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Ranges, prefixOf, withNumber } from '#pwa/store/numbers.ts';
import { newOpId } from '#pwa/store/op-id.ts';
import { opId } from '#shared/schema/fields.ts';
import * as v from 'valibot';

test('Numbers in any order and with repeats come to the same set as ranges', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 })), (numbers) => {
      const ranges = numbers.reduce<Ranges>(withNumber, []);
      const held = new Set(numbers);
      let prefix = 0;
      while (held.has(prefix + 1)) prefix++;
      expect(prefixOf(ranges)).toBe(prefix);
      expect(
        ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i)),
      ).toEqual([...held].toSorted((a, b) => a - b));
      // Neighbours are joined.
      for (const [index, range] of ranges.slice(1).entries())
        expect(range[0]).toBeGreaterThan((ranges[index]?.[1] ?? 0) + 1);
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
