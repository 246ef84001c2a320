import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { encode } from '@msgpack/msgpack';
import * as ref from './reference.ts';

/**
 * Wrote tests/shared/vectors/*.json, once. Frozen since: a format that changes gets a new version and new
 * vectors, so this refuses to overwrite. Run with `npx tsx tests/shared/independent/make-vectors.ts`.
 */
const b64 = (data: Uint8Array) => Buffer.from(data).toString('base64url');
const pkcs8 = () =>
  generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { format: 'der', type: 'pkcs8' },
    publicKeyEncoding: { format: 'der', type: 'spki' },
  }).privateKey;

function person() {
  const signing = pkcs8();
  const agreement = pkcs8();
  return {
    userId: b64(randomBytes(16)),
    signing,
    agreement,
    signingPublic: ref.pointOf(ref.privateKey(signing)),
    agreementPublic: ref.pointOf(ref.privateKey(agreement)),
  };
}

function write(name: string, vector: unknown): void {
  const path = new URL(`../vectors/${name}.json`, import.meta.url);
  writeFileSync(path, `${JSON.stringify(vector, null, 2)}\n`, { flag: 'wx' });
}

const ann = person();
const ben = person();

const written = (who: typeof ann) => ({
  userId: who.userId,
  signing: b64(who.signing),
  agreement: b64(who.agreement),
  signingPublic: b64(who.signingPublic),
  agreementPublic: b64(who.agreementPublic),
});

const bundles = [ann, ben].map((who, index) => {
  const fields = {
    userId: who.userId,
    epoch: index + 1,
    signing: who.signingPublic,
    agreement: who.agreementPublic,
    created: 1_767_225_600_000 + index,
  };
  return Object.assign(written(who), {
    epoch: fields.epoch,
    created: fields.created,
    keyId: b64(ref.keyId(who.agreementPublic)),
    fingerprint: ref.fingerprint(who.signingPublic),
    bundle: b64(ref.signBundle(ref.bundleBody(fields), ref.privateKey(who.signing))),
  });
});
write('identity', bundles);

const root = ref.pairRoot(ref.privateKey(ann.agreement), ben.agreementPublic);
const payloads = [
  Buffer.alloc(0),
  Buffer.from('hello'),
  Buffer.alloc(255, 7),
  Buffer.alloc(256, 0),
  Buffer.alloc(5_000, 0x80),
];
const envelopes = payloads.map((payload, index) => {
  const type = (index % 4) + 1;
  const [sender, recipient] = index % 2 === 0 ? [ann, ben] : [ben, ann];
  const fields = {
    suite: 1,
    type,
    from: sender.userId,
    to: recipient.userId,
    conv: ref.conversationId(ann.userId, ben.userId),
    msgId: `019b7e5c-9a0${index}-7c3d-8e4f-a1b2c3d4e5f${index}`,
    fromKeyId: ref.keyId(sender.agreementPublic),
    toKeyId: ref.keyId(recipient.agreementPublic),
    time: 1_767_225_600_000 + index,
    salt: randomBytes(32),
  };
  const { key, commit } = ref.messageKeys(root, fields);
  const iv = randomBytes(12);
  return {
    type,
    from: fields.from,
    to: fields.to,
    msgId: fields.msgId,
    time: fields.time,
    salt: b64(fields.salt),
    iv: b64(iv),
    key: b64(key),
    commit: b64(commit),
    payload: b64(payload),
    envelope: b64(ref.sealEnvelope(root, fields, { iv, padded: ref.pad(payload) })),
  };
});
write('envelope', {
  ann: written(ann),
  ben: written(ben),
  conv: b64(ref.conversationId(ann.userId, ben.userId)),
  root: b64(root),
  envelopes,
});

write(
  'padding',
  [0, 1, 254, 255, 256, 271, 272, 1_000, 4_095, 4_096, 30_000, 65_000].map((length) => ({
    length,
    padded: ref.paddedLength(length),
  })),
);

const device = b64(randomBytes(16));
const prev = Buffer.alloc(32, 3);
write(
  'payload',
  [
    { device, counter: 1, prev: Buffer.alloc(32), body: { kind: 'text', text: 'Grüße 👋🏽' } },
    { device, counter: 5_000_000_000, prev, body: { kind: 'text', text: '' } },
    { device, counter: 7, prev, body: { kind: 'poll', options: ['a', 'b'], multiple: false } },
  ].map((payload) => {
    const { counter, body } = payload;
    return { device, counter, prev: b64(payload.prev), body, bytes: b64(encode(payload)) };
  }),
);

const passwords = [
  { password: 'correct horse battery', username: 'ann', iterations: 600_000 },
  // NFKC: the ligature and the combining accent are the same password as the plain letters typed elsewhere.
  { password: 'e\u0301clair o\uFB03ce', username: 'ben.b', iterations: 600_001 },
].map(({ password, username, iterations }) => {
  const kdf = { alg: 'PBKDF2-SHA256', iterations, salt: randomBytes(16) };
  const { authKey, wrapKey, commit } = ref.stretchPassword(password, username, kdf);
  const accountKey = randomBytes(32);
  const fields = { userId: ann.userId, kdf, version: 3, wrapKey, commit };
  return {
    password,
    username,
    kdf: { ...kdf, salt: b64(kdf.salt) },
    authKey: b64(authKey),
    wrapKey: b64(wrapKey),
    commit: b64(commit),
    userId: fields.userId,
    version: fields.version,
    accountKey: b64(accountKey),
    wrapped: b64(ref.wrapAccountKey(accountKey, fields, randomBytes(12))),
  };
});
write('password', passwords);

const accountKey = randomBytes(32);
const identity = {
  epoch: 1,
  signing: ann.signing,
  agreement: ann.agreement,
  signingPublic: ann.signingPublic,
  agreementPublic: ann.agreementPublic,
};
const plain = Buffer.from(
  encode({ identities: [identity], pins: { [ben.userId]: { verified: true } }, later: 'kept' }),
);
write('keyring', {
  accountKey: b64(accountKey),
  ...written(ann),
  peer: ben.userId,
  revision: 9,
  plain: b64(plain),
  sealed: b64(ref.sealKeyring(accountKey, ann.userId, 9, randomBytes(12), plain)),
});

const vaultKey = randomBytes(32);
write('vault', {
  key: b64(vaultKey),
  records: [
    {
      store: 'messages',
      primaryKey: '019b7e5c-9a00-7c3d-8e4f-a1b2c3d4e5f0',
      content: Buffer.from('content'),
    },
    { store: 'drafts', primaryKey: '', content: Buffer.alloc(0) },
  ].map(({ store, primaryKey, content }) => ({
    store,
    primaryKey,
    content: b64(content),
    record: b64(ref.sealRecord(vaultKey, store, primaryKey, randomBytes(12), content)),
  })),
});

write('safety-number', {
  ann: written(ann),
  ben: written(ben),
  digits: ref.safetyNumber(
    { userId: ann.userId, signing: ann.signingPublic },
    { userId: ben.userId, signing: ben.signingPublic },
  ),
});
