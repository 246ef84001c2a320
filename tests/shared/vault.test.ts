import * as fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { createVaultKey, holdVaultKey, openRecord, sealRecord } from '#shared/crypto/vault.ts';
import type { Bytes } from '#shared/ids.ts';
import { flipped } from './people.ts';

const refused = { ok: false, error: 'UNREADABLE' };
const content: Bytes = Uint8Array.of(1, 2, 3);
let key: CryptoKey;

beforeAll(async () => {
  key = await holdVaultKey(createVaultKey());
});

test('any record opens at its place', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), fc.string(), fc.uint8Array(), async (store, primaryKey, data) => {
      const record = await sealRecord(key, store, primaryKey, data);
      expect(await openRecord(key, store, primaryKey, record)).toEqual({ ok: true, value: data });
    }),
  );
});

test('the vault key can’t be read, and two records never share an iv', async () => {
  expect(key.extractable).toBe(false);
  const records = await Promise.all(Array.from({ length: 500 }, () => sealRecord(key, 's', 'k', content)));
  expect(new Set(records.map((record) => Buffer.from(record.subarray(1, 13)).toString('hex'))).size).toBe(
    500,
  );
});

test('UNREADABLE: moved to another store or key, also across their border', async () => {
  const record = await sealRecord(key, 'ab', 'c', content);
  for (const [store, primaryKey] of [
    ['x', 'c'],
    ['ab', 'x'],
    ['a', 'bc'],
    ['abc', ''],
    ['c', 'ab'],
  ] as const) {
    expect(await openRecord(key, store, primaryKey, record)).toEqual(refused);
  }
});

test('UNREADABLE: another vault key', async () => {
  const record = await sealRecord(key, 's', 'k', content);
  expect(await openRecord(await holdVaultKey(createVaultKey()), 's', 'k', record)).toEqual(refused);
});

test('UNREADABLE: any turned bit', async () => {
  const record = await sealRecord(key, 's', 'k', content);
  for (let bit = 0; bit < record.length * 8; bit++) {
    expect(await openRecord(key, 's', 'k', flipped(record, bit))).toEqual(refused);
  }
});

test('UNREADABLE: any bytes; opening never throws', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (data) => {
      expect(await openRecord(key, 's', 'k', data)).toEqual(refused);
    }),
  );
});
