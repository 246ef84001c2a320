import type { Database } from 'better-sqlite3';
import { Failure } from '#shared/errors.ts';
import type { Bytes, DeviceId, UserId } from '#shared/ids.ts';
import type { PushPlace, SignIn, SignInStore } from '../ports.ts';
import type { GroupCommit } from './group-commit.ts';
import { type Names, plain } from './names.ts';

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
  readonly push_endpoint: string | null;
  readonly push_key: string | null;
  readonly push_auth: string | null;
}

export interface SqliteSignInsDeps {
  readonly db: Database;
  readonly names: Names;
  readonly group: GroupCommit;
}

/** The sign-ins of all devices. */
export function createSqliteSignIns({ db, names, group }: SqliteSignInsDeps): SignInStore {
  const sql = prepareSignIns(db);

  return {
    startSession(session) {
      return group.add(() => {
        const user = names.number(session.user);
        const standing = sql.standing.get(user);
        if (!standing || standing.deleted !== null) throw new Failure('UNKNOWN_USER');
        if (standing.suspended !== null) throw new Failure('ACCOUNT_SUSPENDED');
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
        if (session.push) sql.keepPush.run({ id, ...session.push });
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
    async sessions(user) {
      const self = names.find(user);
      return self === undefined ? [] : sql.open.all(self).map(sessionOf);
    },
    renameSession(user, id, deviceName) {
      return group.add(() => {
        const self = names.find(user);
        return self !== undefined && sql.rename.run(deviceName, id, self).changes > 0;
      });
    },
    keepPush(id, push) {
      return group.add(() => sql.keepPush.run({ id, ...push }).changes > 0);
    },
    async forgetPush(id, endpoint) {
      await group.add(() => sql.forgetPush.run({ id, endpoint: endpoint ?? null }));
    },
    endSessions(user, except, time) {
      return group.add(() => {
        const self = names.find(user);
        return self === undefined ? [] : sql.endAll.all(time, self, except ?? '');
      });
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
    push: pushOf(row),
  };
}

function pushOf({ push_endpoint, push_key, push_auth }: SessionRow): PushPlace | null {
  if (push_endpoint === null || push_key === null || push_auth === null) return null;
  return { endpoint: push_endpoint, p256dh: push_key, auth: push_auth };
}

const END = 'ended = ?, push_endpoint = NULL, push_key = NULL, push_auth = NULL';
/** Ends at a time the open sign-ins of a user but one; gives the ids of those that it ended. */
export const END_ALL = `UPDATE sessions SET ${END} WHERE user = ? AND id <> ? AND ended IS NULL RETURNING id`;

type NewSession = Omit<SignIn, 'user' | 'username' | 'push'> & { user: number };
type NextToken = {
  id: string;
  expect: Bytes;
  token: Bytes;
  rotated: number;
  successor: Bytes | null;
  expires: number;
};

function prepareSignIns(db: Database) {
  return {
    standing: db.prepare<[number], { suspended: number | null; deleted: number | null }>(
      'SELECT suspended, deleted FROM users WHERE id = ?',
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
    open: db.prepare<[number], SessionRow>(
      `SELECT s.*, u.uid, u.name FROM sessions s JOIN users u ON u.id = s.user
       WHERE s.user = ? AND s.ended IS NULL ORDER BY s.rotated DESC, s.id`,
    ),
    rotate: db.prepare<[NextToken]>(
      `UPDATE sessions
       SET previous = token, token = @token, rotated = @rotated, successor = @successor, expires = @expires
       WHERE id = @id AND token = @expect AND ended IS NULL`,
    ),
    rename: db.prepare<[string, string, number]>(
      'UPDATE sessions SET device_name = ? WHERE id = ? AND user = ? AND ended IS NULL',
    ),
    keepPush: db.prepare<[{ id: string } & PushPlace]>(
      `UPDATE sessions SET push_endpoint = @endpoint, push_key = @p256dh, push_auth = @auth
       WHERE id = @id AND ended IS NULL`,
    ),
    forgetPush: db.prepare<[{ id: string; endpoint: string | null }]>(
      `UPDATE sessions SET push_endpoint = NULL, push_key = NULL, push_auth = NULL
       WHERE id = @id AND push_endpoint = coalesce(@endpoint, push_endpoint)`,
    ),
    end: db.prepare<[number, string]>(`UPDATE sessions SET ${END} WHERE id = ? AND ended IS NULL`),
    endAll: db.prepare<[number, number, string], string>(END_ALL).pluck(),
  };
}
