import { equalBytes } from '#shared/bytes.ts';
import type { Call } from '#shared/call.ts';
import { Failure } from '#shared/errors.ts';
import { type OpId, type PairId, type UserId, membersOf, pairOf } from '#shared/ids.ts';
import type { Committed, Effect, SyncStore, Write } from '#sync/server/ports.ts';
import { type Job, createBatches } from './batches.ts';
import type { Calls } from './calls.ts';
import type { Intent, MessageDoc, OperationDoc } from './collections.ts';
import type { Friendships, Settles } from './friendships.ts';
import type { Messages, NewMessage } from './messages.ts';
import { type Claim, type Operations } from './operations.ts';
import { binary, keyOf, plain, resultDoc, resultOf } from './values.ts';

/** Writes of one pair that go through the steps together. */
const MAX_BATCH = 500;

export interface CommitDeps {
  readonly operations: Operations;
  readonly messages: Messages;
  readonly friendships: Friendships;
  readonly calls: Calls;
  /** Throws UNKNOWN_USER unless all of them are, or were, users. */
  readonly known: (users: readonly UserId[]) => Promise<void>;
}
export type Commits = Pick<SyncStore, 'commit' | 'outcome'>;

type WriteJob = Job<Write, Committed>;
type Sent = Extract<Effect, { kind: 'message' }>;

/**
 * How one operation becomes true, once, without a transaction. Each step is durable (majority) before the next begins:
 *
 *   1  claim    operations: insert under (user, op)        taken → somebody began or finished it: help, or repeat
 *   2  effect   messages: insert under (pair, n)           or friendships: one update, if `rev` is as it was read
 *                                                          or calls: insert under the pair, or one update, if `version` is
 *               with what it owes to the logs (`open`, `owes`)
 *   3  logs     log: insert under (user, seq), both users
 *   4  answer   friendships and calls first settle the operation; a message is its own result
 *   5  strike off what was owed                            nobody waits for it
 *
 * A process may die, be cut off, or be very slow between any two steps, while the client repeats the operation at another
 * process. Whoever comes second does the same steps in the same order, each of which is done at most once:
 *
 * - after 1: nothing has happened. A repeat of the same content goes on with step 2. Should the repeat decide otherwise
 *   (no longer friends), it first makes sure that the effect can't come later from a slow process: a message is refused
 *   under its own key (Messages.refuse), which the slow insert then meets; a relation that is still as it was expected is
 *   changed as the first attempt wanted, and one that has moved can't be changed by it any more; a call that still can be
 *   started is, and one that another stands in the way of is refused under its own key (Calls.refuse).
 * - after 2: the effect is there for good, and says what it owes. The repeat, the next reader of the pair, the next
 *   message of the conversation or the sweeper adds the entries.
 * - after 3 and 4: the repeat finds the result.
 *
 * Nothing is answered from what a majority does not hold: reads are majority reads, and an insert that meets a taken key
 * has waited until the majority holds that.
 */
