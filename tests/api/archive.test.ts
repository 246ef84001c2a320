import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ARCHIVE_KINDS, type ArchiveRecord } from '#api/store/archive.ts';
import { readArchive, writeArchive } from '#api/store/archive-file.ts';
import { createAudit } from '#api/store/audit.ts';
import type { Store } from '#api/store/ports.ts';
import { createSqliteArchive } from '#api/store/sqlite/archive.ts';
import { openSqliteStore } from '#api/store/sqlite/store.ts';
import { createSyncClient } from '#sync/client/client.ts';
import { SUBPROTOCOL } from '#sync/wire/version.ts';
import { createDevice } from '../bench/bench-client.ts';
import { someBytes, someTag, someUserId, writeOf } from '../support/api-people.ts';
import { type ApiServer, type Registered, signUp, startApi } from '../support/api-server.ts';
import { type FullStore, fillStore } from '../support/full-store.ts';
import { settled } from '../support/wait.ts';

const PLENTY = { entries: 1_000, bytes: 10_000_000 };
const WHEN = new Date('2030-01-02T03:04:05Z');

let dir: string;
const stores: Store[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nexchat-archive-'));
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  await rm(dir, { recursive: true });
});

const at = (name: string): string => join(dir, name);
function open(name: string): Store {
  const store = openSqliteStore({ file: at(name), tag: someTag });
  stores.push(store);
  return store;
}
async function all(records: AsyncIterable<ArchiveRecord>): Promise<ArchiveRecord[]> {
  const found = [];
  for await (const record of records) found.push(record);
  return found;
}
async function* from(records: readonly ArchiveRecord[]): AsyncGenerator<ArchiveRecord> {
  yield* records;
}
function findings(records: readonly ArchiveRecord[]): string[] {
  const audit = createAudit();
  records.forEach(audit.add);
  return audit.findings();
}

describe('a move', () => {
  test('takes everything along, to the last tag and digest, while the store is in use', async () => {
    const store = open('old.sqlite');
    const { ann, bob } = await fillStore(store);
    const before = await all(createSqliteArchive(at('old.sqlite')).records());
    const counts = await writeArchive(at('a.gz'), from(before), WHEN);
    await createSqliteArchive(at('new.sqlite')).load(readArchive(at('a.gz')));
    const after = await all(createSqliteArchive(at('new.sqlite')).records());

    expect(after).toEqual(before);
    expect(new Set(after.map(({ kind }) => kind))).toEqual(new Set(ARCHIVE_KINDS));
    expect(counts).toMatchObject({ history: 1, user: 4, pair: 3, message: 21, call: 4, report: 1 });
    expect((await stat(at('a.gz'))).mode & 0o777).toBe(0o600);

    const moved = open('new.sqlite');
    for (const name of ['ann', 'bob', 'cas', 'dan']) {
      expect(await moved.account(name)).toEqual(await store.account(name));
    }
    for (const { user } of [ann, bob]) {
      const cursor = { epoch: await store.epoch(), ...(await lastOf(store, user)) };
      expect(await moved.read(user, cursor, PLENTY)).toMatchObject({ from: cursor.seq, entries: [] });
      expect(await moved.read(user, { ...cursor, tag: cursor.tag ^ 1 }, PLENTY)).toBe('resync');
      expect(await moved.snapshot(user, null, { pairs: 9, messages: 9, bytes: 1e7 })).toEqual(
        await store.snapshot(user, null, { pairs: 9, messages: 9, bytes: 1e7 }),
      );
      expect(await moved.head(user)).toBe(cursor.seq);
    }
    const write = writeOf(ann.user, {
      kind: 'message',
      from: ann.user,
      to: bob.user,
      envelope: someBytes(300),
    });
    expect(await moved.commit(write)).toMatchObject({ kind: 'done', result: { n: 21 } });
    expect(await moved.stats()).toEqual({
      ...(await store.stats()),
      messages: 22,
      entries: (await store.stats()).entries + 2,
    });
  });

  test('an operation that was answered before is answered the same after', async () => {
    const store = open('old.sqlite');
    const { ann, bob } = await fillStore(store);
    const write = writeOf(ann.user, {
      kind: 'message',
      from: ann.user,
      to: bob.user,
      envelope: someBytes(9),
    });
    const first = await store.commit(write);
    await createSqliteArchive(at('new.sqlite')).load(createSqliteArchive(at('old.sqlite')).records());
    const moved = open('new.sqlite');
    expect(await moved.commit(write)).toEqual({
      kind: 'repeat',
      result: first.kind === 'done' && first.result,
    });
    expect(await moved.commit({ ...write, digest: someBytes(32) })).toEqual({ kind: 'reused' });
  });

  test('what is written while it is read is not in it', async () => {
    const store = open('old.sqlite');
    const { ann, bob } = await fillStore(store);
    const records = [];
    for await (const record of createSqliteArchive(at('old.sqlite')).records()) {
      if (record.kind === 'user') {
        await store.commit(
          writeOf(bob.user, { kind: 'message', from: bob.user, to: ann.user, envelope: someBytes(9) }),
        );
      }
      records.push(record);
    }
    expect(records.filter(({ kind }) => kind === 'message')).toHaveLength(21);
    expect(findings(records)).toEqual([]);
  });

  async function lastOf(store: Store, user: FullStore['ann']['user']): Promise<{ seq: number; tag: number }> {
    const { part } = await store.snapshot(user, null, { pairs: 1, messages: 1, bytes: 1 });
    return { seq: part.seq, tag: part.tag };
  }
});

