import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '#api/store/ports.ts';
import { openSqliteStore } from '#api/store/sqlite/store.ts';
import { prepareCalls } from '#api/store/sqlite/calls.ts';
import { prepareSync } from '#api/store/sqlite/sync-statements.ts';
import type { UserId } from '#shared/ids.ts';
import type { Effect } from '#sync/server/ports.ts';
import { accountOf, signInOf, someBytes, someDeviceId, someTag, writeOf } from '../support/api-people.ts';
import { settled, until } from '../support/wait.ts';
import { describeAccountStore } from './account-store.ts';
import { describeCalls } from './sync-store-calls.ts';
import { describeSnapshots } from './sync-store-snapshot.ts';
import { type OpenedStore, describeSyncStore } from './sync-store.ts';

async function open(): Promise<OpenedStore> {
  const dir = await mkdtemp(join(tmpdir(), 'nexchat-store-'));
  const store = openSqliteStore({ file: join(dir, 'nexchat.sqlite'), tag: someTag });
  return {
    store,
    async dispose() {
      await store.close();
      await rm(dir, { recursive: true });
    },
  };
}

/** Every named parameter of the statements. */
const NOTHING = {
  self: 0,
  after: '',
  limit: 0,
  delivered: 0,
  seen: 0,
  pair: 0,
  state: '',
  by: null,
  lowBlocks: 0,
  highBlocks: 0,
  version: 0,
  time: 0,
  op: Buffer.alloc(16),
  caller: 0,
  media: '',
  status: '',
  started: 0,
  answered: null,
  ended: null,
  callerDevice: '',
  calleeDevice: null,
  kept: 0,
  ringing: 0,
};

describeSyncStore('sqlite', open);
describeSnapshots('sqlite', open);
describeCalls('sqlite', open);
describeAccountStore('sqlite', open);

