import { encode } from '@msgpack/msgpack';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DeviceId } from '#shared/ids.ts';
import { FIRST_PREV, MAX_TEXT, type Payload, decodePayload, encodePayload } from '#shared/schema/payload.ts';

const device = 'AAAAAAAAAAAAAAAAAAAAAA' as DeviceId;
const valid = { device, counter: 1, prev: FIRST_PREV, body: { kind: 'text', text: 'hi' } } as const;
const refused = (error: string) => ({ ok: false, error });
const decodeOf = (value: unknown) => decodePayload(encode(value));

test('texts go both ways', () => {
  const prev = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.maxSafeNat(), prev, (text, counter, hash) => {
      const payload: Payload = { device, counter, prev: hash, body: { kind: 'text', text } };
      expect(decodePayload(encodePayload(payload))).toEqual({ ok: true, value: payload });
    }),
  );
});

test('a body of an unknown kind is kept, and written again as it was read', () => {
  const body = { kind: 'poll', options: ['a', 'b'], nested: { deep: [1, null, true] } };
  const decoded = decodeOf({ ...valid, body });
  expect(decoded).toEqual({ ok: true, value: { ...valid, body: { kind: 'unknown', raw: body } } });
  if (decoded.ok) expect(decodePayload(encodePayload(decoded.value))).toEqual(decoded);
});

test('a text of exactly the limit passes, in characters that take three bytes each', () => {
  const body = { kind: 'text', text: '世'.repeat(MAX_TEXT) } as const;
  expect(decodePayload(encodePayload({ ...valid, body }))).toMatchObject({ ok: true });
});

test('FRAME_TOO_LARGE: a longer text, written or read', () => {
  const body = { kind: 'text', text: 'x'.repeat(MAX_TEXT + 1) } as const;
  expect(() => encodePayload({ ...valid, body })).toThrow(
    expect.objectContaining({ code: 'FRAME_TOO_LARGE' }),
  );
  expect(decodeOf({ ...valid, body })).toEqual(refused('FRAME_TOO_LARGE'));
});

test('BAD_FRAME: not MessagePack', () => {
  expect(decodePayload(Uint8Array.of(0xc1))).toEqual(refused('BAD_FRAME'));
  expect(decodePayload(new Uint8Array())).toEqual(refused('BAD_FRAME'));
});

test.each([
  ['no map', 7],
  ['no device', { ...valid, device: undefined }],
  ['device of another form', { ...valid, device: 'phone' }],
  ['negative counter', { ...valid, counter: -1 }],
  ['fractional counter', { ...valid, counter: 0.5 }],
  ['hash of another length', { ...valid, prev: new Uint8Array(31) }],
  ['body that is no map', { ...valid, body: 'text' }],
  ['body without a kind', { ...valid, body: { text: 'hi' } }],
  ['text body without text', { ...valid, body: { kind: 'text' } }],
  ['text that is no text', { ...valid, body: { kind: 'text', text: 7 } }],
])('BAD_FIELD: %s', (_name, value) => {
  expect(decodeOf(value)).toEqual(refused('BAD_FIELD'));
});

test('decoding never throws, whatever the bytes', () => {
  const anything = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.anything().map(encodedOrEmpty));
  fc.assert(
    fc.property(anything, (data) => {
      expect(decodePayload(data)).toMatchObject({ ok: false });
    }),
    { numRuns: 1_000 },
  );
});

function encodedOrEmpty(value: unknown): Uint8Array {
  try {
    return encode(value);
  } catch {
    // MessagePack has no form for some values, such as symbols.
    return new Uint8Array();
  }
}
