import type { Database } from 'better-sqlite3';
import { type UserId } from '#shared/ids.ts';
import { err, ok } from '#shared/result.ts';
import type { Account, AccountStore, Acquaintance, Credentials, Listed, Recovery } from '../ports.ts';
import type { SqliteCalls } from './calls.ts';
import { createSqliteDeletion } from './deletion.ts';
import type { GroupCommit } from './group-commit.ts';
import { type AppendEntry, ENTRY } from './log.ts';
import { type Names, plain } from './names.ts';
import { createSqliteReports } from './reports.ts';
import { END_ALL, createSqliteSignIns } from './sign-ins.ts';

interface AccountRow {
  readonly uid: UserId;
  readonly name: string;
  readonly created: number;
  readonly bundle: Buffer;
  readonly key_id: Buffer;
  readonly suspended: number | null;
  readonly iterations: number;
  readonly salt: string;
  readonly verifier: string;
  readonly pepper: string;
  readonly account_key: Buffer;
  readonly keyring: Buffer;
  readonly revision: number;
  readonly version: number;
  readonly recovery_verifier: string | null;
  readonly recovery_pepper: string | null;
  readonly recovery_key: Buffer | null;
  readonly recovery_created: number | null;
}

export interface SqliteAccountsDeps {
  readonly db: Database;
  readonly names: Names;
  readonly group: GroupCommit;
  readonly append: AppendEntry;
  readonly calls: SqliteCalls;
}

/** Users and their sign-ins. Off the hot path: clarity over speed, and the same group commit. */
export function createSqliteAccounts(deps: SqliteAccountsDeps): AccountStore {
  const { db, names, group, append } = deps;
  const sql = prepareAccounts(db);

  /** Those whose logs name the user's keys. */
  function* correspondents(self: number): Generator<{ pair: number; peer: number }> {
    for (const { id, low, high } of sql.correspondents.all({ self })) {
      yield { pair: id, peer: low === self ? high : low };
    }
  }

  return {
    createAccount({ user, username, created, bundle, keyId, keyring, credentials, recovery }) {
      return group.add(() => {
        if (sql.nameTaken.get(username) !== undefined) return err('USERNAME_TAKEN');
        if (names.find(user) !== undefined) return err('USER_ID_TAKEN');
        const self = Number(sql.addUser.run(user, username, created, bundle, keyId).lastInsertRowid);
        sql.addCredentials.run({
          self,
          keyring,
          ...credentialColumns(credentials),
          ...recoveryColumns(recovery),
        });
        return ok(undefined);
      });
    },
    async account(username) {
      const row = sql.accountByName.get(username);
      return row && accountOf(row);
    },
    async accountOf(user) {
      const row = sql.accountById.get(user);
      return row && accountOf(row);
    },
    replaceKeyring(user, { expect, keyring, rotated, time }) {
      return group.add(() => {
        const self = names.find(user);
        if (self === undefined || sql.replaceKeyring.run(keyring, self, expect).changes === 0)
          return 'conflict';
        append(self, ENTRY.account, expect + 1, time);
        if (!rotated) return [user];
        sql.replaceBundle.run(rotated.bundle, rotated.keyId, self);
        const grown = [user];
        for (const { pair, peer } of correspondents(self)) {
          append(peer, ENTRY.friend, pair, time);
          grown.push(names.id(peer));
        }
        return grown;
      });
    },
    replaceCredentials(user, expect, { credentials, recovery, endSessions }) {
      return group.add(() => {
        const self = names.find(user);
        if (self === undefined || sql.nextVersion.run(self, expect).changes === 0) return 'conflict';
        if (credentials) sql.replacePassword.run({ self, ...credentialColumns(credentials) });
        if (recovery !== undefined) sql.replaceRecovery.run({ self, ...recoveryColumns(recovery) });
        return endSessions ? sql.endSignIns.all(endSessions.time, self, endSessions.except ?? '') : [];
      });
    },
    suspendAccount(user, time) {
      return group.add(() => {
        const self = names.find(user);
        if (self === undefined || sql.suspend.run(time, self).changes === 0) return false;
        if (time !== null) sql.endSignIns.all(time, self, '');
        return true;
      });
    },
    async findPerson(username) {
      return sql.listed.get(username);
    },
    async listPeople(prefix, limit) {
      // Names are ASCII: every name with the prefix sorts below prefix + DEL.
      return sql.people.all(prefix, `${prefix}\x7f`, limit);
    },
    async acquaintances(user) {
      const self = names.find(user);
      return self === undefined ? [] : sql.acquaintances.all({ self });
    },
    ...createSqliteSignIns(deps),
    ...createSqliteDeletion(deps),
    ...createSqliteReports(deps),
  };
}

function accountOf(row: AccountRow): Account {
  return {
    user: row.uid,
    username: row.name,
    created: row.created,
    bundle: plain(row.bundle),
    keyId: plain(row.key_id),
    keyring: plain(row.keyring),
    revision: row.revision,
    credentials: {
      kdf: { alg: 'PBKDF2-SHA256', iterations: row.iterations, salt: row.salt },
      verifier: row.verifier,
      pepperId: row.pepper,
      sealedAccountKey: plain(row.account_key),
    },
    recovery: recoveryOf(row),
    credentialsVersion: row.version,
    suspended: row.suspended,
  };
}

