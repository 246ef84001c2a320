import { equalBytes } from '#shared/bytes.ts';
import { Failure } from '#shared/errors.ts';
import { type Bytes, type PairId, type UserId, membersOf, pairOf, peerIn } from '#shared/ids.ts';
import {
  type Committed,
  type Effect,
  type Outcome,
  type Person,
  type Relation,
  type SyncStore,
  type Watermark,
  type Write,
  standingFor,
} from '#sync/server/ports.ts';
import type { Entry, OpResult } from '#sync/wire/down.ts';
import { type LogRow, buildPage, placeOf } from '../page.ts';

interface Message {
  readonly id: number;
  readonly from: UserId;
  readonly to: UserId;
  readonly n: number;
  readonly op: Write['op'];
  readonly time: number;
  readonly envelope: Bytes;
}
type Logged = { readonly seq: number; readonly tag: number; readonly time: number } & (
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'friend' | 'receipt'; readonly pair: PairId }
);

const STRANGERS: Relation = { state: 'none', by: null, version: 0, time: 0 };
const NOTHING_READ: Watermark = { delivered: 0, seen: 0 };

export interface MemorySyncDeps {
  readonly epoch: string;
  /** A random 32-bit number for each entry. */
  readonly tag: () => number;
  readonly person: (user: UserId) => Person | undefined;
}

export interface MemorySync extends SyncStore {
  relationsOf(user: UserId): Iterable<[PairId, Relation]>;
}

/** Logs, conversations and friendships in plain maps; gone with the process. */
export function createMemorySync({ epoch, tag, person }: MemorySyncDeps): MemorySync {
  const logs = new Map<UserId, Logged[]>();
  const relations = new Map<PairId, Relation>();
  const pairsByUser = new Map<UserId, Set<PairId>>();
  const heads = new Map<PairId, number>();
  const marks = new Map<PairId, Map<UserId, Watermark>>();
  const outcomes = new Map<string, Outcome>();
  let messages = 0;

  const logOf = (user: UserId): Logged[] => logs.get(user) ?? [];
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

  type Subject = { kind: 'message'; message: Message } | { kind: 'friend' | 'receipt'; pair: PairId };
  function append(user: UserId, time: number, subject: Subject): void {
    const log = logs.get(user) ?? [];
    logs.set(user, log);
    log.push({ seq: log.length + 1, tag: tag(), time, ...subject });
  }

  /** Makes the effect true. Returns whose logs grew, and the number of a new message. */
  function make(effect: Effect, write: Write): { touched: readonly UserId[]; n?: number } {
    if (effect.kind === 'message') {
      const { from, to, envelope } = effect;
      const pair = pairOf(from, to);
      const n = (heads.get(pair) ?? 0) + 1;
      heads.set(pair, n);
      messages += 1;
      const message: Message = { id: messages, from, to, n, op: write.op, time: write.time, envelope };
      const both = membersOf(pair);
      for (const user of both) append(user, write.time, { kind: 'message', message });
      return { touched: both, n };
    }
    const { pair } = effect;
    const members = membersOf(pair);
    if (effect.kind === 'relation') {
      relations.set(pair, effect.next);
      for (const user of members) pairsByUser.set(user, (pairsByUser.get(user) ?? new Set()).add(pair));
      for (const user of members) append(user, write.time, { kind: 'friend', pair });
      return { touched: members };
    }
    const before = markOf(pair, effect.user);
    const { delivered, seen } = effect.mark;
    if (delivered <= before.delivered && seen <= before.seen) return { touched: [] };
    const after = { delivered: Math.max(before.delivered, delivered), seen: Math.max(before.seen, seen) };
    marks.set(pair, (marks.get(pair) ?? new Map<UserId, Watermark>()).set(effect.user, after));
    for (const user of members) append(user, write.time, { kind: 'receipt', pair });
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
    }
    const { touched, n } = effect ? make(effect, write) : { touched: [], n: undefined };
    const result: OpResult = n !== undefined && write.result.ok ? { ...write.result, n } : write.result;
    if (write.record) outcomes.set(name, { digest: write.digest, result });
    return { kind: 'done', result, touched };
  }

  function resolve(logged: Logged, reader: UserId): Entry {
    const { seq } = logged;
    if (logged.kind === 'message') {
      const { op, from, to, n, time, envelope } = logged.message;
      return { kind: 'message', seq, time, op, from, to, n, envelope };
    }
    const { kind, pair, time } = logged;
    const peer = peerIn(pair, reader);
    if (kind === 'receipt') {
      return { kind, seq, time, peer, mine: markOf(pair, reader), theirs: markOf(pair, peer) };
    }
    const { name, bundle } = known(peer);
    return { kind, seq, time, peer, name, standing: standingFor(relationOf(pair), reader), bundle };
  }

  function rowOf(logged: Logged, reader: UserId): LogRow {
    const { seq, tag: mark, kind } = logged;
    return {
      seq,
      tag: mark,
      subject: kind === 'message' ? `message ${logged.message.id}` : `${kind} ${logged.pair}`,
      bytes: kind === 'message' ? logged.message.envelope.byteLength : 0,
      resolve: () => resolve(logged, reader),
    };
  }

  return {
    async epoch() {
      return epoch;
    },
    async head(user) {
      return logOf(user).length;
    },
    async read(user, cursor, limits) {
      const place = placeOf(cursor, epoch);
      if (place === 'resync') return 'resync';
      const log = logOf(user);
      const first = place === 'start' ? 0 : place - 1;
      const rows = log.slice(first, first + limits.entries + 2).map((logged) => rowOf(logged, user));
      return buildPage(rows, cursor, limits, () => log.length);
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
        head: heads.get(pair) ?? 0,
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
    async commit(write) {
      return apply(write);
    },
    relationsOf,
  };
}
