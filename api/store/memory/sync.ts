import { equalBytes } from '#shared/bytes.ts';
import { Failure } from '#shared/errors.ts';
import { type PairId, type UserId, membersOf, pairOf, peerIn } from '#shared/ids.ts';
import {
  type Committed,
  type Effect,
  type Outcome,
  type Person,
  type Relation,
  type SyncStore,
  type Watermark,
  type Write,
  callFor,
  membersWhoSee,
  standingFor,
} from '#sync/server/ports.ts';
import type { Entry, Message, OpResult } from '#sync/wire/down.ts';
import { rangeFrom } from '../calls.ts';
import { type Generations, rotate } from '../generation.ts';
import { type LogRow, buildPage, placeOf } from '../page.ts';
import type { Stats } from '../ports.ts';
import { type ContactRow, buildPart, newestThatFit } from '../snapshot.ts';
import { createMemoryCalls } from './calls.ts';
import type { Logged, Logs } from './logs.ts';

const STRANGERS: Relation = { state: 'none', by: null, blockedBy: [], version: 0, time: 0 };
const NOTHING_READ: Watermark = { delivered: 0, seen: 0 };

export interface MemorySyncDeps {
  readonly epoch: string;
  readonly logs: Logs;
  readonly person: (user: UserId) => Person | undefined;
  /** Of the user's keyring; 0 when there is none. */
  readonly revision: (user: UserId) => number;
}

/** What the accounts need of it. */
export interface MemoryRelations {
  relationsOf(user: UserId): Iterable<[PairId, Relation]>;
  /** Replaces a relation, and tells its members to whom it shows. Returns them: their logs grew. */
  relate(pair: PairId, next: Relation, time: number): readonly UserId[];
  /** Ends the live calls of a user who is no more. Returns the others: their logs grew. */
  endCalls(user: UserId, time: number): readonly UserId[];
  /** Forgets the log, the operations and the installations of a user who is no more. */
  dropUser(user: UserId): void;
  /** How much there is of what the accounts don't hold. */
  count(): Pick<Stats, 'friendships' | 'messages' | 'calls' | 'entries'>;
}

export interface MemorySync {
  readonly store: SyncStore;
  readonly relations: MemoryRelations;
}