export function createCommits({ operations, messages, friendships, calls, known }: CommitDeps): Commits {
  /** Writes of one pair in the order in which they were handed over. */
  const lanes = createBatches<PairId, Write, Committed>(async (pair, jobs) => {
    const welcome = await Promise.all(jobs.map(admit));
    // In one turn, so that of two under one id the first is first.
    const begun = await Promise.all(jobs.filter((_, at) => welcome[at]).map(begin));
    const ready = begun.filter((each) => each !== undefined);
    for (let at = 0; at < ready.length;) {
      const run = runOfMessages(ready, at);
      if (run.length > 0) await send(pair, run);
      else await alone(ready[at] as Begun);
      at += Math.max(1, run.length);
    }
  }, MAX_BATCH);

  interface Begun {
    readonly job: WriteJob;
    /** Undefined when nobody is to remember it. */
    readonly claim: Claim | undefined;
  }
  /** False when it is over: the write names somebody who is no user. */
  async function admit(job: WriteJob): Promise<boolean> {
    try {
      const { actor, effect } = job.item;
      await known([actor, ...(effect ? membersOf(pairFor(effect)) : [])]);
      return true;
    } catch (error) {
      job.reject(error);
      return false;
    }
  }

  async function begin(job: WriteJob): Promise<Begun | undefined> {
    try {
      return { job, claim: job.item.record ? await operations.claim(job.item) : undefined };
    } catch (error) {
      job.reject(error);
      return undefined;
    }
  }

  /** New messages that follow each other, from `at` on: they are numbered together. */
  function runOfMessages(begun: readonly Begun[], at: number): Begun[] {
    const end = begun.findIndex(
      ({ job, claim }, index) =>
        index >= at && (job.item.effect?.kind !== 'message' || (claim !== undefined && !claim.fresh)),
    );
    return begun.slice(at, end < 0 ? undefined : end);
  }

  async function send(pair: PairId, run: readonly Begun[]): Promise<void> {
    try {
      const docs = await messages.number(
        pair,
        run.map(({ job }) => newMessage(job.item, job.item.effect as Sent)),
      );
      const ends = await messages.deliver(pair, docs);
      run.forEach(({ job }, at) => {
        const doc = docs[at] as MessageDoc;
        job.resolve(Promise.resolve(ends[at]).then(() => sent(job.item, doc)));
      });
    } catch (error) {
      for (const { job } of run) job.reject(error);
    }
  }

  async function alone({ job, claim }: Begun): Promise<void> {
    try {
      job.resolve(
        await (claim && !claim.fresh ? goOn(job.item, claim.doc) : make(job.item, claim !== undefined)),
      );
    } catch (error) {
      job.reject(error);
    }
  }

  /** What was sent under an operation's id, or refused for good. */
  function sent({ op }: Pick<Write, 'op'>, { pair, n, time, refusal }: MessageDoc): Committed {
    if (refusal) return { kind: 'repeat', result: resultOf(op, refusal) };
    return { kind: 'done', result: { id: op, ok: true, time, n }, touched: membersOf(pair) };
  }

  /** Makes the effect of an operation true that nobody has begun before, or whose claim is ours. */
  async function make(write: Write, claimed: boolean): Promise<Committed> {
    const { effect, time, result } = write;
    const settles: Settles = {
      operation: claimed ? keyOf(write.actor, write.op) : null,
      result: claimed ? resultDoc(result) : null,
      time,
    };
    switch (effect?.kind) {
      case undefined:
        return { kind: 'done', result, touched: [] };
      case 'message': {
        const pair = pairFor(effect);
        const [doc] = await messages.number(pair, [newMessage(write, effect)]);
        return delivered(write, doc as MessageDoc);
      }
      case 'relation': {
        const touched = await friendships.relate(effect.pair, effect.expect, effect.next, settles);
        return touched === 'conflict' ? { kind: 'conflict' } : { kind: 'done', result, touched };
      }
      case 'watermark': {
        const touched = await friendships.raise(effect.pair, effect.user, effect.mark, settles);
        return { kind: 'done', result, touched };
      }
      case 'call': {
        const touched = await calls.change(effect, settles);
        return touched === 'conflict' ? { kind: 'conflict' } : { kind: 'done', result, touched };
      }
    }
  }

  async function delivered(write: Pick<Write, 'op'>, doc: MessageDoc): Promise<Committed> {
    const [end] = await messages.deliver(doc.pair, [doc]);
    await end;
    return sent(write, doc);
  }

  /** Somebody claimed the id before: this client, whose answer was lost, or another process for it. */
  async function goOn(write: Write, before: OperationDoc): Promise<Committed> {
    if (!equalBytes(plain(before.digest), write.digest)) return { kind: 'reused' };
    if (before.result) return { kind: 'repeat', result: resultOf(write.op, before.result) };
    switch (before.intent?.kind) {
      case 'message':
        return goOnSending(write, before, before.intent.pair);
      case 'relation':
        return goOnRelating(write, before, before.intent);
      case 'watermark': {
        const { pair, user, mark, time, result } = before.intent;
        const settles = { operation: before._id, result, time };
        return done(write, result, await friendships.raise(pair, user, mark, settles));
      }
      case 'call':
        return goOnCalling(write, before, before.intent);
      default:
        throw new Error('an operation has neither a result nor an intent');
    }
  }

  async function goOnSending(write: Write, before: OperationDoc, pair: PairId): Promise<Committed> {
    const { actor, op, effect } = write;
    let doc = await messages.find(pair, actor, op);
    if (!doc && effect?.kind === 'message') return make(write, true);
    if (!doc) {
      const { time } = write;
      const nothing: NewMessage = { _id: keyOf(actor, op), pair, from: actor, op, time, envelope: EMPTY };
      doc = await messages.refuse(nothing, resultDoc(write.result));
    }
    if (!doc.refusal) return repeated(await delivered(write, doc));
    await operations.settle(before._id, doc.refusal);
    return sent(write, doc);
  }

  async function goOnRelating(
    write: Write,
    before: OperationDoc,
    { pair, expect, next, time, result }: Extract<Intent, { kind: 'relation' }>,
  ): Promise<Committed> {
    // If it was changed by this operation, this pays for it and settles the operation.
    const doc = await friendships.settled(pair);
    const now = await operations.find(write.actor, write.op);
    if (now && (now.result || !now.token.equals(before.token))) return goOn(write, now);
    if ((doc?.version ?? 0) === expect) {
      const settles = { operation: before._id, result, time };
      const touched = await friendships.relate(pair, expect, next, settles);
      return touched === 'conflict' ? touchedAgain(write) : done(write, result, touched);
    }
    // What was begun can't happen any more. What is wanted now takes its place.
    return (await operations.replace(before, write)) ? make(write, true) : touchedAgain(write);
  }

  async function goOnCalling(
    write: Write,
    before: OperationDoc,
    intent: Extract<Intent, { kind: 'call' }>,
  ): Promise<Committed> {
    const { pair, expect, next, time, result } = intent;
    // If it was made by this operation, this pays for it and settles the operation.
    const doc = await calls.settled(pair, next.id);
    const now = await operations.find(write.actor, write.op);
    if (now && (now.result || !now.token.equals(before.token))) return goOn(write, now);
    if (expect === 0 ? !doc : doc?.version === expect) {
      const touched = await calls.change(intent, { operation: before._id, result, time });
      if (touched !== 'conflict') return done(write, result, touched);
      // Another call is in the way. It may be over soon, and this one must not begin by itself then.
      if (expect > 0 || !(await calls.refuse(pair, next))) return touchedAgain(write);
    }
    // What was begun can't happen any more. What is wanted now takes its place, unless it is the same once more.
    const wanted = starts(write.effect, next) ? { ...write, effect: null, result: inCall(write.op) } : write;
    return (await operations.replace(before, wanted)) ? make(wanted, true) : touchedAgain(write);
  }

  /** Another process went on with it at the same time. */
  async function touchedAgain(write: Write): Promise<Committed> {
    const now = await operations.find(write.actor, write.op);
    if (!now) throw new Failure('UNAVAILABLE', 'an operation is gone');
    return goOn(write, now);
  }

  function done(
    { op }: Write,
    result: NonNullable<OperationDoc['result']>,
    touched: readonly UserId[],
  ): Committed {
    return { kind: 'done', result: resultOf(op, result), touched };
  }

  async function outcomeOf(user: UserId, op: OpId): Promise<OperationDoc | undefined> {
    const doc = await operations.find(user, op);
    if (!doc || doc.result) return doc;
    const { intent } = doc;
    if (intent?.kind === 'relation') await friendships.settled(intent.pair);
    else if (intent?.kind === 'call') await calls.settled(intent.pair, intent.next.id);
    else return doc;
    return operations.find(user, op);
  }

  return {
    async commit(write) {
      if (write.effect) return lanes.add(pairFor(write.effect), write);
      await known([write.actor]);
      if (!write.record) return { kind: 'done', result: write.result, touched: [] };
      const claim = await operations.claim(write);
      return claim.fresh ? make(write, true) : goOn(write, claim.doc);
    },
    /** Finishes what it finds begun, when its effect is there. */
    async outcome(user, op) {
      const doc = await outcomeOf(user, op);
      if (!doc) return undefined;
      const digest = plain(doc.digest);
      if (doc.result) return { digest, result: resultOf(op, doc.result) };
      if (doc.intent?.kind !== 'message') return undefined;
      const message = await messages.find(doc.intent.pair, user, op);
      if (!message) return undefined;
      const committed = await delivered({ op }, message);
      return 'result' in committed ? { digest, result: committed.result } : undefined;
    },
  };
}

const EMPTY = binary(new Uint8Array());

const pairFor = (effect: Effect): PairId =>
  effect.kind === 'message' ? pairOf(effect.from, effect.to) : effect.pair;

function newMessage({ actor, op, time }: Write, effect: Sent): NewMessage {
  const pair = pairFor(effect);
  return { _id: keyOf(actor, op), pair, from: effect.from, op, time, envelope: binary(effect.envelope) };
}

const starts = (effect: Write['effect'], { id }: Call): boolean =>
  effect?.kind === 'call' && effect.expect === 0 && effect.next.id === id;

const inCall = (id: OpId): Write['result'] => ({ id, ok: false, code: 'IN_CALL' });

const repeated = (committed: Committed): Committed =>
  committed.kind === 'done' ? { kind: 'repeat', result: committed.result } : committed;
