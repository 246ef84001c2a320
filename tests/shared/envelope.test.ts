import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { type PairRoot, derivePairRoot, openEnvelope, sealEnvelope } from '#shared/crypto/envelope.ts';
import { keyIdOf } from '#shared/crypto/verify.ts';
import type { Bytes, OpId, UserId } from '#shared/ids.ts';
import { ENVELOPE_TYPE, MAX_ENVELOPE, parseEnvelope } from '#shared/schema/envelope.ts';
import { MAX_TIME } from '#shared/schema/fields.ts';
import * as ref from './independent/reference.ts';
import { type TestUser, flipped, rootBetween, someone } from './people.ts';
import { bytes, rootOf } from './vector-checks.ts';
import { vectors } from './vectors.ts';

const id = '019b7e5c-9a00-7c3d-8e4f-a1b2c3d4e5f0' as OpId;
const otherId = '019b7e5c-9a00-7c3d-8e4f-a1b2c3d4e5f1' as OpId;
const payload: Bytes = Uint8Array.from(Buffer.from('a secret'));
const time = 1_767_225_600_000;

let ann: TestUser;
let ben: TestUser;
let eve: TestUser;
let annToBen: PairRoot;
let benToAnn: PairRoot;

beforeAll(async () => {
  [ann, ben, eve] = await Promise.all([someone(), someone(), someone()]);
  [annToBen, benToAnn] = await Promise.all([rootBetween(ann, ben), rootBetween(ben, ann)]);
});

const sealed = (changes: Partial<Parameters<typeof sealEnvelope>[0]> = {}) =>
  sealEnvelope({ root: annToBen, type: ENVELOPE_TYPE.message, id, time, payload, ...changes });

/** Opens as Ben does. */
const open = (envelope: Bytes, changes: Partial<Parameters<typeof openEnvelope>[0]> = {}) =>
  openEnvelope({ envelope, from: ann.userId, to: ben.userId, id, trusted: [benToAnn], ...changes });

const refused = (error: string) => ({ ok: false, error });

describe('round trip', () => {
  test('any payload, type and time arrive as they were sent, at the recipient and at the sender’s other devices', async () => {
    const type = fc.constantFrom(...Object.values(ENVELOPE_TYPE));
    const ids = fc.uuid({ version: 7 }).map((uuid) => uuid as OpId);
    const content = fc.uint8Array({ maxLength: 600 });
    await fc.assert(
      fc.asyncProperty(
        type,
        ids,
        fc.integer({ min: 0, max: MAX_TIME }),
        content,
        async (kind, opId, clock, data) => {
          const envelope = await sealed({ type: kind, id: opId, time: clock, payload: data });
          for (const root of [benToAnn, annToBen]) {
            const opened = await open(envelope, { id: opId, trusted: [root] });
            expect(opened).toMatchObject({
              ok: true,
              value: { header: { type: kind, time: clock }, payload: data },
            });
          }
        },
      ),
    );
  });

  test('sealing twice gives other bytes but the same size', async () => {
    const [first, second] = [await sealed(), await sealed()];
    expect(first).toHaveLength(second.length);
    expect(first.subarray(125)).not.toEqual(second.subarray(125));
  });

  test('the size tells only the bucket of the payload', async () => {
    const sizes = await Promise.all(
      [0, 1, 255].map(async (size) => (await sealed({ payload: new Uint8Array(size) })).length),
    );
    expect(new Set(sizes)).toEqual(new Set([201 + 256 + 16]));
    expect(await sealed({ payload: new Uint8Array(256) })).toHaveLength(201 + 272 + 16);
  });

  test('of several trusted roots the one that the key ids name opens it', async () => {
    const rotated = await rootBetween({ ...ben, identity: eve.identity }, ann);
    expect(await open(await sealed(), { trusted: [rotated, benToAnn] })).toMatchObject({ ok: true });
  });

  test('the pair root can’t be read out', () => {
    expect(annToBen.key.extractable).toBe(false);
  });
});

/** Every byte of an envelope, by field, and what a receiver may answer when a bit of it is turned. */
const FIELDS: readonly [name: string, from: number, to: number, errors: readonly string[]][] = [
  ['magic', 0, 2, ['ENVELOPE_INVALID']],
  ['version', 2, 3, ['ENVELOPE_INVALID', 'UNSUPPORTED_VERSION']],
  ['suite', 3, 4, ['ENVELOPE_INVALID', 'UNSUPPORTED_VERSION']],
  ['type', 4, 5, ['ENVELOPE_INVALID', 'UNREADABLE']],
  ['sender', 5, 29, ['ENVELOPE_INVALID', 'ENVELOPE_MISMATCH']],
  ['recipient', 29, 53, ['ENVELOPE_INVALID', 'ENVELOPE_MISMATCH']],
  ['conversation', 53, 69, ['ENVELOPE_MISMATCH']],
  ['message id', 69, 85, ['ENVELOPE_INVALID', 'ENVELOPE_MISMATCH']],
  ['sender’s key id', 85, 101, ['KEY_UNKNOWN']],
  ['recipient’s key id', 101, 117, ['KEY_UNKNOWN']],
  ['time', 117, 125, ['ENVELOPE_INVALID', 'UNREADABLE']],
  ['salt', 125, 157, ['UNREADABLE']],
  ['iv', 157, 169, ['UNREADABLE']],
  ['commitment', 169, 201, ['UNREADABLE']],
  ['ciphertext and tag', 201, 473, ['UNREADABLE']],
];

