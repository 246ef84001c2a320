import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat } from '#shared/bytes.ts';
import { type ByteSource, openExport, sealExport } from '#shared/crypto/export.ts';
import type { Bytes } from '#shared/ids.ts';
import { flipped, oneByOne } from './people.ts';

const PASSPHRASE = 'a passphrase';

async function made(records: readonly unknown[], passphrase = PASSPHRASE): Promise<Bytes[]> {
  const pieces: Bytes[] = [];
  for await (const piece of sealExport(passphrase, oneByOne(records), 1)) pieces.push(piece);
  return pieces;
}

const sourceOf = (data: Bytes): ByteSource => ({
  size: data.length,
  read: async (begin, end) => data.slice(begin, end),
});

async function opened(data: Bytes, passphrase = PASSPHRASE) {
  const records: unknown[] = [];
  const result = await openExport(passphrase, sourceOf(data), (record) => records.push(record));
  return { result: result.ok ? 'ok' : result.error, records };
}

describe('an exported file', () => {
  test('opens to the records that it was made of, also to none', async () => {
    const anything = fc.array(fc.oneof(fc.string(), fc.integer(), fc.array(fc.boolean())), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(anything, async (records) => {
        const expected = records.length === 0 ? [null] : records;
        expect(await opened(concat(...(await made(records))))).toEqual({ result: 'ok', records: expected });
      }),
      { numRuns: 50 },
    );
  });

  test('is made and opened piece by piece, of any size', async () => {
    const record = 'x'.repeat(60_000);
    let written = 0;
    async function* many() {
      for (let index = 0; index < 100; index++) {
        written = index;
        yield record;
      }
    }
    const pieces: Bytes[] = [];
    for await (const piece of sealExport(PASSPHRASE, many(), 1)) {
      // Never more than one record ahead.
      expect(written).toBeLessThanOrEqual(pieces.length + 1);
      pieces.push(piece);
    }
    let most = 0;
    const data = concat(...pieces);
    const watched: ByteSource = {
      size: data.length,
      read: async (begin, end) => {
        most = Math.max(most, end - begin);
        return data.slice(begin, end);
      },
    };
    let count = 0;
    expect(await openExport(PASSPHRASE, watched, () => count++)).toEqual({ ok: true, value: undefined });
    expect([count, most < 70_000]).toEqual([100, true]);
  });

  test('BAD_CREDENTIALS: another passphrase; the same one typed in another way opens it', async () => {
    const data = concat(...(await made([1, 2], 'caf\u00e9')));
    expect(await opened(data, 'cafe')).toEqual({ result: 'BAD_CREDENTIALS', records: [] });
    expect((await opened(data, 'cafe\u0301')).result).toBe('ok');
  });

  test('cut off anywhere, longer, or with chunks left out, doubled or exchanged it is refused', async () => {
    const pieces = await made(['one', 'two', 'three']);
    const [head, one, two, three] = pieces as [Bytes, Bytes, Bytes, Bytes];
    const whole = concat(...pieces);
    for (let length = 0; length < whole.length; length++) {
      expect((await opened(whole.slice(0, length))).result, `cut at ${length}`).not.toBe('ok');
    }
    const others = [
      concat(whole, [0]),
      concat(head, two, three),
      concat(head, one, three),
      concat(head, one, two),
      concat(head, two, one, three),
      concat(head, one, one, two, three),
      concat(whole, three),
    ];
    for (const data of others) expect((await opened(data)).result).not.toBe('ok');
  });

  test('any turned bit is refused, and no record behind it is handed over', async () => {
    const whole = concat(...(await made(['one', 'two'])));
    for (let bit = 0; bit < whole.length * 8; bit++) {
      // More iterations than anybody waits for; the head is authenticated like the rest.
      if (bit >= 9 * 8 && bit < 13 * 8) continue;
      const { result, records } = await opened(flipped(whole, bit));
      if (result === 'ok' || records.length > 1) expect.fail(`bit ${bit} does not matter`);
    }
  });

  test('UNREADABLE or BAD_CREDENTIALS: any bytes; opening never throws', async () => {
    const head = (await made([]))[0] as Bytes;
    const tails = fc.uint8Array({ maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(tails, fc.boolean(), async (tail, headed) => {
        const { result } = await opened(headed ? concat(head, tail) : concat(tail));
        expect(['UNREADABLE', 'BAD_CREDENTIALS']).toContain(result);
      }),
    );
  });
});
