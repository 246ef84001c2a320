import { readFileSync } from 'node:fs';
import { createECDH, webcrypto } from 'node:crypto';
import * as fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import {
  createBundle,
  exportIdentity,
  generateIdentity,
  importIdentity,
  rotateAgreement,
} from '#shared/crypto/identity.ts';
import {
  type Bundle,
  isPoint,
  judgeBundle,
  keyIdOf,
  parseBundle,
  verifyBundle,
} from '#shared/crypto/verify.ts';
import type { Bytes, UserId } from '#shared/ids.ts';
import * as ref from './independent/reference.ts';
import { type TestUser, flipped, someone } from './people.ts';

const refused = { ok: false, error: 'BUNDLE_INVALID' };
let ann: TestUser;
let bundle: Bytes;

beforeAll(async () => {
  ann = await someone();
  bundle = await createBundle(ann.identity, { userId: ann.userId, epoch: 1, created: 1_767_225_600_000 });
});

/** A bundle with any fields, properly signed by Ann. */
async function signed(
  fields: Partial<ref.BundleFields>,
  signing: Uint8Array = ann.identity.signingPublic,
): Promise<Bytes> {
  const key = ref.privateKey(Buffer.from((await exportIdentity(ann.identity)).signing));
  const agreement = Buffer.from(ann.identity.agreementPublic);
  const honest = { userId: ann.userId, epoch: 1, signing: Buffer.from(signing), agreement, created: 1 };
  return Uint8Array.from(ref.signBundle(ref.bundleBody({ ...honest, ...fields }), key));
}

const compressed = (point: Uint8Array) =>
  Uint8Array.of((point[64] ?? 0) % 2 === 0 ? 2 : 3, ...point.subarray(1, 33));

test('a bundle verifies and gives back its fields', async () => {
  expect(await verifyBundle(bundle, ann.userId)).toEqual({
    ok: true,
    value: {
      userId: ann.userId,
      epoch: 1,
      signing: ann.identity.signingPublic,
      agreement: ann.identity.agreementPublic,
      created: 1_767_225_600_000,
    },
  });
});

test('BUNDLE_INVALID: any turned bit of a bundle', async () => {
  for (let bit = 0; bit < bundle.length * 8; bit++) {
    const result = await verifyBundle(flipped(bundle, bit), ann.userId);
    if (result.ok) expect.fail(`bit ${bit} does not matter`);
    expect(result).toEqual(refused);
  }
});

test('BUNDLE_INVALID: a bundle of somebody else', async () => {
  expect(await verifyBundle(bundle, (await someone()).userId)).toEqual(refused);
});

test('BUNDLE_INVALID: signed by another key than it shows', async () => {
  const other = await generateIdentity();
  expect(await verifyBundle(await signed({}, other.signingPublic), ann.userId)).toEqual(refused);
});

test('BUNDLE_INVALID: epoch 0, a time beyond numbers, one key in both places, trailing bytes', async () => {
  expect(await verifyBundle(await signed({}), ann.userId)).toMatchObject({ ok: true });
  expect(await verifyBundle(await signed({ epoch: 0 }), ann.userId)).toEqual(refused);
  expect(await verifyBundle(await signed({ created: 2 ** 60 }), ann.userId)).toEqual(refused);
  const agreement = Buffer.from(ann.identity.signingPublic);
  expect(await verifyBundle(await signed({ agreement }), ann.userId)).toEqual(refused);
  expect(await verifyBundle(Uint8Array.of(...bundle, 0), ann.userId)).toEqual(refused);
});

test('BUNDLE_INVALID: an agreement key that is compressed or off the curve, though properly signed', async () => {
  const point = ann.identity.agreementPublic;
  const offCurve = Buffer.from(flipped(point, 300));
  const short = Buffer.concat([compressed(point), Buffer.alloc(32)]);
  for (const agreement of [offCurve, short, Buffer.alloc(65), Buffer.from(compressed(point))]) {
    expect(await verifyBundle(await signed({ agreement }), ann.userId)).toEqual(refused);
  }
});

test('a compressed point is refused, though the platform would import it', async () => {
  const point = compressed(ann.identity.agreementPublic);
  const algorithm = { name: 'ECDH', namedCurve: 'P-256' };
  await expect(webcrypto.subtle.importKey('raw', point, algorithm, false, [])).resolves.toBeDefined();
  expect(isPoint(point)).toBe(false);
});

