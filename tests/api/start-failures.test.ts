import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, open, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { randomSecret } from '#api/auth/keys.ts';
import { lockDataDir } from '#api/data-lock.ts';
import { EXIT } from '#api/refusal.ts';
import { openSqliteStore } from '#api/store/sqlite/store.ts';
import { accountOf, someTag } from '../support/api-people.ts';
import { type Ended, type RunOptions, runNode, startNode } from '../support/run-node.ts';
import { until } from '../support/wait.ts';

const secrets = {
  NEXCHAT_JWT_KEYS: `k1:${randomSecret()}`,
  NEXCHAT_PEPPERS: `p1:${randomSecret()}`,
  NEXCHAT_PRELOGIN_KEY: randomSecret(),
};
/** A user of every system that owns nothing. */
const NOBODY = 65_534;
const UNSHARE = '/usr/bin/unshare';
const isRoot = process.getuid?.() === 0;
/** A mount that only one process sees; not everybody may have that. */
const canMount =
  isRoot &&
  spawnSync(UNSHARE, ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { timeout: 5_000 }).status === 0;

let dir: string;
let data: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nexchat-start-'));
  await chmod(dir, 0o755);
  data = join(dir, 'data');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** Starts the real server, which is expected to end by itself. */
function start(env: Record<string, string> = {}, options: RunOptions = {}): Promise<Ended> {
  const settings = { NEXCHAT_DATA: data, NEXCHAT_PORT: '0', NEXCHAT_LOG_LEVEL: 'silent', ...env };
  return runNode('api/main.ts', [], { ...options, env: settings });
}

/** One plain sentence or two under the heading, no stack, and the documented code. */
function expectRefusal(ended: Ended, exit: number, say: RegExp): void {
  const [heading, ...lines] = ended.err.trimEnd().split('\n');
  expect(heading, ended.err).toBe('NexChat can’t start:'.replace('’', "'"));
  expect(lines.join('\n')).toMatch(say);
  expect(
    lines.every((line) => /^ {2}\S.*\.$/.test(line)),
    ended.err,
  ).toBe(true);
  expect(ended.err).not.toMatch(/\n\s+at /);
  expect(ended.out).toBe('');
  expect(ended.code).toBe(exit);
}

async function makeDatabase(): Promise<string> {
  await mkdir(data, { mode: 0o700 });
  const file = join(data, 'nexchat.sqlite');
  const store = openSqliteStore({ file, tag: someTag });
  await store.createAccount(accountOf('ann', { keyring: new Uint8Array(200_000) }));
  await store.close();
  return file;
}

