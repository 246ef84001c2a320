import { type OpId, type PairId, type UserId, membersOf, pairOf, peerIn } from '#shared/ids.ts';
import type { Committed, Relation, Watermark, Write } from '#sync/server/ports.ts';
import type { HistoryPage, Message, OpResult, Page, SnapshotPart, Standing } from '#sync/wire/down.ts';
import type { Cursor, Operation } from '#sync/wire/up.ts';
import { createCallBooks } from './call-books.ts';
import type { Fail } from './fail.ts';

/** One position of a user's log, as the ledger knows it. */
type Logged =
  | { readonly kind: 'message'; readonly pair: PairId; readonly op: OpId; readonly n: number }
  | { readonly kind: 'relation' | 'watermark' | 'call'; readonly pair: PairId };

/** What a history of the server's database holds. */
interface Truth {
  readonly messages: Map<PairId, { readonly op: OpId; readonly from: UserId }[]>;
  readonly marks: Map<string, Watermark>;
  readonly relations: Map<PairId, Relation>;
  readonly logs: Map<UserId, Logged[]>;
  readonly outcomes: Map<string, OpResult>;
}

/** Longer than any commit takes, in milliseconds. */
const MEANWHILE = 5_000;
const STRANGERS: Relation = { state: 'none', by: null, blockedBy: [], version: 0, time: 0 };
const UNREAD: Watermark = { delivered: 0, seen: 0 };

/**
 * The books of a simulation: what the server committed, kept apart from the server, and what devices stored and showed.
 * Whatever the server reads, answers or commits, and whatever a device stores, is held against them at that moment.
 */
