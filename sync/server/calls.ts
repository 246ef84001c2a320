import { type CallStep, KEPT_FOR_MS, RING_MS } from '#shared/call.ts';
import { Failure } from '#shared/errors.ts';
import { type DeviceId, type OpId, type PairId, type UserId, pairOf } from '#shared/ids.ts';
import { stepEffect } from './commands/call.ts';
import { newsOf } from './news.ts';
import type { Bus, Clock, News, StoredCall, SyncStore, Timers } from './ports.ts';

/** What the server does about calls besides the operations of those who are in them. */
export interface CallsDeps {
  readonly store: SyncStore;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly wake: (user: UserId, news: News) => void;
}

export interface CallSweepDeps extends CallsDeps {
  readonly timers: Timers;
  readonly onError: (error: unknown) => void;
}

/** How often it is looked for calls that ring too long, or that nobody keeps. */
export const SWEEP_EVERY = 5_000;
/** Calls that are ended in one round, so that a round is short whatever has piled up. */
const CALLS_PER_ROUND = 500;
/** How often a call that moves meanwhile is ended again. */
const MAX_CONFLICTS = 20;

/** Ends the call that the two are in, unless they are friends, as if `by` had hung up. Harmless to repeat. */
export async function endCallsOfStrangers(deps: CallsDeps, by: UserId, pair: PairId): Promise<void> {
  const { store } = deps;
  for (let attempt = 0; attempt < MAX_CONFLICTS; attempt++) {
    if ((await store.relation(pair)).state === 'friends') return;
    const live = (await store.liveCalls(by)).filter((call) => pairOf(call.caller, call.callee) === pair);
    if (live.length === 0) return;
    for (const call of live) await takeStep(deps, call, { kind: 'end', by, reason: 'hung-up' });
  }
  throw new Failure('UNAVAILABLE', 'the call kept changing');
}

/** Whether this device of `from` is in a call with that device of `to`. */
export async function areInCall(
  store: SyncStore,
  from: UserId,
  device: DeviceId,
  to: UserId,
  toDevice: DeviceId,
): Promise<boolean> {
  const [live, relation] = await Promise.all([store.liveCalls(from), store.relation(pairOf(from, to))]);
  return (
    relation.state === 'friends' &&
    live.some((call) => speaksFrom(call, from, device) && speaksFrom(call, to, toDevice))
  );
}

/** Keeps a call going, if this device of `user` is in it. A call of two who are no friends any more is not kept. */
export async function keepCall(
  { store, clock }: Pick<CallsDeps, 'store' | 'clock'>,
  user: UserId,
  device: DeviceId,
  peer: UserId,
  id: OpId,
): Promise<void> {
  const pair = pairOf(user, peer);
  const [call, relation] = await Promise.all([store.call(pair, id), store.relation(pair)]);
  if (!call || relation.state !== 'friends' || !speaksFrom(call, user, device)) return;
  await store.keepCall(pair, id, clock.now());
}

/**
 * Makes calls that rang for long enough missed ones, and ends those that nobody keeps, every few seconds. Every node
 * does: a call that another one has ended meanwhile has moved, and is left alone. Returns how to stop it.
 */
export function sweepCalls({ timers, onError, ...deps }: CallSweepDeps): () => void {
  const { store, clock } = deps;
  let stopped = false;
  let cancel = timers.after(SWEEP_EVERY, () => void round());

  async function round(): Promise<void> {
    const now = clock.now();
    await attempt(async () => {
      const before = { ringing: now - RING_MS, kept: now - KEPT_FOR_MS };
      for (const call of await store.overdueCalls(before, CALLS_PER_ROUND)) {
        if (stopped) return;
        const step: CallStep =
          call.status === 'ringing' ? { kind: 'time-out' } : { kind: 'lose', at: call.keptAt };
        // One that can't be ended must not keep the others going.
        await attempt(() => takeStep(deps, call, step));
      }
    });
    if (!stopped) cancel = timers.after(SWEEP_EVERY, () => void round());
  }

  async function attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (!stopped) onError(error);
    }
  }

  return () => {
    stopped = true;
    cancel();
  };
}

/** Takes a step that no operation asked for. Does nothing when the call has moved meanwhile. */
async function takeStep(
  { store, bus, clock, wake }: CallsDeps,
  call: StoredCall,
  step: CallStep,
): Promise<void> {
  const time = clock.now();
  const effect = stepEffect(call, step, time);
  if (!effect) return;
  const committed = await store.commit({
    actor: call.caller,
    op: call.id,
    digest: new Uint8Array(),
    time,
    record: false,
    effect,
    result: { id: call.id, ok: true, time },
  });
  if (committed.kind !== 'done') return;
  for (const user of committed.touched) bus.publish({ kind: 'grew', user });
  const told = newsOf(effect, call.caller, committed.touched);
  if (told) wake(told.user, told.news);
}

function speaksFrom(call: StoredCall, user: UserId, device: DeviceId): boolean {
  if (call.status !== 'in_progress') return false;
  if (call.caller === user) return call.callerDevice === device;
  return call.callee === user && call.calleeDevice === device;
}
