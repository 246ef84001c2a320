import { Encoder } from '@msgpack/msgpack';
import { equalBytes } from '#shared/bytes.ts';
import { Failure } from '#shared/errors.ts';
import { type Bytes, type UserId, pairOf } from '#shared/ids.ts';
import type { OpResult } from '../wire/down.ts';
import type { Operation } from '../wire/up.ts';
import { endCallsOfStrangers } from './calls.ts';
import { decide } from './commands/decide.ts';
import type { Facts } from './commands/verdict.ts';
import { newsOf } from './news.ts';
import type { Bus, Clock, News, SyncStore } from './ports.ts';

export interface ExecutorDeps {
  readonly store: SyncStore;
  readonly bus: Bus;
  readonly clock: Clock;
  /** SHA-256. */
  readonly digest: (data: Uint8Array) => Bytes | Promise<Bytes>;
  /** Told what a user's devices are to be woken for, after their sockets were told that the log grew. */
  readonly wake: (user: UserId, news: News) => void;
}

/** How often a decision is made again when the facts it rests on have moved. */
const MAX_CONFLICTS = 20;

const encoder = new Encoder();

const NOBODY_TALKED = { head: 0, marks: new Map() } as const;

/** Ends of friendships, and starts of calls. When two cross, whichever comes second sees what the other has done. */
const MAY_PART_CALLERS: ReadonlySet<Operation['kind']> = new Set([
  'friend.remove',
  'friend.block',
  'call.start',
]);

/**
 * Carries out one operation of a user: deduplicate, read the facts, decide, commit, spread the word.
 * Deduplication comes first, so that an answer that was lost on the way is given again whatever has changed since.
 * Resolves with the terminal result once every effect is durable; rejects with a Failure that may pass.
 */
export function createExecutor({ store, bus, clock, digest, wake }: ExecutorDeps) {
  return async function execute(actor: UserId, op: Operation): Promise<OpResult> {
    const result = await carryOut(actor, op);
    // Also with a repeat: the server may have died between the two.
    if (result.ok && MAY_PART_CALLERS.has(op.kind)) {
      await endCallsOfStrangers({ store, bus, clock, wake }, actor, pairOf(actor, op.to));
    }
    return result;
  };

  async function carryOut(actor: UserId, op: Operation): Promise<OpResult> {
    const fingerprint = await digest(encoder.encode(op));
    if (op.kind !== 'receipt') {
      const earlier = await store.outcome(actor, op.id);
      if (earlier) return equalBytes(earlier.digest, fingerprint) ? earlier.result : reused(op);
    }
    for (let attempt = 0; attempt < MAX_CONFLICTS; attempt++) {
      const facts = await readFacts(actor, op);
      const { result, effect, record } = decide(op, facts);
      if (!effect && !record) return result;
      const committed = await store.commit({
        actor,
        op: op.id,
        digest: fingerprint,
        time: clock.now(),
        record,
        effect,
        result,
      });
      switch (committed.kind) {
        case 'done':
          for (const user of committed.touched) bus.publish({ kind: 'grew', user });
          if (effect) {
            const told = newsOf(effect, actor, committed.touched, facts.relation);
            if (told) wake(told.user, told.news);
          }
          if (effect?.kind === 'relation') {
            const friends = effect.next.state === 'friends';
            // Nothing else is news to both: who is blocked must not hear of it.
            if (friends !== (facts.relation.state === 'friends')) {
              bus.publish({ kind: 'related', pair: effect.pair, friends });
            }
          }
          return committed.result;
        case 'repeat':
          return committed.result;
        case 'reused':
          return reused(op);
        case 'conflict':
          continue;
      }
    }
    throw new Failure('UNAVAILABLE', 'the facts kept changing');
  }

  async function readFacts(actorId: UserId, op: Operation): Promise<Facts> {
    const pair = pairOf(actorId, op.to);
    const starts = op.kind === 'call.start';
    const [actor, target, relation, conversation, openRequests, call, mine, theirs] = await Promise.all([
      store.person(actorId),
      store.person(op.to),
      store.relation(pair),
      op.kind === 'receipt' ? store.conversation(pair) : NOBODY_TALKED,
      op.kind === 'friend.request' ? store.openRequests(actorId) : 0,
      'call' in op ? store.call(pair, op.call) : starts ? store.call(pair, op.id) : undefined,
      starts ? store.liveCalls(actorId) : [],
      starts ? store.liveCalls(op.to) : [],
    ]);
    if (!actor) throw new Failure('SESSION_ENDED');
    const live = { mine, theirs };
    return { actor, target, relation, conversation, openRequests, call, live, now: clock.now() };
  }
}
export type Execute = ReturnType<typeof createExecutor>;

function reused(op: Operation): OpResult {
  return { id: op.id, ok: false, code: 'ID_REUSED' };
}
