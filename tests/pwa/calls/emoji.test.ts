import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type Short,
  type ShortBody,
  commitTo,
  createShort,
  fingerprintIn,
  shortEmoji,
} from '#pwa/calls/emoji.ts';
import { toHex } from '#shared/bytes.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes, OpId } from '#shared/ids.ts';

const CALL = '01890a5d-ac96-774b-bcce-b302099a8057' as OpId;
const filled = (value: number): Bytes => new Uint8Array(32).fill(value);
const input = {
  call: CALL,
  fingerprintA: filled(0xa1),
  fingerprintB: filled(0xb2),
  nonceA: filled(0x0a),
  nonceB: filled(0x0b),
};

describe('the pictures of a call', () => {
  it('are these, for these numbers', async () => {
    expect(await shortEmoji(input)).toEqual(['⚽', '🌍', '🐝', '🐰']);
  });

  it('are the first 24 bits of the hash over context, call, certificates and numbers', async () => {
    const hash = createHash('sha256')
      .update('nexchat/sas/v1')
      .update(Buffer.from(CALL.replaceAll('-', ''), 'hex'))
      .update(input.fingerprintA)
      .update(input.fingerprintB)
      .update(input.nonceA)
      .update(input.nonceB)
      .digest();
    const bits = [...hash.subarray(0, 3)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
    const [first, ...others] = (bits.match(/.{6}/g) ?? []).map((six) => Number.parseInt(six, 2));
    const shown = await shortEmoji(input);
    // What stands for a number is learned from the pictures of other calls.
    const learned = await pictures();
    expect([first, ...others].map((number) => learned.get(number ?? -1))).toEqual(shown);
    expect(new Set(learned.values()).size).toBe(64);
  });

  it.each(['fingerprintA', 'fingerprintB', 'nonceA', 'nonceB'] as const)(
    'change with the %s',
    async (part) => {
      expect(await shortEmoji({ ...input, [part]: filled(0xcc) })).not.toEqual(await shortEmoji(input));
    },
  );

  it('promise what they reveal', async () => {
    const promised = createHash('sha256').update(filled(1)).update(filled(2)).digest('hex');
    expect(toHex(await commitTo(filled(1), filled(2)))).toBe(promised);
  });
});

/** The picture of each number, from as many calls as it takes to have seen all. */
async function pictures(): Promise<ReadonlyMap<number, string>> {
  const found = new Map<number, string>();
  for (let i = 0; found.size < 64 && i < 2000; i++) {
    const nonceA = new Uint8Array(32);
    new DataView(nonceA.buffer).setUint32(0, i);
    const four = await shortEmoji({ ...input, nonceA });
    const hash = createHash('sha256')
      .update('nexchat/sas/v1')
      .update(Buffer.from(CALL.replaceAll('-', ''), 'hex'))
      .update(Buffer.concat([input.fingerprintA, input.fingerprintB, nonceA, input.nonceB]))
      .digest();
    const bits = hash.readUIntBE(0, 3);
    for (const [at, picture] of four.entries()) found.set((bits >> (18 - 6 * at)) & 63, picture);
  }
  return found;
}

describe('working them out', () => {
  const ends = [filled(0xa1), filled(0xb2)] as const;

  /** Two sides, and what lies between them may change what is said. */
  function pair(
    between: (from: 'caller' | 'callee', body: ShortBody) => ShortBody | null = (_from, body) => body,
  ) {
    const shown: Record<string, readonly string[]> = {};
    const inbox: { to: Short; body: ShortBody }[] = [];
    const make = (name: 'caller' | 'callee', nonce: Bytes): Short =>
      createShort({
        call: CALL,
        isCaller: name === 'caller',
        ours: name === 'caller' ? ends[0] : ends[1],
        theirs: () => (name === 'caller' ? ends[1] : ends[0]),
        nonce,
        say(body) {
          const through = between(name, body);
          if (through !== null) inbox.push({ to: name === 'caller' ? callee : caller, body: through });
        },
        done(emoji) {
          shown[name] = emoji;
        },
      });
    const caller = make('caller', filled(0x0a));
    const callee = make('callee', filled(0x0b));
    const settle = async () => {
      for (let next = inbox.shift(); next !== undefined; next = inbox.shift()) await next.to.hear(next.body);
    };
    return { caller, callee, shown, settle };
  }
  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => 'fine',
      (error: unknown) => (error instanceof Failure ? error.code : String(error)),
    );

  it('gives both the same', async () => {
    const { caller, shown, settle } = pair();
    await caller.ask();
    await settle();
    expect(shown['caller']).toEqual(await shortEmoji(input));
    expect(shown['callee']).toEqual(shown['caller']);
  });

  it('goes on when something was lost and is said again', async () => {
    let lost = 0;
    const { caller, shown, settle } = pair((_from, body) => (lost++ < 2 ? null : body));
    await caller.ask();
    await caller.ask();
    await caller.ask();
    await settle();
    expect(shown['callee']).toEqual(shown['caller']);
    expect(shown['caller']).toHaveLength(4);
  });

  it('comes through to the callee though the reveal got lost', async () => {
    let lost = 0;
    const { caller, callee, shown, settle } = pair((_from, body) =>
      body.kind === 'reveal' && lost++ < 2 ? null : body,
    );
    await caller.ask();
    await settle();
    expect(shown['caller']).toHaveLength(4);
    expect(shown['callee']).toBeUndefined();
    for (let times = 0; times < 2; times++) {
      await callee.ask();
      await settle();
    }
    expect(shown['callee']).toEqual(shown['caller']);
  });

  it('asks no more once the number of the other side is there, and not before it was promised', async () => {
    const said: string[] = [];
    const { caller, callee, settle } = pair((from, { kind }) => {
      said.push(`${from}: ${kind}`);
      return null;
    });
    await callee.ask();
    expect(said).toEqual([]);
    await callee.hear({ kind: 'commit', commitment: await commitTo(filled(0x0a), ends[0]) });
    await caller.hear({ kind: 'nonce', nonce: filled(0x0b) });
    await callee.hear({ kind: 'reveal', nonce: filled(0x0a) });
    await caller.ask();
    await callee.ask();
    await settle();
    expect(said).toEqual(['callee: nonce', 'caller: reveal']);
  });

  it('is answered again only so often', async () => {
    let answers = 0;
    const { caller, callee } = pair(() => {
      answers++;
      return null;
    });
    const commitment = await commitTo(filled(0x0a), ends[0]);
    for (let times = 0; times < 100; times++) {
      await callee.hear({ kind: 'commit', commitment });
      await caller.hear({ kind: 'nonce', nonce: filled(0x0b) });
    }
    expect(answers).toBe(40);
  });

  it('reveals nothing before the other certificate is known, and goes on when it is', async () => {
    const said: string[] = [];
    let theirs: Bytes | null = null;
    const shown: (readonly string[])[] = [];
    const caller = createShort({
      call: CALL,
      isCaller: true,
      ours: ends[0],
      theirs: () => theirs,
      nonce: filled(0x0a),
      say: ({ kind }) => said.push(kind),
      done: (emoji) => shown.push(emoji),
    });
    await caller.hear({ kind: 'nonce', nonce: filled(0x0b) });
    expect([said, shown]).toEqual([[], []]);
    theirs = ends[1];
    await caller.hear({ kind: 'nonce', nonce: filled(0x0b) });
    expect([said, shown]).toEqual([['reveal'], [await shortEmoji(input)]]);
  });

  it.each([
    ['a number that was not promised', 'reveal', { kind: 'reveal', nonce: filled(9) }],
    ['a promise for another number', 'commit', { kind: 'commit', commitment: filled(9) }],
  ] as const)('ends the call at %s', async (_what, kind, other) => {
    const { caller, shown, settle } = pair((_from, body) => (body.kind === kind ? other : body));
    await caller.ask();
    expect(await codeOf(settle())).toBe('CALL_TAMPERED');
    expect(shown['callee']).toBeUndefined();
  });

  it('ends the call when somebody changes what was said', async () => {
    const { callee } = pair();
    await callee.hear({ kind: 'commit', commitment: filled(1) });
    expect(await codeOf(callee.hear({ kind: 'commit', commitment: filled(2) }))).toBe('CALL_TAMPERED');
    const { caller } = pair();
    await caller.hear({ kind: 'nonce', nonce: filled(1) });
    expect(await codeOf(caller.hear({ kind: 'nonce', nonce: filled(2) }))).toBe('CALL_TAMPERED');
  });

  it('takes from each side only what that side says', async () => {
    const { caller, callee } = pair();
    expect(await codeOf(caller.hear({ kind: 'commit', commitment: filled(1) }))).toBe('CALL_TAMPERED');
    expect(await codeOf(callee.hear({ kind: 'nonce', nonce: filled(1) }))).toBe('CALL_TAMPERED');
    expect(await codeOf(callee.hear({ kind: 'reveal', nonce: filled(0x0a) }))).toBe('CALL_TAMPERED');
  });
});

