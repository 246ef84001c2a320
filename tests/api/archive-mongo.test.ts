import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { randomSecret } from '#api/auth/keys.ts';
import { runCommand } from '#api/cli/run.ts';
import type { ArchiveRecord } from '#api/store/archive.ts';
import { createAudit } from '#api/store/audit.ts';
import { type OpenMongoArchive, openMongoArchive } from '#api/store/mongo/open-archive.ts';
import { openMongoStore } from '#api/store/mongo/store.ts';
import type { Store } from '#api/store/ports.ts';
import { createSqliteArchive } from '#api/store/sqlite/archive.ts';
import { pepperNamesAt } from '#api/store/mongo/pepper-names.ts';
import { openSqliteStore } from '#api/store/sqlite/store.ts';
import { someBytes, someTag, writeOf } from '../support/api-people.ts';
import { fillStore } from '../support/full-store.ts';
import { type MongoServer, findMongo, startMongo } from '../support/mongo-server.ts';

const found = findMongo();
const PLENTY = { entries: 1_000, bytes: 10_000_000 };

describe.skipIf('none' in found)('an archive and MongoDB', () => {
  // The server in memory takes longer the more there is.
  vi.setConfig({ testTimeout: 120_000 });
  let server: MongoServer;
  let dir: string;
  let database: string;
  const closing: { close(): Promise<void> }[] = [];
  beforeAll(async () => {
    if (!('none' in found)) server = await startMongo(found.kind);
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'nexchat-archive-'));
    database = server.freshDatabase();
  });
  afterEach(async () => {
    for (const each of closing.splice(0)) await each.close();
    await server.dropDatabase(database);
    await rm(dir, { recursive: true });
  });

  const address = () => ({ uri: server.uri, database, allowStandalone: true });
  const sqlite = (name: string) => join(dir, name);
  async function archive(): Promise<OpenMongoArchive> {
    const opened = await openMongoArchive(address());
    closing.push(opened);
    return opened;
  }
  async function openStore(): Promise<Store> {
    const errors: unknown[] = [];
    const onError = (error: unknown): void => void errors.push(error);
    const store = await openMongoStore({ ...address(), tag: someTag, onError, onRepaired: () => {} });
    closing.push({
      async close() {
        await store.close();
        expect(errors).toEqual([]);
      },
    });
    return store;
  }
  async function closeAll(): Promise<void> {
    for (const each of closing.splice(0)) await each.close();
  }
  async function all(records: AsyncIterable<ArchiveRecord>): Promise<ArchiveRecord[]> {
    const given = [];
    for await (const record of records) given.push(record);
    return given;
  }
  /** Stores have orders of their own within what an archive leaves open. */
  const sorted = (records: ArchiveRecord[]) => records.map((record) => JSON.stringify(record)).toSorted();
  function expectSound(records: readonly ArchiveRecord[]): void {
    const audit = createAudit();
    records.forEach(audit.add);
    expect(audit.findings()).toEqual([]);
  }

  test('a move there and back again changes nothing, and both go on where they were', async () => {
    const old = openSqliteStore({ file: sqlite('old'), tag: someTag });
    closing.push(old);
    const { ann, bob } = await fillStore(old);
    const first = writeOf(ann.user, {
      kind: 'message',
      from: ann.user,
      to: bob.user,
      envelope: someBytes(99),
    });
    const sent = await old.commit(first);
    const { part } = await old.snapshot(ann.user, null, { pairs: 9, messages: 9, bytes: 1e7 });
    const cursor = { epoch: await old.epoch(), seq: part.seq, tag: part.tag };
    const before = await all(createSqliteArchive(sqlite('old')).records());
    await (await archive()).load(createSqliteArchive(sqlite('old')).records());

    const moved = await openStore();
    expect(await moved.epoch()).toBe(cursor.epoch);
    expect(await moved.read(ann.user, cursor, PLENTY)).toMatchObject({ from: cursor.seq, entries: [] });
    expect(await moved.read(ann.user, { ...cursor, tag: cursor.tag ^ 1 }, PLENTY)).toBe('resync');
    expect(await moved.snapshot(ann.user, null, { pairs: 9, messages: 9, bytes: 1e7 })).toEqual(
      await old.snapshot(ann.user, null, { pairs: 9, messages: 9, bytes: 1e7 }),
    );
    for (const name of ['ann', 'bob', 'cas', 'dan']) {
      expect(await moved.account(name)).toEqual(await old.account(name));
    }
    expect(await moved.commit(first)).toEqual({
      kind: 'repeat',
      result: sent.kind === 'done' && sent.result,
    });
    expect(await moved.commit({ ...first, digest: someBytes(32) })).toEqual({ kind: 'reused' });
    await closeAll();

    const back = await archive();
    expect(sorted(await all(back.records()))).toEqual(sorted(before));
    expectSound(await all(back.records()));
    await createSqliteArchive(sqlite('new')).load(back.records());
    expect(sorted(await all(createSqliteArchive(sqlite('new')).records()))).toEqual(sorted(before));
  });

  test('what happened in MongoDB moves to SQLite: friendships, marks, new keys, refusals', async () => {
    const store = await openStore();
    const { ann, bob } = await fillStore(store);
    const write = writeOf(bob.user, {
      kind: 'message',
      from: bob.user,
      to: ann.user,
      envelope: someBytes(99),
    });
    const sent = await store.commit(write);
    const head = await store.head(ann.user);
    await closeAll();

    const from = await archive();
    expectSound(await all(from.records()));
    await createSqliteArchive(sqlite('new')).load(from.records());
    const moved = openSqliteStore({ file: sqlite('new'), tag: someTag });
    closing.push(moved);
    expect(await moved.commit(write)).toEqual({
      kind: 'repeat',
      result: sent.kind === 'done' && sent.result,
    });
    expect(await moved.head(ann.user)).toBe(head);
    expect(await moved.stats()).toMatchObject({ users: 3, suspended: 1, messages: 22, reports: 1 });
  });

  test('the operator’s tool moves a data directory there, and looks after it', async () => {
    const old = openSqliteStore({ file: sqlite('nexchat.sqlite'), tag: someTag });
    closing.push(old);
    await fillStore(old);
    const to = {
      NEXCHAT_STORE: 'mongodb',
      NEXCHAT_MONGODB_URI: server.uri,
      NEXCHAT_MONGODB_DB: database,
      NEXCHAT_MONGODB_ALLOW_STANDALONE: '1',
      NEXCHAT_JWT_KEYS: `k1:${randomSecret()}`,
      NEXCHAT_PEPPERS: `p1:${randomSecret()}`,
      NEXCHAT_PRELOGIN_KEY: randomSecret(),
    };
    const said: string[] = [];
    const say = (text: string): void => void said.push(text);
    const nexchat = (env: Record<string, string>, ...args: string[]) =>
      runCommand(args, { NEXCHAT_DATA: dir, ...env }, { print: say, complain: say });

    expect(await nexchat({}, 'export', sqlite('a.gz'))).toBe(0);
    expect(await nexchat(to, 'import', sqlite('a.gz'))).toBe(0);
    expect(await nexchat(to, 'doctor')).toBe(0);
    expect(await pepperNamesAt({ uri: server.uri, database, allowStandalone: true })).toEqual(['p1']);
    expect(said.at(-1)).toBe('All is well.');
    expect(await nexchat(to, 'suspend', 'bob')).toBe(0);
    expect(await nexchat(to, 'backup', sqlite('b'))).toBe(78);
    expect(await nexchat(to, 'import', sqlite('a.gz'))).toBe(73);
    expect(said.at(-1)).toMatch(/holds users already/);
    expect((await (await openStore()).account('bob'))?.suspended).toBeTypeOf('number');
  });

  test('a database that holds something takes none, and a broken stream leaves none', async () => {
    const old = openSqliteStore({ file: sqlite('old'), tag: someTag });
    closing.push(old);
    await fillStore(old);
    const records = await all(createSqliteArchive(sqlite('old')).records());
    const into = await archive();
    async function* broken(): AsyncGenerator<ArchiveRecord> {
      yield* records.slice(0, -1);
      throw new Error('broken');
    }
    await expect(into.load(broken())).rejects.toThrow('broken');
    await into.load(createSqliteArchive(sqlite('old')).records());
    await expect(into.load(createSqliteArchive(sqlite('old')).records())).rejects.toThrow(
      'The MongoDB database holds users already',
    );
  });
});
