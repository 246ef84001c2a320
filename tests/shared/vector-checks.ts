import { fromBase64url, toBase64url } from '#shared/bytes.ts';
import { holdAccountKey, unwrapAccountKey, wrapAccountKey } from '#shared/crypto/account.ts';
import { type PairRoot, conversationId, derivePairRoot, openEnvelope } from '#shared/crypto/envelope.ts';
import { openExport } from '#shared/crypto/export.ts';
import { createBundle, importIdentity } from '#shared/crypto/identity.ts';
import { openKeyring } from '#shared/crypto/keyring.ts';
import { pad, paddedLength, unpad } from '#shared/crypto/padding.ts';
import { acceptKdf, stretchPassword } from '#shared/crypto/password.ts';
import { openRecoveryCode, parseRecoveryCode, showRecoveryCode } from '#shared/crypto/recovery.ts';
import { fingerprintOf, safetyNumber, safetyNumberOf } from '#shared/crypto/safety-number.ts';
import { openRecord } from '#shared/crypto/vault.ts';
import { keyIdOf, verifyBundle } from '#shared/crypto/verify.ts';
import type { Bytes, DeviceId, OpId, UserId } from '#shared/ids.ts';
import type { Result } from '#shared/result.ts';
import { parseEnvelope } from '#shared/schema/envelope.ts';
import type { Kdf } from '#shared/schema/http.ts';
import { decodePayload, encodePayload } from '#shared/schema/payload.ts';
import type { Vectors } from './vectors.ts';

/**
 * Checks of the frozen vectors that run anywhere WebCrypto does: nothing here is of Node or of a test runner.
 */
export interface VectorCheck {
  readonly name: string;
  /** Rejects with the first difference. */
  run(vectors: Vectors): Promise<void>;
}

export interface CheckResult {
  readonly name: string;
  /** The first difference; null when all is as frozen. */
  readonly failure: string | null;
}

/** Runs every check, for a place with no test runner, such as a page. */
export async function runVectorChecks(vectors: Vectors): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const { name, run } of vectorChecks) {
    const failure = await run(vectors).then(() => null, String);
    results.push({ name, failure });
  }
  return results;
}

type WrittenIdentity = Vectors['envelope']['ann'];