test('points: real ones pass; infinity, other prefixes, off-curve and unreduced coordinates don’t', () => {
  const ecdh = createECDH('prime256v1');
  for (let i = 0; i < 20; i++) expect(isPoint(Uint8Array.from(ecdh.generateKeys()))).toBe(true);
  const point = Uint8Array.from(ecdh.generateKeys());
  expect(isPoint(Uint8Array.of(0))).toBe(false);
  for (const prefix of [0, 2, 3, 5, 6, 7]) expect(isPoint(point.with(0, prefix))).toBe(false);
  expect(isPoint(new Uint8Array(65).with(0, 4))).toBe(false);
  // x = 5 is on the curve; x + p means the same to a careless reader.
  const y = '459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc';
  const x = 5n.toString(16).padStart(64, '0');
  const unreduced = (5n + 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn).toString(16);
  expect(isPoint(Uint8Array.from(Buffer.from(`04${x}${y}`, 'hex')))).toBe(true);
  expect(isPoint(Uint8Array.from(Buffer.from(`04${unreduced}${y}`, 'hex')))).toBe(false);
  fc.assert(
    fc.property(fc.integer({ min: 8, max: 519 }), (bit) => {
      expect(isPoint(flipped(point, bit))).toBe(false);
    }),
  );
});

test('parsing and verifying never throw, whatever the bytes', async () => {
  const near = fc.uint8Array({ minLength: 231, maxLength: 231 }).map((data) => {
    data.set(bundle.subarray(0, 29));
    return data;
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 300 }), near), async (data) => {
      parseBundle(data);
      expect(await verifyBundle(data, ann.userId)).toEqual(refused);
    }),
  );
});

test('an exported identity is imported without a way to export it again', async () => {
  const imported = await importIdentity(await exportIdentity(ann.identity));
  expect([imported.signing.extractable, imported.agreement.extractable]).toEqual([false, false]);
  await expect(exportIdentity(imported)).rejects.toThrow();
  const again = await createBundle(imported, { userId: ann.userId, epoch: 2, created: 1 });
  expect(await verifyBundle(again, ann.userId)).toMatchObject({ ok: true, value: { epoch: 2 } });
});

test('damaged private keys are not imported', async () => {
  const keys = await exportIdentity(ann.identity);
  await expect(importIdentity({ ...keys, signing: new Uint8Array(138) })).rejects.toThrow();
});

test('a pinned contact: same, rotated, stale and changed bundles are told apart', async () => {
  const at = async (identity: typeof ann.identity, epoch: number): Promise<Bundle> => {
    const made = parseBundle(await createBundle(identity, { userId: ann.userId, epoch, created: 1 }));
    return made.ok ? made.value : expect.fail('no bundle');
  };
  const rotated = await rotateAgreement(ann.identity);
  expect(rotated.signingPublic).toBe(ann.identity.signingPublic);
  const pinned = await at(ann.identity, 2);
  expect(judgeBundle(pinned, pinned)).toBe('same');
  expect(judgeBundle(pinned, await at(rotated, 3))).toBe('rotated');
  expect(judgeBundle(pinned, await at(rotated, 1))).toBe('stale');
  expect(judgeBundle(pinned, await at(rotated, 2))).toBe('stale');
  expect(judgeBundle(pinned, await at((await someone()).identity, 9))).toBe('changed');
});

test('key ids of different keys differ', async () => {
  const ids = await Promise.all(
    [ann.identity.signingPublic, ann.identity.agreementPublic].map((key) => keyIdOf(key)),
  );
  expect(ids[0]).toHaveLength(16);
  expect(ids[0]).not.toEqual(ids[1]);
});

test('a user id of another length can’t be put into a bundle that parses', async () => {
  const made = await createBundle(ann.identity, { userId: 'short' as UserId, epoch: 1, created: 1 });
  expect(parseBundle(made)).toEqual(refused);
});

test('verify.ts, which the server imports, reaches no sealing code', () => {
  const reached = new Set<string>();
  const follow = (url: URL): void => {
    if (reached.has(url.pathname)) return;
    reached.add(url.pathname);
    const source = readFileSync(url, 'utf8');
    for (const [, path] of source.matchAll(/from '(\.[^']+)'/g)) follow(new URL(path ?? '', url));
  };
  follow(new URL('../../shared/crypto/verify.ts', import.meta.url));
  const files = [...reached].map((path) => path.slice(path.lastIndexOf('/shared/')));
  expect(files.toSorted()).toEqual([
    '/shared/bytes.ts',
    '/shared/crypto/primitives.ts',
    '/shared/crypto/verify.ts',
    '/shared/errors.ts',
    '/shared/ids.ts',
    '/shared/result.ts',
  ]);
  for (const path of reached) expect(readFileSync(path, 'utf8')).not.toMatch(/AES|encrypt\(|decrypt\(/);
});