describe('a server that can’t start says why, what to do, and ends', { timeout: 60_000 }, () => {
  test('wrong settings, all at once', async () => {
    const ended = await start({ NEXCHAT_PORT: 'http', NEXCHAT_STORE: 'oracle' });
    expectRefusal(
      ended,
      EXIT.settings,
      /^ {2}NEXCHAT_PORT must be a whole number\.\n {2}NEXCHAT_STORE must be/,
    );
  });

  test('a port that is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const ended = await start({ NEXCHAT_PORT: String(port) }).finally(() => taken.close());
    expectRefusal(ended, EXIT.unavailable, new RegExp(`Port ${port} is in use\\. Set NEXCHAT_PORT`));
  });

  test('an address that is not this machine’s', async () => {
    const ended = await start({ NEXCHAT_HOST: '203.0.113.1' });
    expectRefusal(
      ended,
      EXIT.settings,
      /can't listen on 203\.0\.113\.1 \(EADDRNOTAVAIL\)\. Set NEXCHAT_HOST/,
    );
  });

  test('a file where the data directory should be', async () => {
    await writeFile(data, '');
    expectRefusal(await start(), EXIT.settings, /NEXCHAT_DATA is .*data, which can't be a directory/);
  });

  test.skipIf(!isRoot)('a data directory of somebody else', async () => {
    await makeDatabase();
    const ended = await start({}, { uid: NOBODY });
    expectRefusal(ended, EXIT.permission, /can't read and write in .*data .*chown -R/);
  });

  test.skipIf(!isRoot)('a database of somebody else in a directory of one’s own', async () => {
    const file = await makeDatabase();
    await chown(data, NOBODY, NOBODY);
    await chmod(file, 0o600);
    const ended = await start({}, { uid: NOBODY });
    expectRefusal(ended, EXIT.permission, /can't read and write in .*data .*chown -R/);
  });

  test('a database that is none', async () => {
    await mkdir(data);
    await writeFile(join(data, 'nexchat.sqlite'), 'x'.repeat(10_000));
    expectRefusal(await start(), EXIT.data, /nexchat\.sqlite is damaged\. .*nexchat restore FILE/);
  });

  test('a database that was cut off', async () => {
    const file = await makeDatabase();
    await truncate(file, 8_192);
    expectRefusal(await start(), EXIT.data, /nexchat\.sqlite is damaged/);
  });

  test('a database of a later version', async () => {
    const db = new Sqlite(await makeDatabase());
    db.pragma('user_version = 99');
    db.close();
    expectRefusal(
      await start(),
      EXIT.data,
      /the database has schema 99, newer than .*Install the version that wrote it/,
    );
  });

  test('secrets that are damaged', async () => {
    await mkdir(data);
    await writeFile(join(data, 'secrets.json'), '{"jwtKeys":');
    expectRefusal(await start(), EXIT.data, /secrets\.json is damaged\. Restore it from your backup/);
  });

  test('accounts whose secrets are gone', async () => {
    await makeDatabase();
    expectRefusal(
      await start(),
      EXIT.settings,
      /database in .*data holds accounts, but .*secrets\.json with their secrets is missing\. Restore it/,
    );
    expect(await readdir(data)).not.toContain('secrets.json');
  });

  test('accounts whose pepper is another one', async () => {
    await makeDatabase();
    expectRefusal(
      await start({ ...secrets, NEXCHAT_PEPPERS: `p2:${randomSecret()}` }),
      EXIT.settings,
      /a pepper named p1, which is not in NEXCHAT_PEPPERS\. Put it back/,
    );
    await writeFile(
      join(data, 'secrets.json'),
      JSON.stringify({
        jwtKeys: secrets.NEXCHAT_JWT_KEYS,
        peppers: `p-3:${randomSecret()}`,
        preloginKey: randomSecret(),
      }),
    );
    expectRefusal(await start(), EXIT.settings, /a pepper named p1, which is not in .*secrets\.json/);
  });

  test('servers on MongoDB without secrets to share', async () => {
    const uri = 'mongodb://127.0.0.1:1/?replicaSet=rs0';
    expectRefusal(
      await start({ NEXCHAT_STORE: 'mongodb', NEXCHAT_MONGODB_URI: uri }),
      EXIT.settings,
      /must be in the environment\. Set NEXCHAT_JWT_KEYS, NEXCHAT_PEPPERS, NEXCHAT_PRELOGIN_KEY/,
    );
  });

  test('a MongoDB whose name nobody knows', async () => {
    const uri = 'mongodb+srv://user:hunter2@db.nexchat.invalid/';
    const ended = await start({ NEXCHAT_STORE: 'mongodb', NEXCHAT_MONGODB_URI: uri, ...secrets });
    expectRefusal(ended, EXIT.unavailable, /The host in NEXCHAT_MONGODB_URI can't be looked up/);
    expect(ended.err).not.toContain('hunter2');
  });

  test('a .env that is a directory', async () => {
    await mkdir(join(dir, '.env'));
    const ended = await start({}, { before: ['/usr/bin/env', '-C', dir] });
    expectRefusal(ended, EXIT.settings, /The file \.env in .* can't be read/);
  });

  test('a data directory that another server uses', async () => {
    const unlock = lockDataDir(data);
    const ended = await start().finally(unlock);
    expectRefusal(ended, EXIT.busy, /Another NexChat uses the data directory/);
    expect(await readdir(data)).toEqual(['lock']);
  });

  test('a MongoDB that does not answer', async () => {
    const uri = 'mongodb://user:hunter2@127.0.0.1:1/?replicaSet=rs0';
    const ended = await start({ NEXCHAT_STORE: 'mongodb', NEXCHAT_MONGODB_URI: uri, ...secrets });
    expectRefusal(ended, EXIT.unavailable, /MongoDB does not answer at NEXCHAT_MONGODB_URI/);
    expect(ended.err).not.toContain('hunter2');
  });

  // The secrets don't fit, or the database does not.
  test.skipIf(!canMount).each([0, 2, 8])(
    'a full disk with room for %i blocks, and starts once there is more',
    async (blocks) => {
      await mkdir(data);
      const script = `
        mount -t tmpfs -o size=${(blocks + 1) * 4_096} none "$0" && head -c 4096 /dev/zero >"$0/junk"
        "$@"; code=$?
        mount -o remount,size=50m "$0"
        NEXCHAT_HOST=203.0.113.1 "$@" >&2; test $? = ${EXIT.settings} && exit $code`;
      const { code, err } = await start({}, { before: [UNSHARE, '-m', 'sh', '-c', script, data] });
      expect(err).toMatch(
        /^NexChat can't start:\n {2}The disk that holds .*data is full\. Free some space.*\n/,
      );
      expect(err, 'the second start').toContain("This machine can't listen on 203.0.113.1");
      expect(code).toBe(EXIT.disk);
    },
  );
});

describe('the lock on a data directory', { timeout: 60_000 }, () => {
  test('is held by a running server, and goes with it however it dies', async () => {
    const env = { NEXCHAT_DATA: data, NEXCHAT_PORT: '0', NEXCHAT_LOG_LEVEL: 'silent' };
    const server = startNode('api/main.ts', [], { env });
    await until(() => server.out().includes('NexChat is at'), {
      within: 15_000,
      for: 'the server to be ready',
    });
    expect(() => lockDataDir(data, 0)).toThrow(/Another NexChat/);
    expect((await stat(join(data, 'lock'))).mode & 0o777).toBe(0o600);
    server.child.kill('SIGKILL');
    await server.ended;
    lockDataDir(data, 1_000)();
  });

  test('is there once: not even for the same process twice', async () => {
    const unlock = lockDataDir(data);
    expect(() => lockDataDir(data, 0)).toThrow(/Another NexChat/);
    unlock();
    lockDataDir(data, 0)();
    await (await open(join(data, 'lock'))).close();
  });
});