export const vectorChecks: readonly VectorCheck[] = [
  {
    name: 'key ids and fingerprints are as frozen',
    async run({ identity }) {
      for (const vector of identity) {
        same(await keyIdOf(bytes(vector.agreementPublic)), vector.keyId, 'key id');
        same(await fingerprintOf(bytes(vector.signingPublic)), vector.fingerprint, 'fingerprint');
      }
    },
  },
  {
    name: 'frozen bundles verify, and a bundle made again differs only in its signature',
    async run({ identity }) {
      for (const vector of identity) {
        const userId = vector.userId as UserId;
        const frozen = bytes(vector.bundle);
        const bundle = value(await verifyBundle(frozen, userId), 'bundle');
        same(bundle.signing, vector.signingPublic, 'signing key');
        same(bundle.agreement, vector.agreementPublic, 'agreement key');
        same(`${bundle.epoch} ${bundle.created}`, `${vector.epoch} ${vector.created}`, 'epoch and time');
        const keys = await importIdentity(identityBytes(vector));
        const again = await createBundle(keys, { userId, epoch: vector.epoch, created: vector.created });
        same(again.subarray(0, -64), toBase64url(frozen.subarray(0, -64)), 'signed part');
        value(await verifyBundle(again, userId), 'bundle made again');
      }
    },
  },
  {
    name: 'the conversation id is as frozen, whoever asks',
    async run({ envelope: { ann, ben, conv } }) {
      same(await conversationId(ann.userId as UserId, ben.userId as UserId), conv, 'conversation id');
      same(await conversationId(ben.userId as UserId, ann.userId as UserId), conv, 'conversation id');
    },
  },
  {
    name: 'both members open the frozen envelopes of both directions',
    async run({ envelope: { ann, ben, envelopes } }) {
      for (const root of [await rootOf(ann, ben), await rootOf(ben, ann)]) {
        for (const vector of envelopes) {
          const opened = value(await openEnvelope({ ...expectedOf(vector), trusted: [root] }), 'envelope');
          same(opened.payload, vector.payload, 'payload');
          same(String(opened.header.type), String(vector.type), 'type');
          same(String(opened.header.time), String(vector.time), 'time');
        }
      }
    },
  },
  {
    name: 'what the server reads of the frozen envelopes is as frozen',
    async run({ envelope: { envelopes, conv } }) {
      for (const vector of envelopes) {
        const header = value(parseEnvelope(bytes(vector.envelope)), 'envelope');
        same(
          `${header.from} ${header.to} ${header.id}`,
          `${vector.from} ${vector.to} ${vector.msgId}`,
          'route',
        );
        same(header.conv, conv, 'conversation');
        same(header.salt, vector.salt, 'salt');
        same(header.iv, vector.iv, 'iv');
        same(header.commit, vector.commit, 'commitment');
      }
    },
  },
  {
    name: 'padded sizes are as frozen',
    async run({ padding }) {
      for (const { length, padded } of padding) {
        same(String(paddedLength(length)), String(padded), `size of ${length}`);
        same(
          String(value(unpad(pad(new Uint8Array(length))), 'padded').length),
          String(length),
          'unpadded size',
        );
      }
    },
  },
  {
    name: 'payloads are written and read as frozen',
    async run({ payload: payloads }) {
      for (const vector of payloads) {
        const { counter, body } = vector;
        const payload = value(decodePayload(bytes(vector.bytes)), 'payload');
        same(`${payload.device} ${payload.counter}`, `${vector.device} ${counter}`, 'device and counter');
        same(payload.prev, vector.prev, 'previous hash');
        same(
          JSON.stringify(payload.body.kind === 'text' ? payload.body : payload.body.raw),
          JSON.stringify(body),
          'body',
        );
        const content = body.kind === 'text' ? payload.body : ({ kind: 'unknown', raw: body } as const);
        const device = vector.device as DeviceId;
        same(
          encodePayload({ device, counter, prev: bytes(vector.prev), body: content }),
          vector.bytes,
          'bytes',
        );
      }
    },
  },
  {
    name: 'passwords stretch to the frozen keys, and unwrap the frozen account keys',
    async run({ password: passwords }) {
      for (const vector of passwords) {
        const kdf = acceptKdf(vector.kdf as Kdf);
        const password = await stretchPassword(vector.password, vector.username, kdf);
        same(password.authKey, vector.authKey, 'auth key');
        same(password.commit, vector.commit, 'commitment');
        const wrapping = { userId: vector.userId as UserId, kdf, password };
        const unwrapped = value(await unwrapAccountKey(bytes(vector.wrapped), wrapping), 'account key');
        same(unwrapped.accountKey, vector.accountKey, 'account key');
        same(String(unwrapped.version), String(vector.version), 'version');
        const again = await wrapAccountKey(unwrapped.accountKey, unwrapped.version, wrapping);
        same(
          value(await unwrapAccountKey(again, wrapping), 'account key wrapped again').accountKey,
          vector.accountKey,
          'key',
        );
      }
    },
  },
  {
    name: 'recovery codes are shown and read as frozen, and open the frozen account keys',
    async run({ recovery: codes }) {
      for (const vector of codes) {
        const code = value(await parseRecoveryCode(vector.shown), 'code');
        same(code, vector.symbols, 'symbols');
        same(await showRecoveryCode(code), vector.shown, 'shown code');
        const recovery = await openRecoveryCode(code, vector.username);
        same(recovery.authKey, vector.authKey, 'proof');
        same(recovery.commit, vector.commit, 'commitment');
        const wrapping = { userId: vector.userId as UserId, recovery };
        const unwrapped = value(await unwrapAccountKey(bytes(vector.wrapped), wrapping), 'account key');
        same(unwrapped.accountKey, vector.accountKey, 'account key');
        same(String(unwrapped.version), String(vector.version), 'version');
      }
    },
  },
  {
    name: 'the frozen export opens to its records',
    async run({ exported: { passphrase, records, file } }) {
      const data = bytes(file);
      const source = { size: data.length, read: async (from: number, to: number) => data.slice(from, to) };
      const found: unknown[] = [];
      value(await openExport(passphrase, source, (record) => found.push(record)), 'export');
      same(JSON.stringify(found), JSON.stringify(records), 'records');
    },
  },
  {
    name: 'the frozen keyring opens to keys that work, with what this version does not know',
    async run({ keyring: vector }) {
      const accountKey = await holdAccountKey(bytes(vector.accountKey));
      const opened = value(
        await openKeyring(accountKey, vector.userId as UserId, bytes(vector.sealed)),
        'keyring',
      );
      same(String(opened.revision), String(vector.revision), 'revision');
      same(
        JSON.stringify(opened.keyring.pins),
        JSON.stringify({ [vector.peer]: { verified: true } }),
        'pins',
      );
      same(String(opened.keyring.later), 'kept', 'unknown field');
      const [newest] = opened.keyring.identities;
      if (newest === undefined) throw new Error('no identity');
      same(newest.signing, vector.signing, 'signing key');
      await importIdentity(newest);
    },
  },
  {
    name: 'frozen vault records open',
    async run({ vault }) {
      const key = await crypto.subtle.importKey('raw', bytes(vault.key), 'AES-GCM', false, [
        'encrypt',
        'decrypt',
      ]);
      for (const { store, primaryKey, record, content } of vault.records) {
        same(value(await openRecord(key, store, primaryKey, bytes(record)), 'record'), content, 'content');
      }
    },
  },
  {
    name: 'the safety number is as frozen, whoever computes it',
    async run({ safetyNumber: { ann, ben, digits } }) {
      const [a, b] = [signerOf(ann), signerOf(ben)];
      same(await safetyNumber(a, b), digits, 'digits');
      same(await safetyNumber(b, a), digits, 'digits');
    },
  },
  {
    name: 'the code of a safety number is as frozen, whoever computes it',
    async run({ safetyNumber: { ann, ben, digits }, safetyCode }) {
      for (const [one, other] of [
        [ann, ben],
        [ben, ann],
      ] as const) {
        const { groups, code } = await safetyNumberOf(signerOf(one), signerOf(other));
        same(code, safetyCode.code, 'code');
        same(groups.join(''), digits, 'digits');
      }
    },
  },
];

