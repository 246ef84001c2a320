import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '#api/store/ports.ts';
import { openSqliteStore } from '#api/store/sqlite/store.ts';
import { accountOf, signInOf, someKeyring, someTag, writeOf } from '../support/api-people.ts';
import { message, related } from './effects.ts';

describe('accounts in sqlite on disk', () => {
  let dir: string;
  let file: string;
  const stores: Store[] = [];
  const [ann, bob] = [accountOf('ann'), accountOf('bob')];

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'nexchat-accounts-'));
    file = join(dir, 'nexchat.sqlite');
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    await rm(dir, { recursive: true });
  });

  function openStore(): Store {
    const store = openSqliteStore({ file, tag: someTag });
    stores.push(store);
    return store;
  }
  async function withFriends(): Promise<Store> {
    const store = openStore();
    for (const account of [ann, bob]) await store.createAccount(account);
    await store.commit(writeOf(ann.user, related(ann, bob, 0, 'friends')));
    return store;
  }
  /** What a query gives from outside the store. */
  function ask(sql: string): unknown[] {
    const db = new Sqlite(file);
    try {
      return db.prepare(sql).all();
    } finally {
      db.close();
    }
  }

  test('what was changed is there after opening again', async () => {
    const store = await withFriends();
    const keyring = someKeyring(2);
    await store.replaceKeyring(ann.user, { expect: 1, keyring, rotated: null, time: 5 });
    await store.replaceCredentials(ann.user, 1, { recovery: null, endSessions: null });
    await store.suspendAccount(ann.user, 7);
    const account = await store.account('ann');
    await store.close();
    expect(account).toMatchObject({ revision: 2, credentialsVersion: 2, recovery: null, suspended: 7 });
    expect(await openStore().account('ann')).toEqual(account);
  });

  test('a long log goes in steps, whole, and only that of who was deleted', async () => {
    const store = await withFriends();
    await Promise.all(
      Array.from({ length: 4_500 }, () => store.commit(writeOf(ann.user, message(ann, bob, 1)))),
    );
    expect(await store.deleteAccount(ann.user, 5)).toEqual([bob.user]);
    expect(await store.head(bob.user)).toBe(4_502);
    await store.close();
    const counts = `SELECT (SELECT count(*) FROM log) AS log, (SELECT count(*) FROM operations) AS operations`;
    expect(ask(counts)).toEqual([{ log: 4_502, operations: 0 }]);
  });

  test('what a crash left of a deleted account goes when the database is opened again', async () => {
    const store = await withFriends();
    await store.commit(writeOf(ann.user, message(ann, bob)));
    await store.close();
    // As after a crash between the deletion and the last step of its sweep.
    const db = new Sqlite(file);
    db.exec(`UPDATE users SET deleted = 5 WHERE name = 'ann'`);
    db.close();
    await openStore().close();
    expect(ask(`SELECT u.name FROM log l JOIN users u ON u.id = l.user GROUP BY u.name`)).toEqual([
      { name: 'bob' },
    ]);
    expect(ask('SELECT * FROM operations')).toEqual([]);
  });

  test('nothing of a deleted account is left in the file but name, id, bundle and what others have', async () => {
    const store = await withFriends();
    await store.startSession(signInOf(ann));
    await store.deleteAccount(ann.user, 5);
    await store.close();
    for (const table of ['credentials', 'sessions', 'installations', 'operations']) {
      expect(ask(`SELECT * FROM ${table} WHERE user = (SELECT id FROM users WHERE name = 'ann')`)).toEqual(
        [],
      );
    }
  });

  test('a database from before accounts could change, and people call, is taken over as it is', async () => {
    const store = await withFriends();
    const signIn = signInOf(ann);
    await store.startSession(signIn);
    await store.close();
    const db = new Sqlite(file);
    db.exec(`
      DROP TABLE calls;
      DROP TABLE reports;
      DROP INDEX users_deleted;
      ALTER TABLE sessions DROP COLUMN push_endpoint;
      ALTER TABLE sessions DROP COLUMN push_key;
      ALTER TABLE sessions DROP COLUMN push_auth;
      ALTER TABLE users DROP COLUMN suspended;
      ALTER TABLE users DROP COLUMN deleted;
      ALTER TABLE credentials DROP COLUMN revision;
      ALTER TABLE credentials DROP COLUMN version;
      ALTER TABLE credentials DROP COLUMN recovery_verifier;
      ALTER TABLE credentials DROP COLUMN recovery_pepper;
      ALTER TABLE credentials DROP COLUMN recovery_key;
      ALTER TABLE credentials DROP COLUMN recovery_created;
      PRAGMA user_version = 3;
    `);
    db.close();
    const again = openStore();
    expect(await again.account('ann')).toEqual({ ...ann, recovery: null });
    expect(await again.session(signIn.id)).toEqual(signIn);
    expect(await again.stats()).toMatchObject({ users: 2, suspended: 0, reports: 0, friendships: 1 });
  });
});
