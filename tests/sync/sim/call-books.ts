import { type Call, KEPT_FOR_MS, RING_MS, isLive } from '#shared/call.ts';
import { type DeviceId, type OpId, type PairId, type UserId, membersOf, pairOf } from '#shared/ids.ts';
import type { Effect, Relation, Write } from '#sync/server/ports.ts';
import type { Fail } from './fail.ts';

type CallEffect = Extract<Effect, { kind: 'call' }>;

/** What never changes of a call. */
const FIXED = ['id', 'caller', 'callee', 'media', 'startedAt', 'callerDevice'] as const;
const FIELDS = [
  ...FIXED,
  'status',
  'after',
  'answeredAt',
  'endedAt',
  'calleeDevice',
  'seen',
] as const satisfies (keyof Call)[];

/** The books of all calls: what may become of one, and how each reads for the two. */
export function createCallBooks(fail: Fail, meanwhile: number) {
  let calls = new Map<string, Call>();
  /** When somebody's last call ended. */
  let freed = new Map<UserId, number>();
  /** Devices that were in a call with each other, in whatever history. */
  const spoke = new Set<string>();

  const keyOf = (pair: PairId, id: OpId): string => `${pair} ${id}`;
  const liveOf = (user: UserId): Call[] =>
    Array.from(calls.values()).filter(
      (call) => isLive(call) && (call.caller === user || call.callee === user),
    );
  const differs = (a: Call, b: Call, fields: readonly (keyof Call)[]): boolean =>
    fields.some((field) => a[field] !== b[field]);

  function checkStart({ time }: Write, { pair, next }: CallEffect): void {
    if (calls.has(keyOf(pair, next.id))) fail('S28', `two calls are named ${next.id}`);
    const [mine, theirs] = [liveOf(next.caller), liveOf(next.callee)];
    if (mine.some(({ caller, callee }) => pairOf(caller, callee) === pair))
      fail('S28', `${next.id} is a second live call of its pair`);
    const since = (call: Call): boolean => time - call.startedAt > meanwhile;
    if (mine.some(since)) fail('S28', `${next.caller} called while in a call`);
    if (next.status === 'ringing' && theirs.some(since)) fail('S28', `${next.id} rang while they were busy`);
    const wasBusy = theirs.length > 0 || time - (freed.get(next.callee) ?? 0) <= meanwhile;
    if (next.status === 'busy' && !wasBusy) fail('S28', `${next.callee} was busy without a call`);
  }

  function checkStep(write: Write, { pair, next, tell }: CallEffect, friends: boolean): void {
    const before = calls.get(keyOf(pair, next.id));
    if (!before) return fail('S29', `${next.id} changed, and is not there`);
    const broken = (rule: string, what: string): void =>
      fail(rule, `${what}: ${JSON.stringify(before)} became ${JSON.stringify(next)}`);
    const told = isLive(before) ? membersOf(pair) : [next.callee];
    if (tell.join() !== told.join()) broken('S27', `told to ${tell.join()}`);
    if (differs(before, next, [...FIXED, 'after'])) broken('S29', 'another call');
    if (!isLive(before) && differs({ ...before, seen: true }, next, FIELDS)) broken('S29', 'it was over');
    if (before.status === 'in_progress') {
      if (next.status === 'ringing' || differs(before, next, ['answeredAt', 'calleeDevice']))
        broken('S29', 'it was answered');
    }
    // What no operation asked for.
    if (write.record || !friends) return;
    if (next.status === 'missed' && write.time - before.startedAt <= RING_MS) broken('S31', 'it still rang');
    if (next.status === 'completed' && write.time - (next.endedAt ?? 0) <= KEPT_FOR_MS)
      broken('S31', 'it was kept');
  }

  return {
    clear(): void {
      calls = new Map();
      freed = new Map();
    },

    check(write: Write, effect: CallEffect, relation: Relation | undefined): void {
      const friends = relation?.state === 'friends';
      const { expect, next } = effect;
      if (expect === 0) checkStart(write, effect);
      else checkStep(write, effect, friends);
      if (isLive(next) && !friends && write.time - (relation?.time ?? 0) > meanwhile)
        fail('S27', `${next.id} is ${next.status} between two who are no friends`);
      if (next.status === 'in_progress' && next.calleeDevice === null)
        fail('S29', `${next.id} was answered by nobody`);
    },

    make({ pair, expect, next }: CallEffect, time: number, head: number): void {
      const call = expect === 0 ? { ...next, after: head } : next;
      calls.set(keyOf(pair, next.id), call);
      const { caller, callee, callerDevice, calleeDevice, status } = call;
      if (status === 'in_progress' && calleeDevice !== null) {
        spoke.add(`${caller} ${callerDevice} ${callee} ${calleeDevice}`);
        spoke.add(`${callee} ${calleeDevice} ${caller} ${callerDevice}`);
      }
      if (!isLive(call)) for (const user of [caller, callee]) freed.set(user, time);
    },

    /** How a call reads for `user` now, in whatever the server gives them. */
    read(user: UserId, read: Call, rule: string): void {
      const call = calls.get(keyOf(pairOf(read.caller, read.callee), read.id));
      if (!call || differs({ ...call, seen: call.seen || call.caller === user }, read, FIELDS))
        fail(rule, `${JSON.stringify(call)} reads ${JSON.stringify(read)}`);
    },

    /** How a call is kept by a device, whose log has been read to its end. Whether it was looked at it may not know. */
    keeps(name: string, kept: Call): void {
      const call = calls.get(keyOf(pairOf(kept.caller, kept.callee), kept.id));
      if (!call || differs({ ...call, seen: kept.seen }, kept, FIELDS))
        fail('S27', `${name}: ${JSON.stringify(call)} shows as ${JSON.stringify(kept)}`);
    },

    /** A device heard what another one said. */
    heard(from: UserId, device: DeviceId, to: UserId, toDevice: DeviceId): void {
      if (!spoke.has(`${from} ${device} ${to} ${toDevice}`))
        fail('S32', `${to} heard ${from} at devices that were in no call`);
    },

    /** Calls that ring or go on. */
    live: (): number => Array.from(calls.values()).filter(isLive).length,
  };
}
