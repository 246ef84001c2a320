import { decode } from '@msgpack/msgpack';
import { describe, expect, test } from 'vitest';
import { acceptKdf, stretchPassword } from '#shared/crypto/password.ts';
import { createBundle, importIdentity } from '#shared/crypto/identity.ts';
import { holdAccountKey, wrapAccountKey } from '#shared/crypto/account.ts';
import { pad, paddedLength } from '#shared/crypto/padding.ts';
import { sealExport } from '#shared/crypto/export.ts';
import { openRecoveryCode, parseRecoveryCode } from '#shared/crypto/recovery.ts';
import { sealEnvelope } from '#shared/crypto/envelope.ts';
import { sealKeyring } from '#shared/crypto/keyring.ts';
import { sealRecord } from '#shared/crypto/vault.ts';
import type { OpId, UserId } from '#shared/ids.ts';
import type { EnvelopeType } from '#shared/schema/envelope.ts';
import type { Kdf } from '#shared/schema/http.ts';
import * as ref from './independent/reference.ts';
import { bytes, rootOf, runVectorChecks, vectorChecks } from './vector-checks.ts';
import { oneByOne } from './people.ts';
import { vectors } from './vectors.ts';

const buffer = (text: string) => Buffer.from(text, 'base64url');
const b64 = (data: Uint8Array) => Buffer.from(data).toString('base64url');

describe('shared/crypto agrees with what the independent implementation froze', () => {
  for (const { name, run } of vectorChecks) test(name, () => run(vectors));

  test('a changed vector is noticed by name, so that the checks can fail', async () => {
    const padding = [{ length: 0, padded: 257 }];
    const failed = (await runVectorChecks({ ...vectors, padding })).filter(({ failure }) => failure !== null);
    expect(failed).toEqual([
      { name: 'padded sizes are as frozen', failure: 'Error: size of 0: 256 instead of 257' },
    ]);
  });
});

describe('the independent implementation still gives what it froze', () => {
  const { ann, ben, root, envelopes, conv } = vectors.envelope;

  test('bundles, key ids and fingerprints', () => {
    for (const vector of vectors.identity) {
      const [signing, agreement] = [buffer(vector.signingPublic), buffer(vector.agreementPublic)];
      const body = ref.bundleBody({ ...vector, signing, agreement });
      const frozen = buffer(vector.bundle);
      expect(frozen.subarray(0, -64)).toEqual(body);
      expect(ref.bundleIsSigned(frozen, signing)).toBe(true);
      expect(b64(ref.keyId(agreement))).toBe(vector.keyId);
      expect(ref.fingerprint(signing)).toBe(vector.fingerprint);
    }
  });

  test('pair root, from either side', () => {
    const sides = [ref.privateKey(buffer(ann.agreement)), ref.privateKey(buffer(ben.agreement))] as const;
    expect(b64(ref.pairRoot(sides[0], buffer(ben.agreementPublic)))).toBe(root);
    expect(b64(ref.pairRoot(sides[1], buffer(ann.agreementPublic)))).toBe(root);
    expect(b64(ref.conversationId(ben.userId, ann.userId))).toBe(conv);
  });

  test('message keys, commitments and envelopes', () => {
    for (const vector of envelopes) {
      const fields = fieldsOf(vector);
      const { key, commit } = ref.messageKeys(buffer(root), fields);
      expect([b64(key), b64(commit)]).toEqual([vector.key, vector.commit]);
      const [iv, padded] = [buffer(vector.iv), ref.pad(buffer(vector.payload))];
      expect(b64(ref.sealEnvelope(buffer(root), fields, { iv, padded }))).toBe(vector.envelope);
    }
  });

  test('passwords', () => {
    for (const vector of vectors.password) {
      const kdf = { ...vector.kdf, salt: buffer(vector.kdf.salt) };
      const { authKey, wrapKey, commit } = ref.stretchPassword(vector.password, vector.username, kdf);
      expect([b64(authKey), b64(wrapKey), b64(commit)]).toEqual([
        vector.authKey,
        vector.wrapKey,
        vector.commit,
      ]);
    }
  });

  test('recovery codes', () => {
    for (const vector of vectors.recovery) {
      const { authKey, wrapKey, commit } = ref.openRecoveryCode(vector.symbols, vector.username);
      expect([b64(authKey), b64(wrapKey), b64(commit)]).toEqual([
        vector.authKey,
        vector.wrapKey,
        vector.commit,
      ]);
      expect(ref.showRecoveryCode(vector.symbols)).toBe(vector.shown);
      const fields = { userId: vector.userId, version: vector.version, wrapKey, commit };
      expect(b64(ref.unwrapWithRecovery(buffer(vector.wrapped), fields))).toBe(vector.accountKey);
    }
  });

  test('exports', () => {
    const { passphrase, file, records } = vectors.exported;
    expect(ref.openExport(passphrase, buffer(file)).map((chunk) => decode(chunk))).toEqual(records);
  });

  test('safety number', () => {
    const sides = [vectors.safetyNumber.ann, vectors.safetyNumber.ben] as const;
    const [a, b] = [0, 1].map((at) => {
      const { userId, signingPublic } = sides[at as 0 | 1];
      return { userId, signing: buffer(signingPublic) };
    });
    expect(a && b && ref.safetyNumber(a, b)).toBe(vectors.safetyNumber.digits);
    expect(a && b && ref.safetyCode(b, a)).toBe(vectors.safetyCode.code);
  });
});

