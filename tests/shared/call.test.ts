import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Call, type CallStatus, type CallStep, advanceCall, durationOf, isLive } from '#shared/call.ts';
import type { DeviceId, OpId, UserId } from '#shared/ids.ts';

const ana = 'A'.repeat(22) as UserId;
const ben = 'B'.repeat(22) as UserId;
const phone = 'P'.repeat(22) as DeviceId;
const desk = 'D'.repeat(22) as DeviceId;
const ringing: Call = {
  id: '0190b3c5-7d5e-7abc-8def-0123456789ab' as OpId,
  caller: ana,
  callee: ben,
  media: 'voice',
  status: 'ringing',
  after: 3,
  startedAt: 1_000,
  answeredAt: null,
  endedAt: null,
  callerDevice: phone,
  calleeDevice: null,
  seen: true,
};
const answered: Call = { ...ringing, status: 'in_progress', answeredAt: 2_000, calleeDevice: desk };
const over = (status: CallStatus, seen = true): Call => ({ ...ringing, status, seen, endedAt: 3_000 });

describe('a call', () => {
  const steps: [string, Call, CallStep, Partial<Call>][] = [
    [
      'is answered by the callee, with a device',
      ringing,
      { kind: 'answer', by: ben, device: desk },
      { status: 'in_progress', answeredAt: 5_000, calleeDevice: desk, endedAt: null },
    ],
    ['is declined by the callee', ringing, { kind: 'decline', by: ben }, { status: 'declined', seen: true }],
    [
      'is declined by a callee who hangs up',
      ringing,
      { kind: 'end', by: ben, reason: 'hung-up' },
      { status: 'declined', seen: true },
    ],
    [
      'is missed when the caller hangs up',
      ringing,
      { kind: 'end', by: ana, reason: 'hung-up' },
      { status: 'missed', seen: false },
    ],
    [
      'is missed after it rang for long enough',
      ringing,
      { kind: 'time-out' },
      { status: 'missed', seen: false },
    ],
    [
      'fails before it is answered',
      ringing,
      { kind: 'end', by: ana, reason: 'failed' },
      { status: 'failed', seen: true },
    ],
    [
      'is completed by whoever hangs up',
      answered,
      { kind: 'end', by: ana, reason: 'hung-up' },
      { status: 'completed', endedAt: 5_000 },
    ],
    [
      'fails when it was answered and they never heard each other',
      answered,
      { kind: 'end', by: ben, reason: 'failed' },
      { status: 'failed', endedAt: 5_000 },
    ],
    [
      'that nobody keeps ended when it was kept last',
      answered,
      { kind: 'lose', at: 4_000 },
      { status: 'completed', endedAt: 4_000 },
    ],
    [
      'that was missed is seen by the callee',
      over('missed', false),
      { kind: 'see', by: ben },
      { seen: true },
    ],
    ['that found them busy, too', over('busy', false), { kind: 'see', by: ben }, { seen: true }],
  ];
  test.each(steps)('%s', (_, before, step, change) => {
    const next = advanceCall(before, step, 5_000);
    expect(next).toMatchObject(change);
    expect(next).toEqual({ ...before, ...change, endedAt: next?.endedAt });
    expect(next?.endedAt === null).toBe(next !== undefined && isLive(next));
  });

  test.each<[string, Call, CallStep]>([
    ['answered by its caller', ringing, { kind: 'answer', by: ana, device: phone }],
    ['answered twice', answered, { kind: 'answer', by: ben, device: phone }],
    ['declined by its caller', ringing, { kind: 'decline', by: ana }],
    ['declined once it was answered', answered, { kind: 'decline', by: ben }],
    ['missed once it was answered', answered, { kind: 'time-out' }],
    ['lost while it rings', ringing, { kind: 'lose', at: 4_000 }],
    ['seen by its caller', over('missed', false), { kind: 'see', by: ana }],
    ['seen twice', over('missed'), { kind: 'see', by: ben }],
    ['seen while it rings', { ...ringing, seen: false }, { kind: 'see', by: ben }],
  ])('is not %s', (_, before, step) => {
    expect(advanceCall(before, step, 5_000)).toBeUndefined();
  });

  const anyStep = fc.oneof(
    fc.record({
      kind: fc.constant('answer'),
      by: fc.constantFrom(ana, ben),
      device: fc.constantFrom(phone, desk),
    }),
    fc.record({ kind: fc.constant('decline'), by: fc.constantFrom(ana, ben) }),
    fc.record({
      kind: fc.constant('end'),
      by: fc.constantFrom(ana, ben),
      reason: fc.constantFrom('hung-up', 'failed'),
    }),
    fc.record({ kind: fc.constant('see'), by: fc.constantFrom(ana, ben) }),
    fc.constant({ kind: 'time-out' }),
    fc.record({ kind: fc.constant('lose'), at: fc.constant(4_000) }),
  ) as fc.Arbitrary<CallStep>;

  test('that is over stays as it is, but for being seen, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 12 }), (taken) => {
        let call = ringing;
        for (const [at, step] of taken.entries()) {
          const next = advanceCall(call, step, 5_000 + at);
          if (!next) continue;
          if (!isLive(call)) expect({ ...next, seen: call.seen }).toEqual(call);
          if (call.calleeDevice !== null) expect(next.calleeDevice).toBe(call.calleeDevice);
          call = next;
        }
      }),
    );
  });

  test('is as long as the two were connected', () => {
    expect(durationOf({ answeredAt: 2_000, endedAt: 5_500 })).toBe(3_500);
    expect(durationOf({ answeredAt: null, endedAt: 5_500 })).toBe(0);
    expect(durationOf({ answeredAt: 2_000, endedAt: null })).toBe(0);
    expect(durationOf({ answeredAt: 2_000, endedAt: 1_990 })).toBe(0);
  });
});