describe('the certificate in a description', () => {
  const hex = (byte: string) => Array.from({ length: 32 }, () => byte).join(':');
  const line = (byte: string, alg = 'sha-256') => `a=fingerprint:${alg} ${hex(byte)}\r\n`;

  it.each([
    ['one', `v=0\r\n${line('AB')}`, 0xab],
    ['the same twice', `v=0\r\n${line('AB')}m=audio\r\n${line('AB')}`, 0xab],
    ['small letters', `v=0\r\n${line('ab')}`, 0xab],
    ['none', 'v=0\r\n', null],
    ['two that differ', line('AB') + line('AC'), null],
    ['a weaker hash', line('AB', 'sha-1'), null],
    ['a hash of another length', `a=fingerprint:sha-256 AB:CD\r\n`, null],
    ['lines that end like those of Unix', `v=0\n${line('AB').trim()}\n`, 0xab],
    ['one after what ends a line in JavaScript alone', `s=-\u2028${line('AB')}`, null],
    ['another after what ends a line in JavaScript alone', `s=-\u2028${line('AB')}${line('AC')}`, null],
    ['another after half a line end', `a=x\r${line('AC')}${line('AB')}`, null],
    ['another in capitals', `A=FINGERPRINT:sha-256 ${hex('AC')}\r\n${line('AB')}`, null],
    ['another with a tab', `a=fingerprint:sha-256\t${hex('AC')}\r\n${line('AB')}`, null],
    ['another of a kind of hash that nobody knows', line('AC', 'sha-999') + line('AB'), null],
    ['more behind it', `a=fingerprint:sha-256 ${hex('AB')} x\r\n`, null],
  ])('%s', (_what, sdp, expected) => {
    const found = fingerprintIn(sdp);
    expect(found === null ? null : [...new Set(found)]).toEqual(expected === null ? null : [expected]);
  });
});
