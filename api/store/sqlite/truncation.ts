import type { SyncStore } from '#sync/server/ports.ts';
import type { GroupCommit } from './group-commit.ts';
import type { Names } from './names.ts';
import type { SyncStatements } from './sync-statements.ts';

/** Entries forgotten in one transaction, at most: everybody's messages wait meanwhile. */
const MAX_FORGOTTEN = 2_000;

export interface SqliteTruncationDeps {
  readonly names: Names;
  readonly sql: SyncStatements;
  readonly group: GroupCommit;
}

/** Forgetting the old ends of logs. */
export function createSqliteTruncation({
  names,
  sql,
  group,
}: SqliteTruncationDeps): Pick<SyncStore, 'truncate' | 'longLogs'> {
  return {
    /**
     * The floor is raised first, and hides what is below it; the rows go little by little. Those that a crash leaves
     * are taken by the next truncation.
     */
    async truncate(user, keepFrom) {
      const self = names.find(user);
      if (self === undefined) return 0;
      const floor = await group.add(() => {
        const raised = Math.min(keepFrom, sql.head.get(self, self) ?? 0) - 1;
        const before = sql.floor.get(self) ?? 0;
        if (raised > before) sql.raiseFloor.run(raised, self);
        return Math.max(raised, before);
      });
      let forgotten = 0;
      for (;;) {
        const gone = await group.add(() => {
          const oldest = sql.oldest.get(self) ?? floor + 1;
          return sql.forget.run(self, Math.min(floor, oldest + MAX_FORGOTTEN - 1)).changes;
        });
        forgotten += gone;
        if (gone < MAX_FORGOTTEN) return forgotten;
      }
    },
    async longLogs(entries, limit) {
      return sql.longLogs.all(entries, limit).map((number) => ({
        user: names.id(number),
        head: sql.head.get(number, number) ?? 0,
      }));
    },
  };
}
