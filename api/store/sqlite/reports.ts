import type { Database } from 'better-sqlite3';
import type { AccountStore, Report, Stats } from '../ports.ts';
import type { GroupCommit } from './group-commit.ts';
import type { Names } from './names.ts';

export interface SqliteReportsDeps {
  readonly db: Database;
  readonly names: Names;
  readonly group: GroupCommit;
}

/** What the operator looks at. */
export function createSqliteReports({
  db,
  names,
  group,
}: SqliteReportsDeps): Pick<AccountStore, 'addReport' | 'reports' | 'stats'> {
  const sql = prepareReports(db);
  return {
    addReport({ from, about, reason, note, time }) {
      return group.add(() => {
        const [reporter, reported] = [names.number(from), names.number(about)];
        // Replaced, not updated: the newest is also the last row of those with the same time.
        sql.replace.run(reporter, reported);
        sql.add.run(reporter, reported, reason, note, time);
      });
    },
    async reports(limit) {
      return sql.newest.all(limit);
    },
    async stats() {
      const counted = sql.stats.get();
      if (!counted) throw new Error('a count of rows gave no row');
      return counted;
    },
  };
}

function prepareReports(db: Database) {
  return {
    replace: db.prepare<[number, number]>('DELETE FROM reports WHERE reporter = ? AND about = ?'),
    add: db.prepare<[number, number, string, string, number]>(
      'INSERT INTO reports (reporter, about, reason, note, time) VALUES (?, ?, ?, ?, ?)',
    ),
    newest: db.prepare<[number], Report>(
      `SELECT f.uid AS "from", a.uid AS about, r.reason, r.note, r.time
       FROM reports r JOIN users f ON f.id = r.reporter JOIN users a ON a.id = r.about
       ORDER BY r.time DESC, r.id DESC LIMIT ?`,
    ),
    // Counts whole tables: for the operator's eyes, not for every request.
    stats: db.prepare<[], Stats>(
      `SELECT (SELECT count(*) FROM users WHERE deleted IS NULL) AS users,
              (SELECT count(*) FROM users WHERE deleted IS NULL AND suspended IS NOT NULL) AS suspended,
              (SELECT count(*) FROM sessions WHERE ended IS NULL) AS sessions,
              (SELECT count(*) FROM pairs WHERE state = 'friends') AS friendships,
              (SELECT count(*) FROM messages) AS messages,
              (SELECT count(*) FROM calls) AS calls,
              (SELECT count(*) FROM log) AS entries,
              (SELECT count(*) FROM reports) AS reports`,
    ),
  };
}
