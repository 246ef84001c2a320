import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Pin, isDispute, laterPin, mergePins, readPins, writePins } from '#shared/crypto/pins.ts';
import type { UserId } from '#shared/ids.ts';

const user = (name: string) => name.padEnd(22, 'A') as UserId;
const pins: fc.Arbitrary<Pin> = fc.record({
  signing: fc.nat(2).map((fill) => new Uint8Array(65).fill(fill)),
  verified: fc.boolean(),
  epoch: fc.integer({ min: 1, max: 3 }),
});
const pinsByUser = fc
  .array(fc.tuple(fc.constantFrom('a', 'b', 'c').map(user), pins))
  .map((entries) => new Map(entries));

test('devices that exchange what they know agree, in whatever order they do it', () => {
  fc.assert(
    fc.property(pinsByUser, pinsByUser, pinsByUser, (a, b, c) => {
      const sorted = (map: ReadonlyMap<UserId, Pin>) => [...map].toSorted(([x], [y]) => (x < y ? -1 : 1));
      expect(sorted(mergePins(a, b))).toEqual(sorted(mergePins(b, a)));
      expect(sorted(mergePins(a, a))).toEqual(sorted(a));
      const once = mergePins(mergePins(a, b), c);
      expect(sorted(mergePins(once, a))).toEqual(sorted(once));
      expect(sorted(mergePins(a, mergePins(b, c)))).toEqual(sorted(once));
    }),
  );
});

test('the later decision holds; of two at once the verified one, and then the same one everywhere', () => {
  const [one, other] = [new Uint8Array(65).fill(1), new Uint8Array(65).fill(2)];
  const early = { signing: one, verified: true, epoch: 1 };
  expect(laterPin(early, { signing: other, verified: false, epoch: 2 })).toMatchObject({ signing: other });
  expect(laterPin({ ...early, verified: false }, early)).toEqual(early);
  expect(laterPin({ ...early, verified: false }, { ...early, signing: other })).toMatchObject({
    signing: other,
  });
  expect(laterPin({ ...early, signing: other }, early)).toEqual(early);
});

test('two keys of the same time are a dispute, unless only ours was verified', () => {
  const ours = { signing: new Uint8Array(65).fill(1), verified: false, epoch: 1 };
  const theirs = { ...ours, signing: new Uint8Array(65).fill(2) };
  expect(isDispute(ours, theirs)).toBe(true);
  expect(isDispute(ours, { ...theirs, verified: true })).toBe(true);
  expect(isDispute({ ...ours, verified: true }, theirs)).toBe(false);
  expect(isDispute({ ...ours, verified: true }, { ...theirs, verified: true })).toBe(true);
  expect(isDispute(ours, { ...theirs, epoch: 2 })).toBe(false);
  expect(isDispute(ours, { ...ours, verified: true })).toBe(false);
});

test('what a newer version wrote is not understood, and not lost', () => {
  const pin = { signing: new Uint8Array(65), verified: true, epoch: 1 };
  const written = { [user('a')]: pin, [user('b')]: { of: 'a later version' }, [user('c')]: null };
  const read = readPins(written);
  expect([...read]).toEqual([[user('a'), pin]]);
  expect(writePins(written, new Map([[user('d'), pin]]))).toEqual({ ...written, [user('d')]: pin });
});
