import { expect, test } from 'vitest';
import { fingerprintOf, safetyNumber } from '#shared/crypto/safety-number.ts';
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

test('a fingerprint is eight groups of four hexadecimal digits', async () => {
  const { identity } = await someone();
  expect(await fingerprintOf(identity.signingPublic)).toMatch(/^([0-9A-F]{4} ){7}[0-9A-F]{4}$/);
});
