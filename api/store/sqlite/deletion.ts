import type { Database } from 'better-sqlite3';
import { type UserId, pairOf } from '#shared/ids.ts';
import { type Relation, membersWhoSee } from '#sync/server/ports.ts';
import type { AccountStore } from '../ports.ts';
import type { SqliteCalls } from './calls.ts';
import type { GroupCommit } from './group-commit.ts';
import { type AppendEntry, ENTRY } from './log.ts';
import type { Names } from './names.ts';
import { relationOf } from './pairs.ts';
import type { PairRow } from './sync-statements.ts';

/** Rows that go in one transaction, at most: everybody's messages wait meanwhile. */
const MAX_SWEPT = 2_000;

export interface SqliteDeletionDeps {
  readonly db: Database;
  readonly names: Names;
  readonly group: GroupCommit;
  readonly append: AppendEntry;
  readonly calls: SqliteCalls;
}

/**
 * Ending an account. One transaction ends all that others and the person can see of it. Its log and operations, which
 * nobody reads any more, go little by little; what a crash leaves of them goes when the database is opened again.
 */
export function createSqliteDeletion({
  db,
  names,
  group,
  append,
  calls,
}: SqliteDeletionDeps): Pick<AccountStore, 'deleteAccount'> {
  const sql = prepareDeletion(db);
  for (const self of sql.deleted.all()) while (sweep(self) > 0);

  function sweep(self: number): number {
    return sql.sweepLog.run(self, MAX_SWEPT).changes + sql.sweepOperations.run(self, MAX_SWEPT).changes;
  }

  /** Nothing is left between two people but their messages, and not even a block. Returns who is told. */
  function part(row: PairRow, user: UserId, time: number): readonly UserId[] {
    const before = relationOf(row, names);
    const next: Relation = { state: 'none', by: null, blockedBy: [], version: before.version + 1, time };
    sql.part.run(time, row.id);
    const pair = pairOf(names.id(row.low), names.id(row.high));
    return membersWhoSee(pair, before, next).filter((other) => other !== user);
  }

  return {
    async deleteAccount(user, time) {
      const self = names.find(user);
      if (self === undefined) return [];
      const told = await group.add(() => {
        if (sql.end.run(time, self).changes === 0) return [];
        const others = new Set(calls.endAll(user, time));
        for (const row of sql.relations.all({ self })) {
          for (const other of part(row, user, time)) {
            append(names.number(other), ENTRY.friend, row.id, time);
            others.add(other);
          }
        }
        for (const drop of [sql.dropCredentials, sql.dropSessions, sql.dropInstallations]) drop.run(self);
        return [...others];
      });
      while ((await group.add(() => sweep(self))) > 0);
      return told;
    },
  };
}

function prepareDeletion(db: Database) {
  return {
    deleted: db.prepare<[], number>('SELECT id FROM users WHERE deleted IS NOT NULL').pluck(),
    end: db.prepare<[number, number]>('UPDATE users SET deleted = ? WHERE id = ? AND deleted IS NULL'),
    relations: db.prepare<[{ self: number }], PairRow>(
      `SELECT * FROM pairs
       WHERE (low = @self OR high = @self) AND (state <> 'none' OR low_blocks OR high_blocks)`,
    ),
    part: db.prepare<[number, number]>(
      `UPDATE pairs SET state = 'none', by = NULL, low_blocks = 0, high_blocks = 0, version = version + 1, time = ?
       WHERE id = ?`,
    ),
    dropCredentials: db.prepare<[number]>('DELETE FROM credentials WHERE user = ?'),
    dropSessions: db.prepare<[number]>('DELETE FROM sessions WHERE user = ?'),
    dropInstallations: db.prepare<[number]>('DELETE FROM installations WHERE user = ?'),
    sweepLog: db.prepare<[number, number]>(
      'DELETE FROM log WHERE id IN (SELECT id FROM log WHERE user = ? LIMIT ?)',
    ),
    sweepOperations: db.prepare<[number, number]>(
      'DELETE FROM operations WHERE id IN (SELECT id FROM operations WHERE user = ? LIMIT ?)',
    ),
  };
}