/** Logs, conversations and friendships in plain maps; gone with the process. */
export function createMemorySync({ epoch, logs, person, revision }: MemorySyncDeps): MemorySync {
  const relations = new Map<PairId, Relation>();
  const pairsByUser = new Map<UserId, Set<PairId>>();
  /** In the order of their numbers, from 1. */
  const messagesByPair = new Map<PairId, Message[]>();
  const marks = new Map<PairId, Map<UserId, Watermark>>();
  const calls = createMemoryCalls(logs);
  const outcomes = new Map<string, Outcome>();
  const generations = new Map<string, Generations>();

  const messagesOf = (pair: PairId): readonly Message[] => messagesByPair.get(pair) ?? [];
  const relationOf = (pair: PairId): Relation => relations.get(pair) ?? STRANGERS;
  const markOf = (pair: PairId, user: UserId): Watermark => marks.get(pair)?.get(user) ?? NOTHING_READ;
  const known = (user: UserId): Person => {
    const found = person(user);
    if (!found) throw new Failure('UNKNOWN_USER');
    return found;
  };

  function relationsOf(user: UserId): [PairId, Relation][] {
    return Array.from(pairsByUser.get(user) ?? [], (pair) => [pair, relationOf(pair)]);
  }

  function meet(pair: PairId): void {
    for (const user of membersOf(pair)) pairsByUser.set(user, (pairsByUser.get(user) ?? new Set()).add(pair));
  }

  function relate(pair: PairId, next: Relation, time: number): readonly UserId[] {
    const touched = membersWhoSee(pair, relationOf(pair), next);
    relations.set(pair, next);
    meet(pair);
    for (const user of touched) logs.append(user, time, { kind: 'friend', pair });
    return touched;
  }

  function dropUser(user: UserId): void {
    logs.drop(user);
    for (const kept of [outcomes, generations]) {
      for (const name of kept.keys()) if (name.startsWith(`${user} `)) kept.delete(name);
    }
  }

  function count(): ReturnType<MemoryRelations['count']> {
    const friendships = Array.from(relations.values()).filter(({ state }) => state === 'friends').length;
    const messages = Array.from(messagesByPair.values()).reduce((sum, { length }) => sum + length, 0);
    return { friendships, messages, calls: calls.count(), entries: logs.entries() };
  }

  /** Makes the effect true. Returns whose logs grew, and the number of a new message. */
  function make(effect: Effect, write: Write): { touched: readonly UserId[]; n?: number } {
    if (effect.kind === 'message') {
      const { from, to, envelope } = effect;
      const pair = pairOf(from, to);
      const messages = messagesByPair.get(pair) ?? [];
      messagesByPair.set(pair, messages);
      const n = messages.length + 1;
      const message: Message = { op: write.op, from, to, n, time: write.time, envelope };
      messages.push(message);
      meet(pair);
      const both = membersOf(pair);
      for (const user of both) logs.append(user, write.time, { kind: 'message', message });
      return { touched: both, n };
    }
    const { pair } = effect;
    const members = membersOf(pair);
    if (effect.kind === 'relation') return { touched: relate(pair, effect.next, write.time) };
    if (effect.kind === 'call') {
      calls.make(effect, messagesOf(pair).length, write.time);
      meet(pair);
      return { touched: effect.tell };
    }
    const before = markOf(pair, effect.user);
    const { delivered, seen } = effect.mark;
    if (delivered <= before.delivered && seen <= before.seen) return { touched: [] };
    const after = { delivered: Math.max(before.delivered, delivered), seen: Math.max(before.seen, seen) };
    marks.set(pair, (marks.get(pair) ?? new Map<UserId, Watermark>()).set(effect.user, after));
    for (const user of members) logs.append(user, write.time, { kind: 'receipt', pair });
    return { touched: members };
  }

  function apply(write: Write): Committed {
    const name = `${write.actor} ${write.op}`;
    known(write.actor);
    if (write.record) {
      const before = outcomes.get(name);
      if (before)
        return equalBytes(before.digest, write.digest)
          ? { kind: 'repeat', result: before.result }
          : { kind: 'reused' };
    }
    const { effect } = write;
    if (effect) {
      for (const user of effect.kind === 'message' ? [effect.from, effect.to] : membersOf(effect.pair))
        known(user);
      if (effect.kind === 'relation' && relationOf(effect.pair).version !== effect.expect)
        return { kind: 'conflict' };
      if (effect.kind === 'call' && !calls.asExpected(effect)) return { kind: 'conflict' };
    }
    const { touched, n } = effect ? make(effect, write) : { touched: [], n: undefined };
    const result: OpResult = n !== undefined && write.result.ok ? { ...write.result, n } : write.result;
    if (write.record) outcomes.set(name, { digest: write.digest, result });
    return { kind: 'done', result, touched };
  }

  function resolve(logged: Logged, reader: UserId): Entry {
    const { seq } = logged;
    if (logged.kind === 'message') return { kind: 'message', seq, ...logged.message };
    if (logged.kind === 'account') {
      const { kind, time } = logged;
      return { kind, seq, time, revision: logged.revision };
    }
    if (logged.kind === 'call') {
      const { kind, pair, id, time } = logged;
      const call = calls.find(pair, id);
      if (!call) throw new Error(`log entry ${seq} refers to a call that is missing`);
      return { kind, seq, time, ...callFor(call, reader) };
    }
    const { kind, pair, time } = logged;
    if (kind === 'friend') return { seq, ...contactOf(pair, reader), time };
    return { kind, seq, time, ...marksOf(pair, reader) };
  }

  function contactOf(pair: PairId, reader: UserId): ContactRow['contact'] {
    const peer = peerIn(pair, reader);
    const relation = relationOf(pair);
    const { name, bundle } = known(peer);
    const standing = standingFor(relation, reader);
    return { kind: 'friend', time: relation.time, peer, name, standing, bundle };
  }

  function marksOf(pair: PairId, reader: UserId): { peer: UserId; mine: Watermark; theirs: Watermark } {
    const peer = peerIn(pair, reader);
    return { peer, mine: markOf(pair, reader), theirs: markOf(pair, peer) };
  }

  function contactRow(pair: PairId, reader: UserId): ContactRow {
    const messages = messagesOf(pair);
    return {
      pair,
      contact: contactOf(pair, reader),
      conversation: { head: messages.length, ...marksOf(pair, reader) },
      newest: (limit) => messages.slice(-limit).toReversed(),
      calls: (range) => calls.newestAndLive(pair, range, reader),
    };
  }

  function rowOf(logged: Logged, reader: UserId): LogRow {
    const { seq, tag: mark, kind } = logged;
    return {
      seq,
      tag: mark,
      subject: subjectOf(logged),
      bytes: kind === 'message' ? logged.message.envelope.byteLength : 0,
      resolve: () => resolve(logged, reader),
    };
  }

  const store: SyncStore = {
    async epoch() {
      return epoch;
    },
    async head(user) {
      return logs.head(user);
    },
    async read(user, cursor, limits) {
      const place = placeOf(cursor, epoch);
      if (place === 'resync') return 'resync';
      if (cursor && place === 'start' && logs.floor(user) > 0) return 'resync';
      const start = place === 'start' ? 1 : place;
      const rows = logs.from(user, start, limits.entries + 2).map((logged) => rowOf(logged, user));
      return buildPage(rows, cursor, limits, () => logs.head(user));
    },
    async snapshot(user, after, limits) {
      const position = after ?? logs.last(user) ?? { seq: 0, tag: 0 };
      const rows = relationsOf(user)
        .filter(
          ([pair, { state, blockedBy }]) =>
            state !== 'none' || blockedBy.includes(user) || messagesOf(pair).length > 0 || calls.has(pair),
        )
        .map(([pair]) => pair)
        .filter((pair) => after === null || pair > after.pair)
        .toSorted()
        .slice(0, limits.pairs + 1)
        .map((pair) => contactRow(pair, user));
      return buildPart(rows, position, revision(user), after === null, limits);
    },
    async history(user, peer, before, limits) {
      const pair = pairOf(user, peer);
      const messages = messagesOf(pair);
      const below = before <= messages.length + 1 ? messages.slice(0, Math.max(0, before - 1)) : [];
      const fitting = newestThatFit(below.slice(-limits.entries).toReversed(), limits);
      const from = before - fitting.length;
      return {
        peer,
        from,
        before,
        messages: fitting,
        calls: calls.newest(pair, rangeFrom(from, before), user),
      };
    },
    async useDevice(user, device, gen) {
      known(user);
      const name = `${user} ${device}`;
      const rotated = rotate(generations.get(name), gen);
      if (rotated === 'cloned') return 'cloned';
      generations.set(name, rotated);
      return rotated.current;
    },
    async truncate(user, keepFrom) {
      return logs.truncate(user, keepFrom);
    },
    async longLogs(entries, limit) {
      return logs.long(entries, limit);
    },
    async outcome(user, op) {
      return outcomes.get(`${user} ${op}`);
    },
    async person(user) {
      return person(user);
    },
    async relation(pair) {
      return relationOf(pair);
    },
    async conversation(pair) {
      return {
        head: messagesOf(pair).length,
        marks: new Map(membersOf(pair).map((user) => [user, markOf(pair, user)])),
      };
    },
    async friends(user) {
      return relationsOf(user)
        .filter(([, { state }]) => state === 'friends')
        .map(([pair]) => peerIn(pair, user));
    },
    async openRequests(user) {
      return relationsOf(user).filter(([, { state, by }]) => state === 'requested' && by === user).length;
    },
    ...calls.store,
    async commit(write) {
      return apply(write);
    },
  };
  return { store, relations: { relationsOf, relate, endCalls: calls.endAll, dropUser, count } };
}

function subjectOf(logged: Logged): string {
  if (logged.kind === 'message') {
    const { from, to, n } = logged.message;
    return `message ${pairOf(from, to)} ${n}`;
  }
  if (logged.kind === 'call') return `call ${logged.pair} ${logged.id}`;
  // Each keyring takes the place of the one before.
  return logged.kind === 'account' ? 'account' : `${logged.kind} ${logged.pair}`;
}
