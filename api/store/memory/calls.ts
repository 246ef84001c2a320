import { type Call, isLive } from '#shared/call.ts';
import { type OpId, type PairId, type UserId, membersOf, peerIn } from '#shared/ids.ts';
import { type Effect, type StoredCall, type SyncStore, callFor } from '#sync/server/ports.ts';
import { type CallRange, CALLS_SHOWN, byStart, callAfter, callWithout, withLive } from '../calls.ts';
import type { Logs } from './logs.ts';

type CallEffect = Extract<Effect, { kind: 'call' }>;

/** The calls of everybody, in plain maps; `logs` tell of them. */
export function createMemoryCalls(logs: Logs) {
  const callsByPair = new Map<PairId, Map<OpId, StoredCall>>();
  /** A pair has one at most. */
  const liveByPair = new Map<PairId, StoredCall>();

  function put(pair: PairId, call: StoredCall): void {
    callsByPair.set(pair, (callsByPair.get(pair) ?? new Map<OpId, StoredCall>()).set(call.id, call));
    if (isLive(call)) liveByPair.set(pair, call);
    else if (liveByPair.get(pair)?.id === call.id) liveByPair.delete(pair);
  }

  const find = (pair: PairId, id: OpId): StoredCall | undefined => callsByPair.get(pair)?.get(id);
  const live = (): [PairId, StoredCall][] => Array.from(liveByPair);
  const liveOf = (user: UserId): [PairId, StoredCall][] =>
    live()
      .filter(([pair]) => membersOf(pair).includes(user))
      .toSorted(([, a], [, b]) => byStart(a, b));

  const store: Pick<SyncStore, 'call' | 'liveCalls' | 'keepCall' | 'overdueCalls'> = {
    async call(pair, id) {
      return find(pair, id);
    },
    async liveCalls(user) {
      return liveOf(user).map(([, call]) => call);
    },
    async keepCall(pair, id, now) {
      const call = find(pair, id);
      if (call?.status !== 'in_progress' || call.keptAt >= now) return;
      put(pair, { ...call, keptAt: now });
    },
    async overdueCalls({ ringing, kept }, limit) {
      return live()
        .map(([, call]) => call)
        .filter(({ status, startedAt, keptAt }) =>
          status === 'ringing' ? startedAt < ringing : keptAt < kept,
        )
        .toSorted(byStart)
        .slice(0, limit);
    },
  };

  /** The newest of a range, oldest first, as `reader` sees them. */
  const newest = (pair: PairId, { from, before }: CallRange, reader: UserId): Call[] =>
    Array.from(callsByPair.get(pair)?.values() ?? [])
      .filter(({ after }) => from <= after && after < before)
      .toSorted((a, b) => a.after - b.after || byStart(a, b))
      .slice(-CALLS_SHOWN)
      .map((call) => callFor(call, reader));

  /** Makes it true, and tells whoever is to be told. `head` numbers the conversation's last message. */
  function make({ pair, expect, next, tell }: CallEffect, head: number, time: number): void {
    const after = expect === 0 ? head : next.after;
    put(pair, callAfter({ next: { ...next, after }, expect }, time));
    for (const user of tell) logs.append(user, time, { kind: 'call', pair, id: next.id });
  }

  return {
    store,
    make,
    find,
    /** Whether the pair has called each other, ever. */
    has: (pair: PairId): boolean => callsByPair.has(pair),
    /** Whether a call is as the write expects it, or there is none and none that rings or goes on. */
    asExpected({ pair, expect, next }: CallEffect): boolean {
      const before = find(pair, next.id);
      return expect === 0 ? !before && !liveByPair.has(pair) : before?.version === expect;
    },
    newest,
    /** The same, with the one that rings or goes on, wherever it stands. */
    newestAndLive(pair: PairId, range: CallRange, reader: UserId): Call[] {
      const current = liveByPair.get(pair);
      return withLive(newest(pair, range, reader), current && callFor(current, reader));
    },
    /** Ends the live calls of somebody who is no more. Returns the others, who are told. */
    endAll(user: UserId, time: number): readonly UserId[] {
      return liveOf(user).map(([pair, call]) => {
        const other = peerIn(pair, user);
        const next = callWithout(user, call, time);
        make({ kind: 'call', pair, expect: call.version, next, tell: [other] }, 0, time);
        return other;
      });
    },
    count: (): number => Array.from(callsByPair.values()).reduce((sum, { size }) => sum + size, 0),
  };
}
