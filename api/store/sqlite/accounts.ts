import type { Database } from 'better-sqlite3';
import type { Bytes, DeviceId, UserId } from '#shared/ids.ts';
import { err, ok } from '#shared/result.ts';
import type { AccountStore, Acquaintance, Listed, SignIn } from '../ports.ts';
import type { GroupCommit } from './group-commit.ts';
import { type Names, plain } from './names.ts';

interface AccountRow {
  readonly uid: UserId;
  readonly name: string;
  readonly created: number;
  readonly bundle: Buffer;
  readonly key_id: Buffer;
  readonly iterations: number;
  readonly salt: string;
  readonly verifier: string;
  readonly pepper: string;
  readonly account_key: Buffer;
  readonly keyring: Buffer;
}
interface SessionRow {
  readonly id: string;
  readonly uid: UserId;
  readonly name: string;
  readonly device: DeviceId;
  readonly device_name: string;
  readonly started: number;
  readonly token: Buffer;
  readonly rotated: number;
  readonly previous: Buffer | null;
  readonly successor: Buffer | null;
  readonly expires: number;
  readonly ended: number | null;
}

export interface SqliteAccountsDeps {
  readonly db: Database;
  readonly names: Names;
  readonly group: GroupCommit;
}

/** Users and their sign-ins. Off the hot path: clarity over speed, and the same group commit. */
export function createSqliteAccounts({ db, names, group }: SqliteAccountsDeps): AccountStore {
  const sql = prepareAccounts(db);

  return {
    createAccount({ user, username, created, bundle, keyId, keyring, credentials }) {
      return group.add(() => {
        if (sql.nameTaken.get(username) !== undefined) return err('USERNAME_TAKEN');
        if (names.find(user) !== undefined) return err('USER_ID_TAKEN');
        const { lastInsertRowid } = sql.addUser.run(user, username, created, bundle, keyId);
        const { kdf, verifier, pepperId, sealedAccountKey } = credentials;
        const number = Number(lastInsertRowid);
        sql.addCredentials.run(
          number,
          kdf.iterations,
          kdf.salt,
          verifier,
          pepperId,
          sealedAccountKey,
          keyring,
        );
        return ok(undefined);
      });
    },
    async account(username) {
      const row = sql.account.get(username);
      if (!row) return undefined;
      return {
        user: row.uid,
        username: row.name,
        created: row.created,
        bundle: plain(row.bundle),
        keyId: plain(row.key_id),
        keyring: plain(row.keyring),
        credentials: {
          kdf: { alg: 'PBKDF2-SHA256', iterations: row.iterations, salt: row.salt },
          verifier: row.verifier,
          pepperId: row.pepper,
          sealedAccountKey: plain(row.account_key),
        },
      };
    },
    startSession(session) {
      return group.add(() => {
        const user = names.number(session.user);
        const former = sql.sessionOfDevice.get(user, session.device);
        if (former) sql.dropSession.run(former.id);
        const { id, device, deviceName, started, token, rotated, previous, successor, expires, ended } =
          session;
        sql.addSession.run({
          id,
          user,
          device,
          deviceName,
          started,
          token,
          rotated,
          previous,
          successor,
          expires,
          ended,
        });
        return former && former.ended === null ? former.id : null;
      });
    },
    async session(id) {
      const row = sql.session.get(id);
      return row && sessionOf(row);
    },
    rotateSession(id, expect, next) {
      return group.add(() => sql.rotate.run({ id, expect, ...next }).changes > 0);
    },
    endSession(id, time) {
      return group.add(() => sql.end.run(time, id).changes > 0);
    },
    async knowsDevice(user, device) {
      const number = names.find(user);
      return number !== undefined && sql.sessionOfDevice.get(number, device) !== undefined;
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
  };
}

function sessionOf(row: SessionRow): SignIn {
  return {
    id: row.id,
    user: row.uid,
    username: row.name,
    device: row.device,
    deviceName: row.device_name,
    started: row.started,
    token: plain(row.token),
    rotated: row.rotated,
    previous: row.previous && plain(row.previous),
    successor: row.successor && plain(row.successor),
    expires: row.expires,
    ended: row.ended,
  };
}

type NewSession = Omit<SignIn, 'user' | 'username'> & { user: number };
type NextToken = {
  id: string;
  expect: Bytes;
  token: Bytes;
  rotated: number;
  successor: Bytes | null;
  expires: number;
};

function prepareAccounts(db: Database) {
  return {
    nameTaken: db.prepare<[string], number>('SELECT 1 FROM users WHERE name = ?').pluck(),
    addUser: db.prepare<[string, string, number, Uint8Array, Uint8Array]>(
      'INSERT INTO users (uid, name, created, bundle, key_id) VALUES (?, ?, ?, ?, ?)',
    ),
    addCredentials: db.prepare<[number, number, string, string, string, Uint8Array, Uint8Array]>(
      `INSERT INTO credentials (user, iterations, salt, verifier, pepper, account_key, keyring)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ),
    account: db.prepare<[string], AccountRow>(
      `SELECT u.uid, u.name, u.created, u.bundle, u.key_id,
              c.iterations, c.salt, c.verifier, c.pepper, c.account_key, c.keyring
       FROM users u JOIN credentials c ON c.user = u.id WHERE u.name = ?`,
    ),
    sessionOfDevice: db.prepare<[number, string], { id: string; ended: number | null }>(
      'SELECT id, ended FROM sessions WHERE user = ? AND device = ?',
    ),
    dropSession: db.prepare<[string]>('DELETE FROM sessions WHERE id = ?'),
    addSession: db.prepare<[NewSession]>(
      `INSERT INTO sessions
         (id, user, device, device_name, started, token, rotated, previous, successor, expires, ended)
       VALUES
         (@id, @user, @device, @deviceName, @started, @token, @rotated, @previous, @successor, @expires, @ended)`,
    ),
    session: db.prepare<[string], SessionRow>(
      'SELECT s.*, u.uid, u.name FROM sessions s JOIN users u ON u.id = s.user WHERE s.id = ?',
    ),
    rotate: db.prepare<[NextToken]>(
      `UPDATE sessions
       SET previous = token, token = @token, rotated = @rotated, successor = @successor, expires = @expires
       WHERE id = @id AND token = @expect AND ended IS NULL`,
    ),
    end: db.prepare<[number, string]>('UPDATE sessions SET ended = ? WHERE id = ? AND ended IS NULL'),
    listed: db.prepare<[string], Listed>('SELECT uid AS id, name AS username FROM users WHERE name = ?'),
    people: db.prepare<[string, string, number], Listed>(
      'SELECT uid AS id, name AS username FROM users WHERE name >= ? AND name < ? ORDER BY name LIMIT ?',
    ),
    acquaintances: db.prepare<[{ self: number }], Acquaintance>(
      `SELECT u.name AS username,
              CASE WHEN p.state = 'friends' THEN 'friends' WHEN p.by = @self THEN 'sent' ELSE 'received' END AS standing
       FROM pairs p JOIN users u ON u.id = CASE p.low WHEN @self THEN p.high ELSE p.low END
       WHERE (p.low = @self OR p.high = @self) AND p.state IN ('friends', 'requested')
       ORDER BY u.name`,
    ),
  };
}