describe('any turned bit is refused', () => {
  test.each(FIELDS)('in the %s', async (_name, from, to, errors) => {
    const envelope = await sealed();
    for (let bit = from * 8; bit < to * 8; bit++) {
      const result = await open(flipped(envelope, bit));
      if (result.ok) expect.fail(`bit ${bit} does not matter`);
      expect(errors).toContain(result.error);
    }
  });

  test('the fields above are the whole envelope', async () => {
    expect(FIELDS.map(([, from]) => from)).toEqual([0, ...FIELDS.map(([, , to]) => to).slice(0, -1)]);
    expect(await sealed()).toHaveLength(FIELDS.at(-1)?.[2] ?? 0);
  });

  test('an envelope cut short or made longer is refused', async () => {
    const envelope = await sealed({ payload: new Uint8Array(500) });
    const cuts = fc.nat(envelope.length - 1).map((length) => envelope.slice(0, length));
    await fc.assert(
      fc.asyncProperty(cuts, async (cut) => {
        const result = await open(cut);
        expect(['ENVELOPE_INVALID', 'UNREADABLE']).toContain(result.ok || result.error);
      }),
    );
    expect(await open(Uint8Array.of(...envelope, 0))).toEqual(refused('UNREADABLE'));
  });
});

describe('each refusal', () => {
  test('ENVELOPE_INVALID: bytes that are no envelope', async () => {
    expect(await open(new Uint8Array())).toEqual(refused('ENVELOPE_INVALID'));
    expect(await open(new Uint8Array(473))).toEqual(refused('ENVELOPE_INVALID'));
  });

  test('FRAME_TOO_LARGE: more bytes than anybody accepts, opened or sealed', async () => {
    expect(await open(new Uint8Array(MAX_ENVELOPE + 1))).toEqual(refused('FRAME_TOO_LARGE'));
    await expect(sealed({ payload: new Uint8Array(70_000) })).rejects.toMatchObject({
      code: 'FRAME_TOO_LARGE',
    });
  });

  test('UNSUPPORTED_VERSION: a newer layout or suite', async () => {
    const envelope = await sealed();
    expect(await open(envelope.with(2, 2))).toEqual(refused('UNSUPPORTED_VERSION'));
    expect(await open(envelope.with(3, 2))).toEqual(refused('UNSUPPORTED_VERSION'));
  });

  test('SUITE_REFUSED: a weaker suite than the contact is pinned to', async () => {
    expect(await open(await sealed(), { minSuite: 2 })).toEqual(refused('SUITE_REFUSED'));
  });

  test('ENVELOPE_MISMATCH: delivered under another sender, recipient, direction or id', async () => {
    const envelope = await sealed();
    expect(await open(envelope, { from: eve.userId })).toEqual(refused('ENVELOPE_MISMATCH'));
    expect(await open(envelope, { to: eve.userId })).toEqual(refused('ENVELOPE_MISMATCH'));
    expect(await open(envelope, { from: ben.userId, to: ann.userId })).toEqual(refused('ENVELOPE_MISMATCH'));
    expect(await open(envelope, { id: otherId })).toEqual(refused('ENVELOPE_MISMATCH'));
  });

  test('ENVELOPE_MISMATCH is found without any trusted key', async () => {
    const wrongConversation = flipped(await sealed(), 53 * 8);
    expect(await open(wrongConversation, { trusted: [] })).toEqual(refused('ENVELOPE_MISMATCH'));
  });

  test('KEY_UNKNOWN: sealed between keys that are not trusted, also when a root of other people is at hand', async () => {
    const envelope = await sealed();
    expect(await open(envelope, { trusted: [] })).toEqual(refused('KEY_UNKNOWN'));
    expect(await open(envelope, { trusted: [await rootBetween(ben, eve)] })).toEqual(refused('KEY_UNKNOWN'));
    const rotated = await rootBetween(ben, { ...ann, identity: eve.identity });
    expect(await open(envelope, { trusted: [rotated] })).toEqual(refused('KEY_UNKNOWN'));
  });

  test('UNREADABLE: a header turned round by the server does not open in the other direction', async () => {
    const envelope = await sealed();
    const turned = envelope.slice();
    turned.set(envelope.subarray(29, 53), 5);
    turned.set(envelope.subarray(5, 29), 29);
    turned.set(envelope.subarray(101, 117), 85);
    turned.set(envelope.subarray(85, 101), 101);
    expect(await open(turned, { from: ben.userId, to: ann.userId })).toEqual(refused('UNREADABLE'));
  });

  test('UNREADABLE: a message can’t be passed off as a call signal', async () => {
    for (const type of [2, 3, 4])
      expect(await open((await sealed()).with(4, type))).toEqual(refused('UNREADABLE'));
  });

  test('UNREADABLE: the key ids of a pair under which somebody else sealed', async () => {
    const forged = await sealed({ root: { ...annToBen, key: (await rootBetween(eve, ben)).key } });
    expect(await open(forged)).toEqual(refused('UNREADABLE'));
  });

  test('BUNDLE_INVALID: a key that is no point of the curve has no pair root', async () => {
    const self = { userId: ann.userId, publicKey: ann.identity.agreementPublic };
    const peer = { userId: ben.userId, publicKey: flipped(ben.identity.agreementPublic, 500) };
    const derive = (a: typeof self, b: typeof self) => derivePairRoot(ann.identity.agreement, a, b);
    await expect(derive(self, peer)).rejects.toMatchObject({ code: 'BUNDLE_INVALID' });
    await expect(derive(peer, self)).rejects.toMatchObject({ code: 'BUNDLE_INVALID' });
  });
});

