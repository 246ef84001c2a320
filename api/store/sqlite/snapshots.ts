import { type UserId, membersOf, pairOf, peerIn } from '#shared/ids.ts';
import { type SyncStore, standingFor } from '#sync/server/ports.ts';
import type { Message } from '#sync/wire/down.ts';
import { rangeFrom } from '../calls.ts';
import { type ContactRow, buildPart, newestThatFit } from '../snapshot.ts';
import type { SqliteCalls } from './calls.ts';
import { type Names, plain, unpackOp } from './names.ts';
import { marksFor, relationOf } from './pairs.ts';
import type { ContactSelection, PairRow, SyncStatements } from './sync-statements.ts';

export interface SqliteSnapshotDeps {
  readonly names: Names;
  readonly sql: SyncStatements;
  readonly calls: SqliteCalls;
}

/** How things stand, read from where they stand: what it costs does not depend on the length of any log. */
export function createSqliteSnapshots({
  names,
  sql,
  calls,
}: SqliteSnapshotDeps): Pick<SyncStore, 'snapshot' | 'history'> {
  /** Messages numbered below `before`, the newest first. */
  function* newest(pair: PairRow, before: number, limit: number): Generator<Message> {
    for (const { n, sender, op, time, envelope } of sql.newest.iterate(pair.id, before, limit)) {
      const [from, to] = [sender, sender === pair.low ? pair.high : pair.low].map(names.id) as [
        UserId,
        UserId,
      ];
      yield { op: unpackOp(op), from, to, n, time, envelope: plain(envelope) };
    }
  }

  function contactRow(row: ContactSelection, user: UserId, self: number): ContactRow {
    const { uid: peer, name, time } = row;
    const standing = standingFor(relationOf(row, names), user);
    const head = sql.lastNumber.get(row.id) ?? 0;
    return {
      pair: pairOf(user, peer),
      contact: { kind: 'friend', time, peer, name, standing, bundle: plain(row.bundle) },
      conversation: { peer, head, ...marksFor(row, self) },
      newest: (limit) => newest(row, head + 1, limit),
      calls: (range) => calls.newestAndLive(row.id, range, user),
    };
  }

  return {
    async snapshot(user, after, limits) {
      const self = names.find(user);
      if (self === undefined) return buildPart([], { seq: 0, tag: 0 }, 0, true, limits);
      const position = after ?? sql.last.get(self) ?? { seq: 0, tag: 0 };
      const place = { self, after: after ? peerIn(after.pair, user) : '', limit: limits.pairs + 1 };
      const rows = sql.contacts.all(place).map((row) => contactRow(row, user, self));
      return buildPart(rows, position, sql.revision.get(self) ?? 0, after === null, limits);
    },
    async history(user, peer, before, limits) {
      const [low, high] = membersOf(pairOf(user, peer)).map(names.find);
      const pair = low === undefined || high === undefined ? undefined : sql.pair.get(low, high);
      const known = pair !== undefined && before <= (sql.lastNumber.get(pair.id) ?? 0) + 1;
      const messages = known ? newestThatFit(newest(pair, before, limits.entries), limits) : [];
      const from = before - messages.length;
      const shown = pair ? calls.newest(pair.id, rangeFrom(from, before), user) : [];
      return { peer, from, before, messages, calls: shown };
    },
  };
}
