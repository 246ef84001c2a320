import { describe, expect, it } from 'vitest';
import { type Counted, readStats } from '#pwa/calls/quality.ts';
import { createRemembered } from '#pwa/calls/remembered.ts';
import { MOST_SESSIONS, createNumbers, createVoice } from '#pwa/calls/signals.ts';
import type { Bytes, DeviceId, OpId, UserId } from '#shared/ids.ts';
import { decodeSignal } from '#shared/schema/signal.ts';

const CALL = '01890a5d-ac96-774b-bcce-b302099a8057' as OpId;

describe('the numbers of signals', () => {
  it('rise from 1 in each session', () => {
    const numbers = createNumbers(1);
    expect([numbers.next(), numbers.next()]).toEqual([
      { session: 1, n: 1 },
      { session: 1, n: 2 },
    ]);
    expect(numbers.judge({ session: 3, n: 1 })).toBe('new');
    expect(numbers.next()).toEqual({ session: 3, n: 1 });
  });

  it('let nothing count twice, late, or from a session before', () => {
    const numbers = createNumbers(2);
    expect(numbers.hasHeard()).toBe(false);
    expect(numbers.judge({ session: 2, n: 1 })).toBe('good');
    expect(numbers.judge({ session: 2, n: 1 })).toBe('old');
    expect(numbers.judge({ session: 2, n: 4 })).toBe('good');
    expect(numbers.judge({ session: 2, n: 3 })).toBe('old');
    expect(numbers.judge({ session: 1, n: 9 })).toBe('old');
    expect(numbers.judge({ session: 3, n: 2 })).toBe('new');
    expect(numbers.judge({ session: 3, n: 2 })).toBe('old');
    expect(numbers.judge({ session: 2, n: 5 })).toBe('old');
    expect(numbers.hasHeard()).toBe(true);
  });

  it('pass over a session right after another, and take it a moment later', () => {
    let now = 0;
    const numbers = createNumbers(1, () => now);
    expect(numbers.judge({ session: 2, n: 1 })).toBe('new');
    now = 1_999;
    expect(numbers.judge({ session: 3, n: 1 })).toBe('old');
    expect(numbers.session()).toBe(2);
    expect(numbers.judge({ session: 2, n: 2 })).toBe('good');
    now = 2_000;
    expect(numbers.judge({ session: 3, n: 2 })).toBe('new');
  });

  it('take only so many sessions in a call: each would be one more guess at the pictures', () => {
    let now = 0;
    const numbers = createNumbers(1, () => now);
    const verdicts = new Map<string, number>();
    for (let session = 2; session < 1000; session++) {
      now += 2_000;
      const verdict = numbers.judge({ session, n: 1 });
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
    }
    expect(verdicts.get('new')).toBe(MOST_SESSIONS - 1);
    expect(verdicts.get('many')).toBe(998 - (MOST_SESSIONS - 1));
  });
});

describe('what is said in a call', () => {
  const bea = 'BBBBBBBBBBBBBBBBBBBBBA' as UserId;
  const device = 'theirsAAAAAAAAAAAAAAAA' as DeviceId;

  it('leaves in the order in which it was said, however long the sealing takes, and goes on after a failure', async () => {
    const sent: number[] = [];
    const failures: unknown[] = [];
    const voice = createVoice({
      call: CALL,
      peer: bea,
      device,
      async seal(_peer, payload) {
        const said = decodeSignal(payload);
        const n = said.ok ? said.value.n : 0;
        await new Promise((resolve) => setTimeout(resolve, 10 - 3 * n));
        if (n === 2) throw new Error('no key');
        return payload;
      },
      send(_to, _device, envelope: Bytes) {
        const said = decodeSignal(envelope);
        if (said.ok) sent.push(said.value.n);
      },
      failed: (error) => failures.push(error),
    });
    const numbers = createNumbers(1);
    await Promise.all([1, 2, 3].map(() => voice.say(numbers.next(), { kind: 'bye' })));
    expect(sent).toEqual([1, 3]);
    expect(failures).toHaveLength(1);
  });

  it('stays below what the server lets anybody say, whatever the other side makes us answer', async () => {
    let now = 0;
    let sent = 0;
    const voice = createVoice({
      call: CALL,
      peer: bea,
      device,
      seal: async (_peer, payload) => payload,
      send: () => sent++,
      failed: (error) => {
        throw error;
      },
      now: () => now,
    });
    const numbers = createNumbers(1);
    for (; now < 10_000; now += 5) await voice.say(numbers.next(), { kind: 'rejoin' });
    expect(sent).toBeGreaterThan(200);
    expect(sent).toBeLessThan(250);
    now += 60_000;
    sent = 0;
    for (let times = 0; times < 100; times++) await voice.say(numbers.next(), { kind: 'rejoin' });
    expect(sent).toBe(40);
  });
});