function recoveryOf(row: AccountRow): Recovery | null {
  const { recovery_verifier, recovery_pepper, recovery_key, recovery_created } = row;
  if (recovery_verifier === null || recovery_pepper === null) return null;
  if (recovery_key === null || recovery_created === null) return null;
  return {
    verifier: recovery_verifier,
    pepperId: recovery_pepper,
    sealedAccountKey: plain(recovery_key),
    created: recovery_created,
  };
}

function credentialColumns({ kdf, verifier, pepperId, sealedAccountKey }: Credentials) {
  const { iterations, salt } = kdf;
  return { iterations, salt, verifier, pepper: pepperId, accountKey: sealedAccountKey };
}

function recoveryColumns(recovery: Recovery | null) {
  return {
    recoveryVerifier: recovery?.verifier ?? null,
    recoveryPepper: recovery?.pepperId ?? null,
    recoveryKey: recovery?.sealedAccountKey ?? null,
    recoveryCreated: recovery?.created ?? null,
  };
}

type Self = { self: number };
type CredentialColumns = ReturnType<typeof credentialColumns>;
type RecoveryColumns = ReturnType<typeof recoveryColumns>;

/** Of a person who is still there. */
const ACCOUNT = `
  SELECT u.uid, u.name, u.created, u.bundle, u.key_id, u.suspended, c.*
  FROM users u JOIN credentials c ON c.user = u.id WHERE u.deleted IS NULL`;

function prepareAccounts(db: Database) {
  return {
    nameTaken: db.prepare<[string], number>('SELECT 1 FROM users WHERE name = ?').pluck(),
    addUser: db.prepare<[string, string, number, Uint8Array, Uint8Array]>(
      'INSERT INTO users (uid, name, created, bundle, key_id) VALUES (?, ?, ?, ?, ?)',
    ),
    addCredentials: db.prepare<[Self & { keyring: Uint8Array } & CredentialColumns & RecoveryColumns]>(
      `INSERT INTO credentials
         (user, iterations, salt, verifier, pepper, account_key, keyring,
          recovery_verifier, recovery_pepper, recovery_key, recovery_created)
       VALUES
         (@self, @iterations, @salt, @verifier, @pepper, @accountKey, @keyring,
          @recoveryVerifier, @recoveryPepper, @recoveryKey, @recoveryCreated)`,
    ),
    accountByName: db.prepare<[string], AccountRow>(`${ACCOUNT} AND u.name = ?`),
    accountById: db.prepare<[string], AccountRow>(`${ACCOUNT} AND u.uid = ?`),
    replaceKeyring: db.prepare<[Uint8Array, number, number]>(
      'UPDATE credentials SET keyring = ?, revision = revision + 1 WHERE user = ? AND revision = ?',
    ),
    replaceBundle: db.prepare<[Uint8Array, Uint8Array, number]>(
      'UPDATE users SET bundle = ?, key_id = ? WHERE id = ?',
    ),
    correspondents: db.prepare<[Self], { id: number; low: number; high: number }>(
      `SELECT id, low, high FROM pairs WHERE (low = @self OR high = @self) AND state IN ('friends', 'requested')`,
    ),
    nextVersion: db.prepare<[number, number]>(
      'UPDATE credentials SET version = version + 1 WHERE user = ? AND version = ?',
    ),
    replacePassword: db.prepare<[Self & CredentialColumns]>(
      `UPDATE credentials
       SET iterations = @iterations, salt = @salt, verifier = @verifier, pepper = @pepper, account_key = @accountKey
       WHERE user = @self`,
    ),
    replaceRecovery: db.prepare<[Self & RecoveryColumns]>(
      `UPDATE credentials
       SET recovery_verifier = @recoveryVerifier, recovery_pepper = @recoveryPepper,
           recovery_key = @recoveryKey, recovery_created = @recoveryCreated
       WHERE user = @self`,
    ),
    suspend: db.prepare<[number | null, number]>(
      'UPDATE users SET suspended = ? WHERE id = ? AND deleted IS NULL',
    ),
    endSignIns: db.prepare<[number, number, string], string>(END_ALL).pluck(),
    listed: db.prepare<[string], Listed>(
      'SELECT uid AS id, name AS username FROM users WHERE name = ? AND deleted IS NULL',
    ),
    people: db.prepare<[string, string, number], Listed>(
      `SELECT uid AS id, name AS username FROM users
       WHERE name >= ? AND name < ? AND deleted IS NULL AND suspended IS NULL ORDER BY name LIMIT ?`,
    ),
    acquaintances: db.prepare<[Self], Acquaintance>(
      `SELECT u.name AS username,
              CASE WHEN p.state = 'friends' THEN 'friends' WHEN p.by = @self THEN 'sent' ELSE 'received' END AS standing
       FROM pairs p JOIN users u ON u.id = CASE p.low WHEN @self THEN p.high ELSE p.low END
       WHERE p.state IN ('friends', 'requested')
         AND ((p.low = @self AND NOT p.low_blocks) OR (p.high = @self AND NOT p.high_blocks))
       ORDER BY u.name`,
    ),
  };
}
