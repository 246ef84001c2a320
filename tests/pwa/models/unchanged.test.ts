import { expect, it } from 'vitest';
import { unchanged } from '#pwa/models/unchanged.ts';

interface One {
  readonly id: string;
  readonly text: string;
}
const key = ({ id }: One) => id;
const a = { id: 'a', text: 'one' };
const b = { id: 'b', text: 'two' };

it('keeps what is equal as the same object, wherever it stands now, and takes what is not', () => {
  const next = [{ ...b }, { id: 'a', text: 'other' }, { id: 'c', text: 'one' }];
  const kept = unchanged([a, b], next, key);
  expect(kept).toEqual(next);
  expect(kept[0]).toBe(b);
  expect(kept[1]).toBe(next[1]);
});

it('is the list before when nothing changed, and another one when something went or moved', () => {
  const before = [a, b];
  expect(unchanged(before, [{ ...a }, { ...b }], key)).toBe(before);
  expect(unchanged(before, [{ ...a }], key)).toEqual([a]);
  expect(unchanged(before, [{ ...b }, { ...a }], key)).toEqual([b, a]);
});