describe('sqlite on disk', () => {
  let dir: string;
  let file: string;
  const stores: Store[] = [];
  const [ann, bob] = [accountOf('ann'), accountOf('bob')];
  const PLENTY = { entries: 300_000, bytes: 1_000_000_000 };

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'nexchat-store-'));
    file = join(dir, 'nexchat.sqlite');
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    await rm(dir, { recursive: true });
  });

  function openStore(maxBytes?: number): Store {
    const store = openSqliteStore({ file, tag: someTag, ...(maxBytes !== undefined && { maxBytes }) });
    stores.push(store);
    return store;
  }
  async function openWithPeople(maxBytes?: number): Promise<Store> {
    const store = openStore(maxBytes);
    for (const account of [ann, bob]) await store.createAccount(account);
    return store;
  }
  const message = (length = 100): Effect => ({
    kind: 'message',
    from: ann.user,
    to: bob.user,
    envelope: someBytes(length),
  });

  test('everything is there after closing and opening again, under the same epoch', async () => {
    const store = await openWithPeople();
    const write = writeOf(ann.user, message());
    await store.commit(write);
    const signIn = signInOf(ann);
    await store.startSession(signIn);
    const [epoch, page] = [await store.epoch(), await store.read(bob.user, null, PLENTY)];
    await store.close();

    const again = openStore();
    expect(await again.epoch()).toBe(epoch);
    expect(await again.read(bob.user, null, PLENTY)).toEqual(page);
    expect(await again.account('ann')).toEqual(ann);
    expect(await again.session(signIn.id)).toEqual(signIn);
    expect(await again.commit(write)).toMatchObject({ kind: 'repeat', result: { n: 1 } });
  });

  test('closing commits what was handed over, and refuses what comes after', async () => {
    const store = await openWithPeople();
    const handedOver = store.commit(writeOf(ann.user, message()));
    await store.close();
    expect(await handedOver).toMatchObject({ kind: 'done' });
    await expect(store.commit(writeOf(ann.user, message()))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await openStore().head(bob.user)).toBe(1);
  });

  test('two databases have two epochs', async () => {
    const epoch = await openStore().epoch();
    file = join(dir, 'other.sqlite');
    expect(await openStore().epoch()).not.toBe(epoch);
  });

  test('S21 S22: generations and what was truncated are as they were after opening again', async () => {
    const store = await openWithPeople();
    const device = someDeviceId();
    for (const gen of [0, 1, 2]) await store.useDevice(ann.user, device, gen);
    for (let at = 0; at < 6; at++) await store.commit(writeOf(ann.user, message()));
    await store.truncate(bob.user, 5);
    await store.close();

    const again = openStore();
    expect(await again.useDevice(ann.user, device, 1)).toBe('cloned');
    expect(await again.useDevice(ann.user, device, 2)).toBe(3);
    expect(await again.read(bob.user, null, PLENTY)).toMatchObject({
      to: 6,
      entries: [{ seq: 5 }, { seq: 6 }],
    });
  });

  test('S22: a long truncation goes in steps, and a crash between two leaves nothing to be seen', async () => {
    const store = await openWithPeople();
    await Promise.all(Array.from({ length: 4_500 }, () => store.commit(writeOf(ann.user, message(1)))));
    const page = await store.read(bob.user, null, { ...PLENTY, entries: 3_000 });
    if (page === 'resync') throw new Error('a new log can be read from its start');
    await store.close();
    // As after a crash: the floor is raised, and nothing is gone yet.
    const db = new Sqlite(file);
    db.exec(`UPDATE users SET floor = 4400 WHERE name = 'bob'`);
    db.close();

    const again = openStore();
    const lost = { epoch: await again.epoch(), seq: page.to, tag: page.tag };
    expect(await again.read(bob.user, lost, PLENTY)).toBe('resync');
    expect(await again.read(bob.user, null, { ...PLENTY, entries: 1 })).toMatchObject({ to: 4_401 });
    expect(await again.truncate(bob.user, 4_411)).toBe(4_410);
    expect(await again.longLogs(89, 10)).toEqual([
      { user: ann.user, head: 4_500 },
      { user: bob.user, head: 4_500 },
    ]);
    expect(await again.longLogs(90, 10)).toEqual([{ user: ann.user, head: 4_500 }]);
  });

  test('S19 S20: nothing that grows is read whole: every statement finds its rows by an index', async () => {
    await openStore().close();
    const db = new Sqlite(file);
    try {
      const plans = Object.entries({ ...prepareSync(db), ...prepareCalls(db) }).map(([name, { source }]) => {
        const steps = db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${source}`);
        // How a statement is planned does not depend on what it is given.
        const given = source.includes('@') ? [NOTHING] : (source.match(/\?/g)?.map(() => 0) ?? []);
        return [name, steps.all(...given).map(({ detail }) => detail)] as const;
      });
      const scans = plans.flatMap(([name, steps]) =>
        steps.filter((step) => step.startsWith('SCAN')).map((step) => `${name}: ${step}`),
      );
      // Once in a few minutes, each user's log by one look into an index.
      expect(scans).toEqual(['longLogs: SCAN u']);
      const plan = (name: string) => plans.find(([each]) => each === name)?.[1].join('; ');
      expect(plan('newest')).toBe('SEARCH messages USING INDEX messages_by_number (pair=? AND n<?)');
      expect(plan('page')).toContain('SEARCH l USING INDEX log_by_position (user=? AND seq>?)');
      expect(plan('last')).toBe('SEARCH log USING INDEX log_by_position (user=?)');
      expect(plan('contacts')).toContain('pairs_by_high');
      expect(plan('callsIn')).toContain(
        'SEARCH c USING INDEX calls_by_place (pair=? AND after>? AND after<?)',
      );
      expect(plan('callsIn')).not.toContain('B-TREE');
      // Of all calls these look only at those that ring or go on.
      expect(plan('live')).toContain('SEARCH c USING INDEX calls_live (pair=?)');
      expect(plan('overdue')).toMatch(/calls_ringing \(started<\?\).*calls_kept \(kept<\?\)/);
    } finally {
      db.close();
    }
  });

  test('a full disk refuses the whole batch as STORAGE_FULL, keeps nothing of it, and stays usable', async () => {
    const store = await openWithPeople(600_000);
    await store.commit(writeOf(ann.user, message()));
    const writes = Array.from({ length: 20 }, () => writeOf(ann.user, message(60_000)));
    const outcomes = await Promise.allSettled(writes.map((write) => store.commit(write)));
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'STORAGE_FULL' } });
    }
    expect(await store.head(bob.user)).toBe(1);
    expect(await store.commit(writeOf(ann.user, message()))).toMatchObject({
      kind: 'done',
      result: { n: 2 },
    });
  });

  test('a database held by another process is UNAVAILABLE, and usable once it is let go', async () => {
    const store = await openWithPeople();
    const other = new Sqlite(file);
    other.exec('BEGIN IMMEDIATE');
    const write = writeOf(ann.user, message());
    await expect(store.commit(write)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    other.exec('ROLLBACK');
    other.close();
    expect(await store.commit(write)).toMatchObject({ kind: 'done', result: { n: 1 } });
  });

  test('a write that the database itself refuses fails alone', async () => {
    const store = await openWithPeople();
    const broken = { ...writeOf(ann.user, message()), time: null as unknown as number };
    const outcomes = await Promise.allSettled([
      store.commit(writeOf(ann.user, message())),
      store.commit(broken),
      store.commit(writeOf(ann.user, message())),
    ]);
    expect(outcomes).toMatchObject([
      { status: 'fulfilled', value: { result: { n: 1 } } },
      { status: 'rejected', reason: { code: 'INTERNAL' } },
      { status: 'fulfilled', value: { result: { n: 2 } } },
    ]);
    expect(await store.head(bob.user)).toBe(2);
  });

  test('a database of a newer version is refused untouched', async () => {
    await openStore().close();
    const db = new Sqlite(file);
    db.pragma('user_version = 9999');
    db.close();
    expect(() => openSqliteStore({ file, tag: someTag })).toThrow(
      expect.objectContaining({ code: 'UNAVAILABLE' }),
    );
  });

  test(
    'nothing that was acknowledged is missing after the process was killed',
    { timeout: 60_000 },
    async () => {
      const writer = fileURLToPath(new URL('../support/api-durability-writer.ts', import.meta.url));
      const child = spawn(process.execPath, ['--import', 'tsx', writer, file], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      try {
        let printed = '';
        child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
        await until(() => printed.split('\n').length > 2_000, { within: 30_000, for: 'acknowledgements' });
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        await settled(ended, { within: 10_000, for: 'the writer to end' });

        const [user = '', ...acks] = printed.split('\n').slice(0, -1);
        const highest = Math.max(...acks.map(Number));
        const store = openStore();
        const page = await store.read(user as UserId, null, PLENTY);
        if (page === 'resync') throw new Error('a log can always be read from its start');
        const numbers = page.entries.map((entry) => (entry.kind === 'message' ? entry.n : 0));
        expect(numbers).toEqual(numbers.map((_, at) => at + 1));
        expect(numbers.length).toBeGreaterThanOrEqual(highest);
        expect(highest).toBeGreaterThan(1_000);
      } finally {
        child.kill('SIGKILL');
      }
    },
  );
});