export async function rootOf(self: WrittenIdentity, peer: WrittenIdentity): Promise<PairRoot> {
  const { agreement } = await importIdentity(identityBytes(self));
  return derivePairRoot(agreement, partyOf(self), partyOf(peer));
}

export function bytes(text: string): Bytes {
  const data = fromBase64url(text);
  if (data === undefined) throw new Error('a vector is not base64url');
  return data;
}

export function expectedOf({ envelope, from, to, msgId }: Vectors['envelope']['envelopes'][number]) {
  return { envelope: bytes(envelope), from: from as UserId, to: to as UserId, id: msgId as OpId };
}

const partyOf = (who: WrittenIdentity) => ({
  userId: who.userId as UserId,
  publicKey: bytes(who.agreementPublic),
});
const signerOf = (who: WrittenIdentity) => ({
  userId: who.userId as UserId,
  signing: bytes(who.signingPublic),
});

const identityBytes = (who: WrittenIdentity) => ({
  signing: bytes(who.signing),
  agreement: bytes(who.agreement),
  signingPublic: bytes(who.signingPublic),
  agreementPublic: bytes(who.agreementPublic),
});

function same(actual: Bytes | string, frozen: string, what: string): void {
  const text = typeof actual === 'string' ? actual : toBase64url(actual);
  if (text !== frozen) throw new Error(`${what}: ${text} instead of ${frozen}`);
}

function value<T>(result: Result<T, string>, what: string): T {
  if (!result.ok) throw new Error(`${what}: ${result.error}`);
  return result.value;
}