describe('a dishonest peer who holds the pair’s key', () => {
  const { ann: a, ben: b, conv, root, envelopes } = vectors.envelope;
  const [vector] = envelopes;
  if (!vector) throw new Error('no vector');
  const buffer = (text: string) => Buffer.from(text, 'base64url');
  const iv = buffer(vector.iv);

  async function openForged(forge: (fields: ref.EnvelopeFields) => Buffer) {
    const [fromKeyId, toKeyId] = await Promise.all([
      keyIdOf(bytes(a.agreementPublic)),
      keyIdOf(bytes(b.agreementPublic)),
    ]);
    const forged = forge({
      suite: 1,
      type: vector?.type ?? 0,
      from: a.userId,
      to: b.userId,
      conv: buffer(conv),
      msgId: id,
      fromKeyId: Buffer.from(fromKeyId),
      toKeyId: Buffer.from(toKeyId),
      time,
      salt: buffer(vector?.salt ?? ''),
    });
    const trusted = [await rootOf(b, a)];
    const [from, to] = [a.userId as UserId, b.userId as UserId];
    return openEnvelope({ envelope: Uint8Array.from(forged), from, to, id, trusted });
  }

  test('UNREADABLE: a wrong commitment, even under a right tag', async () => {
    const padded = ref.pad(Buffer.from('x'));
    const honest = (fields: ref.EnvelopeFields) => ref.sealEnvelope(buffer(root), fields, { iv, padded });
    expect(await openForged(honest)).toMatchObject({ ok: true });
    const commit = Buffer.alloc(32);
    const forged = (fields: ref.EnvelopeFields) =>
      ref.sealEnvelope(buffer(root), fields, { iv, padded, commit });
    expect(await openForged(forged)).toEqual(refused('UNREADABLE'));
  });

  test('UNREADABLE: padding that hides something, or a size that is no bucket', async () => {
    const hidden = ref.pad(Buffer.from('x'));
    hidden[250] = 7;
    const oddSize = Buffer.concat([ref.pad(Buffer.from('x')), Buffer.alloc(1)]);
    for (const padded of [hidden, oddSize, Buffer.alloc(256)]) {
      const forged = (fields: ref.EnvelopeFields) => ref.sealEnvelope(buffer(root), fields, { iv, padded });
      expect(await openForged(forged)).toEqual(refused('UNREADABLE'));
    }
  });
});

describe('parseEnvelope, all that the server does', () => {
  test('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 700 }), (data) => {
        expect(parseEnvelope(data)).toMatchObject({ ok: false });
      }),
    );
  });

  test('never throws, however an envelope was altered, and what it lets through has ids of the right form', async () => {
    const envelope = await sealed();
    const edits = fc.array(fc.tuple(fc.nat(envelope.length - 1), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(edits, (changes) => {
        const altered = changes.reduce((data, [at, value]) => data.with(at, value), envelope);
        const parsed = parseEnvelope(altered);
        if (!parsed.ok) return;
        expect(parsed.value.from).toMatch(/^[A-Za-z0-9_-]{22}$/);
        expect(parsed.value.id).toMatch(
          /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        );
        expect(Number.isSafeInteger(parsed.value.time)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('ENVELOPE_INVALID: a time that no date can hold', async () => {
    expect(parseEnvelope(await sealed({ time: MAX_TIME }))).toMatchObject({ ok: true });
    for (const later of [MAX_TIME + 1, Number.MAX_SAFE_INTEGER])
      expect(parseEnvelope(await sealed({ time: later }))).toEqual(refused('ENVELOPE_INVALID'));
  });

  test('lets a suite through that it does not know: only the recipient can judge it', async () => {
    expect(parseEnvelope((await sealed()).with(3, 9))).toMatchObject({ ok: true, value: { suite: 9 } });
  });
});