describe('a client of a moved server', () => {
  let servers: ApiServer[];
  beforeEach(() => {
    servers = [];
  });
  afterEach(async () => {
    for (const server of servers) await server.dispose();
  });
  async function serve(name: string, former?: ApiServer): Promise<ApiServer> {
    const secrets = former && { secrets: former.secrets };
    const server = await startApi({ store: 'sqlite', dataDir: at(name), ...secrets });
    servers.push(server);
    return server;
  }

  test('S11: goes on at its cursor, with the sign-in it had, and asks for nothing again', async () => {
    const old = await serve('old');
    const [ann, bob] = [await signUp(old, 'ann'), await signUp(old, 'bob')];
    await ann.agent.post('/api/friends/request', { receiver: 'bob' }, ann.bearer);
    await bob.agent.post('/api/friends/accept', { sender: 'ann' }, bob.bearer);
    const say = (server: ApiServer) =>
      server.store.commit(
        writeOf(bob.session.userId, {
          kind: 'message',
          from: bob.session.userId,
          to: ann.session.userId,
          envelope: someBytes(300),
        }),
      );
    for (let times = 0; times < 5; times++) await say(old);
    const device = createDevice({
      user: ann.session.userId,
      device: ann.login.device.id,
      token: ann.session.accessToken,
    } as Parameters<typeof createDevice>[0]);
    expect(await syncOnce(old, ann, device, 7)).toEqual({ snapshots: 1, resets: 0, pages: 0 });
    const cursor = device.cursor();

    await writeArchive(at('a.gz'), createSqliteArchive(at('old/nexchat.sqlite')).records(), WHEN);
    await old.close();
    await createSqliteArchive(at('moved/nexchat.sqlite')).load(readArchive(at('a.gz')));
    const moved = await serve('moved', old);
    await say(moved);
    const again = await syncOnce(moved, ann, device, 8);

    expect(again).toEqual({ snapshots: 0, resets: 0, pages: 1 });
    expect(device.cursor()).toMatchObject({ epoch: cursor?.epoch, seq: 8 });
  });

  type Device = ReturnType<typeof createDevice>;
  /** Runs the app's sync client until it has stored the log up to `seq`, and says how it got there. */
  async function syncOnce(server: ApiServer, { session }: Registered, device: Device, seq: number) {
    const seen = { snapshots: 0, resets: 0, pages: 0 };
    const { applyPage, applyPart, reset } = device.store;
    let broke: (error: Error) => void = () => {};
    const reached = new Promise<void>((resolve, reject) => {
      device.whenAt(seq, resolve);
      broke = reject;
    });
    const client = createSyncClient({
      store: {
        ...device.store,
        applyPage: (...args) => ((seen.pages += 1), applyPage(...args)),
        applyPart: (...args) => ((seen.snapshots += 1), applyPart(...args)),
        reset: (...args) => ((seen.resets += 1), reset(...args)),
      },
      transport: {
        connect(events) {
          const protocols = [SUBPROTOCOL, `bearer.${session.accessToken}`];
          const socket = new WebSocket(`${server.url.replace('http', 'ws')}/api/socket`, protocols, {
            origin: server.url,
          });
          socket.on('open', () => events.open());
          socket.on('message', (data: Buffer) => events.frame(data));
          socket.on('close', () => events.closed(null));
          socket.on('error', broke);
          return { send: (data) => socket.send(data), close: () => socket.terminate() };
        },
      },
      timers: {
        after(ms, callback) {
          const timer = setTimeout(callback, ms);
          return () => clearTimeout(timer);
        },
      },
      random: { next: Math.random },
      listener: {
        status: () => {},
        presence: () => {},
        typing: () => {},
        signal: () => {},
        callResult: () => {},
      },
      report: () => {},
    });
    client.start();
    await settled(reached, { within: 10_000, for: `position ${seq}` }).finally(() => void client.stop());
    return seen;
  }
});