describe('the quality of a call', () => {
  const before: Counted = { received: 1000, lost: 10 };
  const report = (more: { lost?: number; rtt?: number; jitter?: number; far?: number; type?: string }) => [
    {
      id: 'in',
      type: 'inbound-rtp',
      packetsReceived: 1100,
      packetsLost: 10 + (more.lost ?? 0),
      jitter: more.jitter ?? 0.002,
    },
    { id: 'far', type: 'remote-inbound-rtp', fractionLost: more.far ?? 0 },
    { id: 't', type: 'transport', selectedCandidatePairId: 'p' },
    {
      id: 'p',
      type: 'candidate-pair',
      currentRoundTripTime: more.rtt ?? 0.05,
      localCandidateId: 'l',
      remoteCandidateId: 'r',
    },
    { id: 'l', type: 'local-candidate', candidateType: more.type ?? 'host' },
    { id: 'r', type: 'remote-candidate', candidateType: 'srflx' },
  ];

  it.each([
    ['nothing lost', {}, 'good'],
    ['5 of 105 lost', { lost: 5 }, 'fair'],
    ['20 of 120 lost', { lost: 20 }, 'poor'],
    ['a long way', { rtt: 0.4 }, 'fair'],
    ['a very long way', { rtt: 0.7 }, 'poor'],
    ['uneven', { jitter: 0.06 }, 'fair'],
    ['very uneven', { jitter: 0.2 }, 'poor'],
    ['lost at the other side', { far: 0.2 }, 'poor'],
  ] as const)('%s: %s', (_what, more, quality) => {
    expect(readStats(report(more), before).quality).toBe(quality);
  });

  it('is not known from one reading, or without a way', () => {
    expect(readStats(report({}), null)).toEqual({
      quality: null,
      relayed: false,
      counted: { received: 1100, lost: 10 },
    });
    expect(readStats([], before).quality).toBeNull();
  });

  it('is not known while nothing comes from them', () => {
    expect(readStats(report({}), { received: 1100, lost: 10 }).quality).toBeNull();
    expect(readStats(report({ lost: 4 }), { received: 1100, lost: 10 }).quality).toBe('poor');
  });

  it('tells whether it goes through a relay, also where only the pair itself is named', () => {
    expect(readStats(report({ type: 'relay' }), before).relayed).toBe(true);
    const firefox = report({ type: 'relay' })
      .filter(({ type }) => type !== 'transport')
      .map((stat) => (stat.id === 'p' ? { ...stat, selected: true } : stat));
    expect(readStats(firefox, before)).toMatchObject({ relayed: true, quality: 'good' });
  });
});

describe('what a browser remembers of calls', () => {
  function storage(): Storage {
    const kept = new Map<string, string>();
    return {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    } as unknown as Storage;
  }

  let now = 1_800_000_000_000;

  it('comes back', () => {
    const remembered = createRemembered(
      storage(),
      storage(),
      () => {},
      () => now,
    );
    remembered.choose('camera', 'back');
    remembered.setRelayOnly(true);
    remembered.keep({ call: CALL, session: 3, microphone: false, camera: true });
    expect(remembered.chosen()).toEqual({ microphone: null, camera: 'back', speaker: null });
    expect(remembered.relayOnly()).toBe(true);
    expect(remembered.left(CALL)).toEqual({ call: CALL, session: 3, microphone: false, camera: true });
    expect(remembered.left('01890a5d-ac96-774b-bcce-b302099a8058' as OpId)).toBeNull();
    remembered.keep(null);
    expect(remembered.left(CALL)).toBeNull();
  });

  it('leads back into a call for a moment, however the sessions of it were counted', () => {
    const remembered = createRemembered(
      storage(),
      storage(),
      () => {},
      () => now,
    );
    const left = { call: CALL, session: 1_800_000_000, microphone: false, camera: false };
    remembered.touch();
    remembered.keep(left);
    now += 40_000;
    expect(remembered.left(CALL)).toEqual(left);
    remembered.touch();
    now += 40_000;
    expect(remembered.left(CALL)).toEqual(left);
    now += 10_000;
    expect(remembered.left(CALL)).toBeNull();
    remembered.keep({ ...left, session: 2 ** 60 });
    expect(remembered.left(CALL)).toBeNull();
  });

  it('is nothing where nothing is kept, and what somebody else wrote there is not taken', () => {
    const told: string[] = [];
    const refusing = {
      getItem: () => {
        throw new DOMException('no', 'SecurityError');
      },
      setItem: () => {
        throw new DOMException('no', 'SecurityError');
      },
    } as unknown as Storage;
    const remembered = createRemembered(refusing, refusing, (what) => told.push(what));
    expect(remembered.relayOnly()).toBe(false);
    remembered.choose('speaker', 'x');
    expect(told).toHaveLength(2);
    const strange = storage();
    strange.setItem('nexchat-call-left', `${CALL} minus-one on on`);
    expect(createRemembered(storage(), strange, () => {}).left(CALL)).toBeNull();
  });
});