export function createLedger(fail: Fail) {
  let truth = nothing();
  const calls = createCallBooks(fail, MEANWHILE);
  let histories = 0;
  let journal: { readonly write: Write; readonly committed: Committed }[] = [];
  /** Messages of a history that was lost, and not committed again since. */
  const lost = new Set<OpId>();
  const everLost = new Set<OpId>();
  /** Results that were given in a history that was lost, by actor and operation. */
  const formerly = new Map<string, OpResult[]>();
  const friendshipsAsked = new Map<OpId, Operation['kind']>();
  const stored = new Map<UserId, Set<OpId>>();
  const shown = new Map<UserId, Set<OpId>>();

  const messagesOf = (pair: PairId) => truth.messages.get(pair) ?? [];
  const markOf = (pair: PairId, user: UserId) => truth.marks.get(`${pair} ${user}`) ?? UNREAD;
  const logOf = (user: UserId) => truth.logs.get(user) ?? [];

  function append(pair: PairId, entry: Logged, users: readonly UserId[] = membersOf(pair)): void {
    for (const user of users) listOf(truth.logs, user).push(entry);
  }

  /** What the other one is to `user`: said here once more, and not taken from the server. */
  function standingOf(user: UserId, peer: UserId): Standing {
    const relation = truth.relations.get(pairOf(user, peer));
    if (relation?.blockedBy.includes(user)) return 'blocked';
    if (relation?.state === 'friends') return 'friends';
    if (relation?.state !== 'requested') return 'none';
    return relation.by === user ? 'sent' : 'received';
  }

  function make({ effect, op, time }: Write, result: OpResult): void {
    if (effect?.kind === 'message') {
      const pair = pairOf(effect.from, effect.to);
      const messages = listOf(truth.messages, pair);
      messages.push({ op, from: effect.from });
      const n = messages.length;
      if (!result.ok || result.n !== n)
        fail('S8', `${op} was answered ${JSON.stringify(result)}, and is number ${n}`);
      append(pair, { kind: 'message', pair, op, n });
      lost.delete(op);
    } else if (effect?.kind === 'relation') {
      const { pair, next } = effect;
      const [low, high] = membersOf(pair);
      const before = [standingOf(low, high), standingOf(high, low)];
      truth.relations.set(pair, next);
      const after = [standingOf(low, high), standingOf(high, low)];
      // Who sees no change is not told: else they would know that they were blocked.
      const told = [low, high].filter((_, at) => before[at] !== after[at]);
      append(pair, { kind: 'relation', pair }, told);
    } else if (effect?.kind === 'watermark') {
      const { pair, user, mark } = effect;
      truth.marks.set(`${pair} ${user}`, highest(markOf(pair, user), mark));
      append(pair, { kind: 'watermark', pair });
    } else if (effect?.kind === 'call') {
      calls.make(effect, time, messagesOf(effect.pair).length);
      append(effect.pair, { kind: 'call', pair: effect.pair }, effect.tell);
    }
  }

  function record(write: Write, committed: Committed): void {
    if (committed.kind !== 'done') return;
    journal.push({ write, committed });
    if (write.record) truth.outcomes.set(`${write.actor} ${write.op}`, committed.result);
    if (committed.touched.length > 0) make(write, committed.result);
  }

  /** A watermark covers what its owner has stored, and shown, somewhere: it never lies. */
  function checkMark(pair: PairId, user: UserId, next: Watermark): void {
    const before = markOf(pair, user);
    const messages = messagesOf(pair);
    if (next.seen > next.delivered || next.delivered > messages.length) {
      fail('S9', `${JSON.stringify(before)} became ${JSON.stringify(next)} of ${messages.length}`);
    }
    const check = (from: number, to: number, among: ReadonlySet<OpId> | undefined, what: string): void => {
      for (const message of messages.slice(from, to)) {
        if (message.from === user || among?.has(message.op)) continue;
        fail('C17', `${message.op} counts as ${what} by ${user}, and is not`);
      }
    };
    check(before.delivered, next.delivered, stored.get(user), 'delivered');
    check(before.seen, next.seen, shown.get(user), 'seen');
  }

  /** A friendship may end while a message is being committed, and not long before. */
  function checkFriends(
    { time, op }: Write,
    { from, to }: { readonly from: UserId; readonly to: UserId },
  ): void {
    const relation = truth.relations.get(pairOf(from, to));
    if (relation?.state !== 'friends' && time - (relation?.time ?? 0) > MEANWHILE) {
      fail('S6', `${op} was sent to somebody who is no friend`);
    }
  }

  /** What an operation makes of a friendship, where somebody blocks or has blocked. */
  function checkBlocks({ actor, op }: Write, pair: PairId, next: Relation): void {
    const asked = friendshipsAsked.get(op);
    const before = truth.relations.get(pair) ?? STRANGERS;
    const broken = (what: string): void =>
      fail('S24', `${asked} ${what}: ${JSON.stringify(before)} became ${JSON.stringify(next)}`);
    const [did, does] = [before.blockedBy.includes(actor), next.blockedBy.includes(actor)];
    const peer = peerIn(pair, actor);
    if (next.state === 'friends' && next.blockedBy.length > 0) broken('made friends of somebody blocked');
    if (next.blockedBy.includes(peer) !== before.blockedBy.includes(peer))
      broken('changed whom the other blocks');
    if (asked === 'friend.block') {
      if (did || !does) broken('is no block');
      if (next.state === 'requested') broken('left a request');
    } else if (asked === 'friend.unblock') {
      if (!did || does) broken('is no unblock');
      if (next.state !== before.state || next.by !== before.by) broken('changed what there was');
    } else if (did || does) broken('happened to somebody blocked');
  }

  function checkMessage(message: Message, rule: string): void {
    const { op, from } = messagesOf(pairOf(message.from, message.to))[message.n - 1] ?? {};
    if (op !== message.op || from !== message.from)
      fail(rule, `number ${message.n} is ${op}, and reads ${message.op}`);
  }

  return {
    calls: { keeps: calls.keeps, heard: calls.heard, live: calls.live },
    /** Names the present history of the database. */
    epoch: (): string => `history ${histories}`,
    lost: lost as ReadonlySet<OpId>,
    /** Whether a restore took its effect or its refusal away, even if it is back. */
    wasLost: (op: OpId): boolean => everLost.has(op),
    messagesOf,
    markOf,
    standingOf,
    head: (user: UserId): number => logOf(user).length,
    /** How many writes were committed: a place that `restore` can go back to. */
    place: (): number => journal.length,
    writes: (upTo: number): Write[] => journal.slice(0, upTo).map(({ write }) => write),

    commit(write: Write, committed: Committed): void {
      const key = `${write.actor} ${write.op}`;
      const before = truth.outcomes.get(key);
      if (committed.kind === 'done' && before && write.record) fail('S3', `${write.op} took effect twice`);
      if (committed.kind === 'repeat' && !sameResult(committed.result, before)) {
        fail(
          'S3',
          `${write.op} was first answered ${JSON.stringify(before)}, then ${JSON.stringify(committed.result)}`,
        );
      }
      const { effect } = write;
      if (committed.kind === 'done' && effect?.kind === 'relation')
        checkBlocks(write, effect.pair, effect.next);
      if (committed.kind === 'done' && effect?.kind === 'call')
        calls.check(write, effect, truth.relations.get(effect.pair));
      if (committed.kind === 'done' && effect?.kind === 'message') checkFriends(write, effect);
      if (committed.kind === 'done' && effect?.kind === 'watermark' && committed.touched.length > 0) {
        // Two devices may raise it at once: each never lowers what the other raised.
        const { pair, user, mark } = effect;
        checkMark(pair, user, highest(markOf(pair, user), mark));
      }
      record(write, committed);
    },

    /** The database is as it was after `place` writes: what came after them is lost. */
    restore(place: number): void {
      const kept = journal.slice(0, place);
      for (const { write } of journal.slice(place)) {
        everLost.add(write.op);
        if (write.effect?.kind === 'message') lost.add(write.op);
      }
      for (const [key, result] of truth.outcomes) listOf(formerly, key).push(result);
      truth = nothing();
      calls.clear();
      histories += 1;
      journal = [];
      for (const { write, committed } of kept) record(write, committed);
    },

    page(user: UserId, page: Page): void {
      const log = logOf(user);
      if (page.to > log.length || page.head > log.length) {
        fail('S1', `a page up to ${page.to} of ${page.head}, and the log ends at ${log.length}`);
      }
      let at = 0;
      for (let seq = page.from + 1; seq <= page.to; seq++) {
        const truly = log[seq - 1];
        const entry = page.entries[at]?.seq === seq ? page.entries[at++] : undefined;
        if (entry?.kind === 'call') {
          if (truly?.kind !== 'call') fail('S27', `entry ${seq} of ${user} reads as a call`);
          else calls.read(user, entry as Extract<typeof entry, { caller: UserId }>, 'S27');
        }
        if (truly?.kind !== 'message') continue;
        if (entry?.kind !== 'message' || entry.op !== truly.op || entry.n !== truly.n) {
          fail('S10', `entry ${seq} of ${user} is ${truly.op}, and reads ${JSON.stringify(entry?.kind)}`);
        }
      }
      if (at !== page.entries.length)
        fail('S1', `a page up to ${page.to} holds entries outside of its range`);
    },

    part(user: UserId, part: SnapshotPart): void {
      if (part.seq > logOf(user).length) fail('S19', `a snapshot of ${part.seq}, beyond the log`);
      for (const { peer, head, messages, calls: told } of part.conversations) {
        for (const call of told) calls.read(user, call, 'S19');
        if (head > messagesOf(pairOf(user, peer)).length) fail('S19', `a conversation of ${head} messages`);
        for (const message of messages) checkMessage(message, 'S19');
      }
    },

    history(user: UserId, page: HistoryPage): void {
      for (const call of page.calls) calls.read(user, call, 'S20');
      for (const message of page.messages) checkMessage(message, 'S20');
    },

    /** Somebody wants it done, and may do so again. */
    asked: ({ id, kind }: Operation): void => void friendshipsAsked.set(id, kind),
    /** A device of `user` has it on its disk. */
    stored: (user: UserId, op: OpId): void => void setOf(stored, user).add(op),
    /** It was on a screen of `user`. */
    shown: (user: UserId, op: OpId): void => void setOf(shown, user).add(op),

    /** A device has stored its log up to `to`: every message of it must be there. */
    cursorMoved(
      user: UserId,
      from: number,
      { epoch, seq: to }: Cursor,
      holds: (op: OpId, pair: PairId, n: number) => boolean,
    ): void {
      // What an app that stood still stores of a history that is gone, it forgets when it hears of the new one.
      if (epoch !== `history ${histories}`) return;
      const log = logOf(user);
      for (let seq = from + 1; seq <= to; seq++) {
        const entry = log[seq - 1];
        if (entry?.kind === 'message' && !holds(entry.op, entry.pair, entry.n)) {
          fail('C5', `the cursor of ${user} passed ${seq}, and message ${entry.op} is not stored`);
        }
      }
    },

    /** An answer that a device takes for final. */
    settled(actor: UserId, result: OpResult, isRecorded: boolean): void {
      const key = `${actor} ${result.id}`;
      const given = [truth.outcomes.get(key), ...(formerly.get(key) ?? [])];
      const outside = !result.ok && (result.code === 'STALE_KEY' || result.code === 'ID_REUSED');
      if (!isRecorded || outside || given.some((known) => sameResult(known, result))) return;
      fail('S2', `${result.id} was answered ${JSON.stringify(result)}, which was never made durable`);
    },
  };
}
export type Ledger = ReturnType<typeof createLedger>;

function nothing(): Truth {
  return {
    messages: new Map(),
    marks: new Map(),
    relations: new Map(),
    logs: new Map(),
    outcomes: new Map(),
  };
}

function sameResult(a: OpResult | undefined, b: OpResult | undefined): boolean {
  if (!a || !b || a.id !== b.id || a.ok !== b.ok) return false;
  return a.ok && b.ok ? a.n === b.n && a.time === b.time : !a.ok && !b.ok && a.code === b.code;
}

function highest(a: Watermark, b: Watermark): Watermark {
  return { delivered: Math.max(a.delivered, b.delivered), seen: Math.max(a.seen, b.seen) };
}

function listOf<K, V>(map: Map<K, V[]>, key: K): V[] {
  const list = map.get(key) ?? [];
  map.set(key, list);
  return list;
}

function setOf<K, V>(map: Map<K, Set<V>>, key: K): Set<V> {
  const set = map.get(key) ?? new Set();
  map.set(key, set);
  return set;
}