describe('an archive that is not whole', () => {
  let text: string;
  beforeEach(async () => {
    await fillStore(open('old.sqlite'));
    await writeArchive(at('a.gz'), createSqliteArchive(at('old.sqlite')).records(), WHEN);
    text = gunzipSync(await readFile(at('a.gz'))).toString();
  });
  const lines = (): string[] => text.trimEnd().split('\n');

  test.each<[string, () => Buffer | string, RegExp]>([
    ['no gzip', () => 'hello', /can’t be decompressed/],
    ['cut off', () => gzipSync(text).subarray(0, 900), /can’t be decompressed/],
    ['without its end', () => gzipSync(lines().slice(0, -1).join('\n')), /its end is missing/],
    [
      'with a line missing',
      () => gzipSync(lines().toSpliced(-2, 1).join('\n')),
      /should hold 1 records of kind report/,
    ],
    [
      'with a record changed',
      () => gzipSync(text.replace('"username":"ann"', '"username":"eve"')),
      /records of kind user were changed/,
    ],
    [
      'with a line that is no record',
      () => gzipSync(lines().toSpliced(3, 0, '{"kind":"x"}').join('\n')),
      /line 4/,
    ],
    ['with something after its end', () => gzipSync(`${text}${lines()[2]}\n`), /comes after its end/],
    ['of another kind', () => gzipSync('{"a":1}\n'), /does not begin like one/],
    ['of a later version', () => gzipSync(text.replace('"version":2', '"version":9')), /of version 9/],
  ])('%s, is refused and leaves nothing', async (_, damaged, say) => {
    await writeFile(at('b.gz'), damaged());
    const loading = createSqliteArchive(at('new.sqlite')).load(readArchive(at('b.gz')));
    await expect(loading).rejects.toThrow(say);
    expect((await readdir(dir)).filter((name) => name.startsWith('new'))).toEqual([]);
  });

  test('an archive from before people could call is taken as it is', async () => {
    const isOfCalls = (line: string) => line.includes('"kind":"call"') || line.includes('"of":"call"');
    const records = (await all(readArchive(at('a.gz')))).filter((r) => !isOfCalls(JSON.stringify(r)));
    await writeArchive(at('b.gz'), from(records), WHEN);
    const written = gunzipSync(await readFile(at('b.gz')))
      .toString()
      .trimEnd()
      .split('\n');
    const end = JSON.parse(written.pop() ?? '') as Record<'counts' | 'sha256', Record<string, unknown>>;
    for (const kept of [end.counts, end.sha256]) delete kept['call'];
    const older = [...written, JSON.stringify(end)].join('\n').replace('"version":2', '"version":1');
    await writeFile(at('c.gz'), gzipSync(older));
    expect(await all(readArchive(at('c.gz')))).toEqual(records);
  });

  test('a store that holds something takes none', async () => {
    const archive = createSqliteArchive(at('old.sqlite'));
    await expect(archive.load(readArchive(at('a.gz')))).rejects.toThrow(/holds data already/);
    await expect(writeArchive(at('a.gz'), archive.records(), WHEN)).rejects.toThrow(/exists already/);
  });

  test('an export that breaks off leaves no file', async () => {
    async function* broken(): AsyncGenerator<ArchiveRecord> {
      yield { kind: 'history', epoch: 'e' };
      throw new Error('broken');
    }
    await expect(writeArchive(at('c.gz'), broken(), WHEN)).rejects.toThrow('broken');
    expect((await readdir(dir)).filter((name) => name.startsWith('c'))).toEqual([]);
  });
});