describe('the independent implementation opens what shared/crypto seals', () => {
  const { ann, ben, root, envelopes } = vectors.envelope;

  test('envelopes', async () => {
    const roots = { [ann.userId]: await rootOf(ann, ben), [ben.userId]: await rootOf(ben, ann) };
    for (const vector of envelopes) {
      const sender = roots[vector.from];
      expect(sender).toBeDefined();
      if (!sender) continue;
      const { time } = vector;
      const type = vector.type as EnvelopeType;
      const id = vector.msgId as OpId;
      const envelope = Buffer.from(
        await sealEnvelope({ root: sender, type, id, time, payload: bytes(vector.payload) }),
      );
      const fields = { ...fieldsOf(vector), salt: envelope.subarray(125, 157) };
      expect(ref.openEnvelope(buffer(root), fields, envelope)).toEqual(ref.pad(buffer(vector.payload)));
    }
  });

  test('padding, for every size up to 70,000', () => {
    for (let length = 0; length <= 70_000; length++) {
      if (paddedLength(length) !== ref.paddedLength(length)) expect.fail(`size ${length}`);
    }
    expect(Buffer.from(pad(bytes('AAECgAA')))).toEqual(ref.pad(buffer('AAECgAA')));
  });

  test('bundles', async () => {
    const [vector] = vectors.identity;
    if (!vector) expect.fail('no vector');
    const keys = await importIdentity({
      signing: bytes(vector.signing),
      agreement: bytes(vector.agreement),
      signingPublic: bytes(vector.signingPublic),
      agreementPublic: bytes(vector.agreementPublic),
    });
    const bundle = await createBundle(keys, { userId: vector.userId as UserId, epoch: 4, created: 5 });
    expect(ref.bundleIsSigned(Buffer.from(bundle), buffer(vector.signingPublic))).toBe(true);
  });

  test('account keys', async () => {
    for (const vector of vectors.password) {
      const kdf = acceptKdf(vector.kdf as Kdf);
      const password = await stretchPassword(vector.password, vector.username, kdf);
      const wrapping = { userId: vector.userId as UserId, kdf, password };
      const wrapped = await wrapAccountKey(bytes(vector.accountKey), 4, wrapping);
      const fields = {
        userId: vector.userId,
        kdf: { ...vector.kdf, salt: buffer(vector.kdf.salt) },
        version: 4,
        wrapKey: buffer(vector.wrapKey),
        commit: buffer(vector.commit),
      };
      expect(b64(ref.unwrapAccountKey(Buffer.from(wrapped), fields))).toBe(vector.accountKey);
    }
  });

  test('account keys under recovery codes', async () => {
    for (const vector of vectors.recovery) {
      const code = await parseRecoveryCode(vector.shown);
      if (!code.ok) expect.fail(code.error);
      const recovery = await openRecoveryCode(code.value, vector.username);
      const userId = vector.userId as UserId;
      const wrapped = await wrapAccountKey(bytes(vector.accountKey), 5, { userId, recovery });
      const fields = { userId, version: 5, wrapKey: buffer(vector.wrapKey), commit: buffer(vector.commit) };
      expect(b64(ref.unwrapWithRecovery(Buffer.from(wrapped), fields))).toBe(vector.accountKey);
    }
  });

  test('exports', async () => {
    const records = [{ a: 1 }, 'two', [3]];
    const pieces: Uint8Array[] = [];
    for await (const piece of sealExport('passphrase', oneByOne(records), 1)) pieces.push(piece);
    const opened = ref.openExport('passphrase', Buffer.concat(pieces));
    expect(opened.map((chunk) => decode(chunk))).toEqual(records);
  });

  test('keyrings', async () => {
    const { accountKey, userId, signing, agreement, signingPublic, agreementPublic } = vectors.keyring;
    const keys = {
      epoch: 1,
      signing: bytes(signing),
      agreement: bytes(agreement),
      signingPublic: bytes(signingPublic),
      agreementPublic: bytes(agreementPublic),
    };
    const keyring = {
      identities: [keys],
      pins: { [vectors.keyring.peer]: { verified: true } },
      later: 'kept',
    };
    const key = await holdAccountKey(bytes(accountKey));
    const sealed = await sealKeyring(key, { userId: userId as UserId, revision: 10, keyring });
    const opened = ref.openKeyring(buffer(accountKey), userId, Buffer.from(sealed));
    expect(b64(opened)).toBe(vectors.keyring.plain);
  });

  test('vault records', async () => {
    const key = await crypto.subtle.importKey('raw', bytes(vectors.vault.key), 'AES-GCM', false, ['encrypt']);
    for (const { store, primaryKey, content } of vectors.vault.records) {
      const record = Buffer.from(await sealRecord(key, store, primaryKey, bytes(content)));
      expect(b64(ref.openRecord(buffer(vectors.vault.key), store, primaryKey, record))).toBe(content);
    }
  });
});

function fieldsOf(vector: (typeof vectors.envelope.envelopes)[number]): ref.EnvelopeFields {
  const { ann, ben, conv } = vectors.envelope;
  const keyIds = new Map([ann, ben].map((who) => [who.userId, ref.keyId(buffer(who.agreementPublic))]));
  const { type, from, to, msgId, time, salt } = vector;
  const [fromKeyId, toKeyId] = [keyIds.get(from), keyIds.get(to)];
  if (!fromKeyId || !toKeyId) throw new Error('unknown user in a vector');
  return {
    suite: 1,
    type,
    from,
    to,
    conv: buffer(conv),
    msgId,
    fromKeyId,
    toKeyId,
    time,
    salt: buffer(salt),
  };
}
