import { expect, test } from 'vitest';
import {
  codeShownBy,
  compareSafetyCode,
  fingerprintOf,
  safetyNumber,
  safetyNumberOf,
} from '#shared/crypto/safety-number.ts';
import { someone } from './people.ts';

test('60 digits, the same for both members, others for another key or another user', async () => {
  const [ann, ben, eve] = await Promise.all([someone(), someone(), someone()]);
  const signer = ({ userId, identity }: typeof ann) => ({ userId, signing: identity.signingPublic });
  const number = await safetyNumber(signer(ann), signer(ben));
  expect(number).toMatch(/^\d{60}$/);
  expect(await safetyNumber(signer(ben), signer(ann))).toBe(number);
  const otherKey = { userId: ben.userId, signing: eve.identity.signingPublic };
  const otherUser = { userId: eve.userId, signing: ben.identity.signingPublic };
  expect(await safetyNumber(signer(ann), otherKey)).not.toBe(number);
  expect(await safetyNumber(signer(ann), otherUser)).not.toBe(number);
});

test('a code proves something only when the friend shows it', async () => {
  const [ann, ben, eve] = await Promise.all([someone(), someone(), someone()]);
  const signer = ({ userId, identity }: typeof ann) => ({ userId, signing: identity.signingPublic });
  const { code } = await safetyNumberOf(signer(ann), signer(ben));
  const swapped = await safetyNumberOf({ ...signer(eve), userId: ann.userId }, signer(ben));
  const seenByAnn = (scanned: string) => compareSafetyCode(code, ben.userId, scanned);
  expect(seenByAnn(codeShownBy(ben.userId, code))).toBe('match');
  expect(seenByAnn(`  ${codeShownBy(ben.userId, code)}\n`)).toBe('match');
  expect(seenByAnn(codeShownBy(ann.userId, code))).toBe('own');
  expect(seenByAnn(codeShownBy(ben.userId, swapped.code))).toBe('mismatch');
  for (const text of [code, `${code}.`, `${code}.me`, 'NXSN1.', '', code.replace('NXSN1', 'NXSN2')]) {
    expect(seenByAnn(text)).toBe('unreadable');
  }
});

test('a fingerprint is eight groups of four hexadecimal digits', async () => {
  const { identity } = await someone();
  expect(await fingerprintOf(identity.signingPublic)).toMatch(/^([0-9A-F]{4} ){7}[0-9A-F]{4}$/);
});