describe('an audit', () => {
  let records: ArchiveRecord[];
  beforeEach(async () => {
    await fillStore(open('old.sqlite'));
    records = await all(createSqliteArchive(at('old.sqlite')).records());
  });
  type Entry = Extract<ArchiveRecord, { kind: 'entry' }>;
  const without = (drop: (record: ArchiveRecord) => boolean) => {
    const index = records.findIndex(drop);
    expect(index).toBeGreaterThan(-1);
    return records.toSpliced(index, 1);
  };
  const isEntry = (record: ArchiveRecord, of: Entry['subject']['of']): record is Entry =>
    record.kind === 'entry' && record.subject.of === of;

  test('finds nothing in a store that is well', () => {
    expect(findings(records)).toEqual([]);
  });

  test.each<[string, () => ArchiveRecord[], RegExp]>([
    [
      'a message that is gone',
      () => without((r) => r.kind === 'message' && r.n === 3),
      /message 4 follows message 2/,
    ],
    ['a position that is gone', () => without((r) => isEntry(r, 'receipt')), /position \d+ follows \d+/],
    [
      'a message that a log lacks',
      () => {
        const gone = records.find(
          (r): r is Entry => isEntry(r, 'message') && r.subject.of === 'message' && r.subject.n === 18,
        );
        if (!gone) throw new Error('no such entry');
        return records.map((r) => (r === gone ? { ...gone, subject: { of: 'account', revision: 1 } } : r));
      },
      /^The log of (ann|bob) lacks message 18 of/,
    ],
    ['a pair that is gone', () => without((r) => r.kind === 'pair'), /refers to a pair that is not theirs/],
    ['a user who is gone', () => without((r) => r.kind === 'user'), /who is no user/],
    ['a history without a name', () => without((r) => r.kind === 'history'), /one name for the history/],
    [
      'marks above the last message',
      () => records.map((r) => (r.kind === 'pair' ? { ...r, high: { delivered: 99, seen: 0 } } : r)),
      /more than the \d+ messages/,
    ],
    [
      'an entry of a call that is gone',
      () => without((r) => r.kind === 'call' && r.status === 'missed'),
      /^Entry \d+ in the log of (ann|bob) refers to a call that is missing/,
    ],
    [
      'a call that nobody ended',
      () =>
        records.map((r) =>
          r.kind === 'call' && r.status === 'ringing' ? { ...r, startedAt: r.startedAt - 86_400_001 } : r,
        ),
      /^A call of \w+ and \w+ has not ended/,
    ],
    [
      'two calls at once',
      () =>
        records.map((r) =>
          r.kind === 'call' && r.status === 'missed' ? { ...r, status: 'in_progress' } : r,
        ),
      /are in two calls with each other/,
    ],
    [
      'a call of somebody else, behind a message that is not there',
      () => records.map((r) => (r.kind === 'call' ? { ...r, caller: someUserId(), after: 99 } : r)),
      /A call between .* is from .*, who is neither[^]*stands behind message 99/,
    ],
    [
      'an acknowledged message that is not there',
      () => [...records, ...records.filter((r) => r.kind === 'operation' && r.n !== null).slice(0, 1)],
      /was told that \d+ messages are safe; \d+ are there/,
    ],
  ])('finds %s', (_, broken, say) => {
    expect(findings(broken()).join('\n')).toMatch(say);
  });
});
