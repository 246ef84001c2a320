import { readFileSync } from 'node:fs';
import { chown, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { randomSecret } from '#api/auth/keys.ts';
import { runCommand } from '#api/cli/run.ts';
import { lockDataDir } from '#api/data-lock.ts';
import { EXIT } from '#api/refusal.ts';
import type { Store } from '#api/store/ports.ts';
import { openSqliteStore } from '#api/store/sqlite/store.ts';
import { SUBPROTOCOL } from '#sync/wire/version.ts';
import { someTag } from '../support/api-people.ts';
import { type ApiServer, signUp, startApi } from '../support/api-server.ts';
import { type FullStore, fillStore } from '../support/full-store.ts';
import { runNode, startNode } from '../support/run-node.ts';
import { settled, until } from '../support/wait.ts';

let dir: string;
let data: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nexchat-cli-'));
  data = join(dir, 'data');
  file = join(data, 'nexchat.sqlite');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const at = (name: string): string => join(dir, name);

/** Those that the accounts were made with. */
const secrets = {
  NEXCHAT_JWT_KEYS: `k1:${randomSecret()}`,
  NEXCHAT_PEPPERS: `p1:${randomSecret()}`,
  NEXCHAT_PRELOGIN_KEY: randomSecret(),
};

/** Runs the command as the process does, and gives what it says after the name of the store. */
async function nexchat(...args: string[]): Promise<{ exit: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const exit = await runCommand(
    args,
    { NEXCHAT_DATA: data, ...secrets },
    { print: (line) => (said.out += `${line}\n`), complain: (text) => (said.err += `${text}\n`) },
  );
  return { exit, out: said.out, err: said.err.replace(`On ${file}\n`, '') };
}

/** Fills the data directory; the store is open, as in a running server, until it is closed. */
async function withPeople(act: (store: Store, people: FullStore) => Promise<void>): Promise<void> {
  lockDataDir(data)();
  const store = openSqliteStore({ file, tag: someTag });
  try {
    await act(store, await fillStore(store));
  } finally {
    await store.close();
  }
}
const epochOf = (path: string): string => {
  const db = new Sqlite(path, { readonly: true });
  const epoch = db.prepare<[], string>(`SELECT value FROM meta WHERE name = 'epoch'`).pluck().get();
  db.close();
  return epoch ?? '';
};

describe('the command line', () => {
  test('says which version it is', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await nexchat('--version')).toEqual({ exit: EXIT.ok, out: `${version}\n`, err: '' });
  });

  test('names a setting that is misspelt, and goes on', async () => {
    await withPeople(async () => {});
    let complaints = '';
    const terminal = { print: () => {}, complain: (text: string) => (complaints += `${text}\n`) };
    const env = { NEXCHAT_DATA: data, NEXCHAT_PROT: '1', ...secrets };
    expect(await runCommand(['stats'], env, terminal)).toBe(EXIT.ok);
    expect(complaints).toContain('NEXCHAT_PROT is not a setting of NexChat');
  });

  test('explains itself, and each command', async () => {
    const { exit, out } = await nexchat('help');
    expect(exit).toBe(EXIT.ok);
    const names = [...out.matchAll(/^ {2}nexchat (\w+)/gm)].map(([, name]) => name ?? '');
    expect(names).toHaveLength(12);
    for (const name of names) {
      const asked = await nexchat(name, '--help');
      expect(asked).toMatchObject({ exit: EXIT.ok, err: '' });
      expect(asked.out).toMatch(new RegExp(`^nexchat ${name}[^\n]*\n\n.+\n\n.{30}`));
      expect(await nexchat('help', name)).toEqual(asked);
    }
    expect(await nexchat()).toEqual(await nexchat('--help'));
  });

  test.each([
    [['dance'], EXIT.usage, /There is no command dance/],
    [['toString'], EXIT.usage, /There is no command toString/],
    [['backup'], EXIT.usage, /FILE is missing\.\nUsage: nexchat backup FILE/],
    [['user', 'a', 'b'], EXIT.usage, /b is one word too many/],
    [['users', '--prefx', 'a'], EXIT.usage, /--prefx/],
    [['stats'], EXIT.missing, /There is no database .*Is NEXCHAT_DATA right\?/],
    [['doctor'], EXIT.missing, /There is no database/],
    [['backup', '/x'], EXIT.missing, /There is no database/],
    [['export', '/tmp/nexchat-none.gz'], EXIT.missing, /There is no database/],
    [['restore', '/nowhere'], EXIT.missing, /There is no file \/nowhere/],
    [['import', '/nowhere'], EXIT.missing, /There is no file \/nowhere/],
  ])('refuses %j', async (args, exit, say) => {
    const ended = await nexchat(...args);
    expect(ended).toMatchObject({ exit, out: '' });
    expect(ended.err).toMatch(say);
  });

  test('is a process with an exit code, whose output may be cut off', { timeout: 60_000 }, async () => {
    const env = { NEXCHAT_DATA: data, NEXCHAT_STORE: 'memory' };
    const ended = await runNode('api/cli/main.ts', ['stats'], { env });
    expect(ended).toMatchObject({ code: EXIT.settings, out: '' });
    expect(ended.err).toMatch(/^NEXCHAT_STORE is memory/);
    const { child, ended: cut } = startNode('api/cli/main.ts', ['help']);
    child.stdout?.destroy();
    expect((await cut).err).toBe('');
  });
});

describe('people', () => {
  test('are listed, shown and counted beside the open store', async () => {
    await withPeople(async (store, { ann, bob }) => {
      expect((await nexchat('users')).out).toBe(`ann\t${ann.user}\nbob\t${bob.user}\n`);
      expect((await nexchat('users', '--prefix', 'B')).out).toBe(`bob\t${bob.user}\n`);
      const shown = await nexchat('user', 'Ann');
      expect(shown.out).toMatch(/^name {7}ann$/m);
      expect(shown.out).toMatch(/^device {5}Firefox on Linux, signed in 2023-/m);
      expect(shown.out).not.toMatch(/p1|\$2b/);
      expect((await nexchat('user', 'cas')).out).toMatch(/^suspended {2}since 1970-/m);
      expect(await nexchat('user', 'dan')).toMatchObject({ exit: EXIT.missing });
      expect((await nexchat('reports')).out).toMatch(/^1970-\S+\tann\tcas\tspam\tSells things\n$/);
      const { messages } = await store.stats();
      expect((await nexchat('stats')).out).toMatch(new RegExp(`^messages +${messages}$`, 'm'));
    });
  });

  test('are locked out, let in again and deleted, the last only when it is meant', async () => {
    await withPeople(async (store, { ann, bob }) => {
      expect((await nexchat('suspend', 'ann')).out).toBe('ann is locked out; sign-ins that ended: 1.\n');
      expect(await store.sessions(ann.user)).toEqual([]);
      expect((await store.account('ann'))?.suspended).toBeTypeOf('number');
      expect(await nexchat('unsuspend', 'ann')).toMatchObject({ exit: EXIT.ok });
      expect((await store.account('ann'))?.suspended).toBeNull();

      expect(await nexchat('delete', 'bob')).toMatchObject({ exit: EXIT.usage, out: '' });
      expect((await store.account('bob'))?.user).toBe(bob.user);
      expect(await nexchat('delete', 'bob', '--yes')).toMatchObject({ exit: EXIT.ok });
      expect(await store.account('bob')).toBeUndefined();
      expect(await nexchat('delete', 'bob', '--yes')).toMatchObject({ exit: EXIT.missing });
      expect(await nexchat('doctor')).toMatchObject({ exit: EXIT.ok, out: 'All is well.\n' });
    });
  });

  describe('whose sign-in ends by a command', () => {
    let server: ApiServer;
    beforeEach(async () => {
      server = await startApi({ store: 'sqlite', dataDir: data });
    });
    afterEach(() => server.dispose());

    test.each([['suspend'], ['delete', '--yes']])(
      'are shut out by the running server: %s',
      async (command, ...rest) => {
        const [ann, bob] = [await signUp(server, 'ann'), await signUp(server, 'bob')];
        const connect = (token: string) =>
          new WebSocket(`${server.url.replace('http', 'ws')}/api/socket`, [SUBPROTOCOL, `bearer.${token}`], {
            origin: server.url,
          });
        const [hers, his] = [connect(ann.session.accessToken), connect(bob.session.accessToken)];
        const closed = new Promise<string>((resolve) =>
          hers.on('close', (_code, reason) => resolve(reason.toString())),
        );
        await until(() => hers.readyState === hers.OPEN && his.readyState === his.OPEN, { within: 5_000 });

        expect(await nexchat(command, 'ann', ...rest)).toMatchObject({ exit: EXIT.ok });
        const { status } = await ann.agent.get('/api/friends/status', ann.bearer);
        expect([401, 403]).toContain(status);
        expect(await settled(closed, { within: 10_000, for: 'the socket to be closed' })).toBe(
          'SESSION_ENDED',
        );
        expect(his.readyState).toBe(his.OPEN);
        his.terminate();
      },
    );
  });
});

describe('backup and restore', () => {
  test('a copy is made beside the open store, and put back under a new epoch', async () => {
    let epoch = '';
    await withPeople(async (store, { ann, bob }) => {
      expect((await nexchat('backup', at('b.sqlite'))).out).toMatch(
        /is a whole copy of the database \(\d+ pages\)/,
      );
      epoch = await store.epoch();
      await store.deleteAccount(bob.user, 99);
      expect(await store.head(ann.user)).toBeGreaterThan(0);
    });
    expect((await stat(at('b.sqlite'))).mode & 0o777).toBe(0o600);
    expect((await readdir(dir)).toSorted()).toEqual(['b.sqlite', 'data']);
    expect(epochOf(at('b.sqlite'))).toBe(epoch);

    const restored = await nexchat('restore', at('b.sqlite'));
    expect(restored).toMatchObject({ exit: EXIT.ok, err: '' });
    expect(epochOf(file)).not.toBe(epoch);
    const kept = (await readdir(data)).filter((name) => name.includes('.before-'));
    expect(kept).toHaveLength(1);
    expect(restored.out).toContain(kept[0]);
    expect(epochOf(join(data, kept[0] ?? ''))).toBe(epoch);

    const store = openSqliteStore({ file, tag: someTag });
    const { user } = (await store.account('bob')) ?? {};
    expect(user).toBeDefined();
    if (user) {
      const cursor = { epoch, seq: await store.head(user), tag: 0 };
      expect(await store.read(user, cursor, { entries: 1, bytes: 1 })).toBe('resync');
    }
    await store.close();
    expect(await nexchat('doctor')).toMatchObject({ exit: EXIT.ok });
    expect(await nexchat('backup', at('b.sqlite'))).toMatchObject({ exit: EXIT.exists });
  });

  test('a copy is of one moment, though much is written meanwhile', async () => {
    await withPeople(async (store, { ann }) => {
      const done = new AbortController();
      const writer = (async () => {
        for (let time = 100; !done.signal.aborted; time++) {
          await store.addReport({ from: ann.user, about: ann.user, reason: 'other', note: `${time}`, time });
        }
      })();
      expect(await nexchat('backup', at('b.sqlite'))).toMatchObject({ exit: EXIT.ok });
      done.abort();
      await writer;
    });
    data = at('other');
    file = join(data, 'nexchat.sqlite');
    expect(await nexchat('restore', at('b.sqlite'))).toMatchObject({ exit: EXIT.ok });
    expect(await nexchat('doctor')).toMatchObject({ exit: EXIT.ok });
  });

  test('nothing is restored under a running server, or from what is damaged', async () => {
    await withPeople(async () => {});
    await nexchat('backup', at('b.sqlite'));
    const before = await readFile(file);
    const unlock = lockDataDir(data);
    expect(await nexchat('restore', at('b.sqlite'))).toMatchObject({
      exit: EXIT.busy,
      err: expect.stringMatching(/Another NexChat uses/),
    });
    unlock();

    const whole = await readFile(at('b.sqlite'));
    await writeFile(at('cut.sqlite'), whole.subarray(0, whole.length / 2));
    await writeFile(at('none.sqlite'), 'hello');
    await writeFile(at('scratched.sqlite'), whole.fill(7, 4_096, 40_000));
    new Sqlite(at('empty.sqlite')).exec('CREATE TABLE other (x)').close();
    for (const name of ['cut', 'none', 'scratched', 'empty']) {
      expect(await nexchat('restore', at(`${name}.sqlite`)), name).toMatchObject({
        exit: EXIT.data,
        out: '',
      });
    }
    expect(await readFile(file)).toEqual(before);
    expect((await readdir(data)).filter((name) => /new|before/.test(name))).toEqual([]);
  });

  test.skipIf(process.getuid?.() !== 0)('what root restores belongs to whom the directory does', async () => {
    await withPeople(async () => {});
    await nexchat('backup', at('b.sqlite'));
    await chown(data, 65_534, 65_534);
    expect(await nexchat('restore', at('b.sqlite'))).toMatchObject({ exit: EXIT.ok });
    for (const name of ['nexchat.sqlite', 'lock'])
      expect(await stat(join(data, name)), name).toMatchObject({ uid: 65_534, gid: 65_534 });
  });

  test('a damaged database is replaced, and kept', async () => {
    await withPeople(async () => {});
    await nexchat('backup', at('b.sqlite'));
    await writeFile(file, 'broken');
    expect(await nexchat('restore', at('b.sqlite'))).toMatchObject({ exit: EXIT.ok });
    const kept = (await readdir(data)).find((name) => name.includes('.before-'));
    expect(await readFile(join(data, kept ?? ''), 'utf8')).toBe('broken');
    expect(await nexchat('doctor')).toMatchObject({ exit: EXIT.ok });
  });
});

describe('export and import', () => {
  test('move everything, and keep the epoch unless told otherwise', async () => {
    let epoch = '';
    await withPeople(async (store) => {
      epoch = await store.epoch();
      const { exit, out } = await nexchat('export', at('a.gz'));
      expect(out).toMatch(/a\.gz holds 1 history, 4 user, 2 session, .* and 1 report records\.\n$/);
      expect(exit).toBe(EXIT.ok);
    });
    expect(await nexchat('import', at('a.gz'))).toMatchObject({ exit: EXIT.exists, out: '' });

    for (const [name, flags] of [['same'], ['fresh', '--new-epoch']]) {
      data = at(name ?? '');
      expect(await nexchat('import', at('a.gz'), ...(flags ? [flags] : []))).toMatchObject({ exit: EXIT.ok });
      expect(epochOf(join(data, 'nexchat.sqlite')) === epoch).toBe(name === 'same');
      expect(await nexchat('doctor')).toMatchObject({ exit: EXIT.ok, out: 'All is well.\n' });
    }
  });

  test('an import needs the data directory for itself', async () => {
    await withPeople(async () => void (await nexchat('export', at('a.gz'))));
    data = at('other');
    const unlock = lockDataDir(data);
    expect(await nexchat('import', at('a.gz'))).toMatchObject({ exit: EXIT.busy });
    unlock();
  });
});

describe('a command', () => {
  test('first says which store it works on, without a password', async () => {
    const firstLine = async (env: Record<string, string>): Promise<string | undefined> => {
      const said: string[] = [];
      const terminal = { print: () => {}, complain: (text: string) => void said.push(text) };
      await runCommand(['backup', at('b')], env, terminal);
      return said[0];
    };
    expect(await firstLine({ NEXCHAT_DATA: data })).toBe(`On ${file}`);
    const on = (uri: string) => firstLine({ NEXCHAT_STORE: 'mongodb', NEXCHAT_MONGODB_URI: uri });
    expect(await on('mongodb://ann:hunter2@a.example:27017,b.example/?replicaSet=rs0')).toBe(
      'On MongoDB a.example:27017,b.example/nexchat',
    );
    expect(await on('mongodb://a.example/?replicaSet=rs0')).toBe('On MongoDB a.example/nexchat');
    expect(await on('mongodb+srv://[::1]')).toBe('On MongoDB [::1]/nexchat');
    for (const odd of ['ann:1?2@a.example', 'ann:1/2@a.example', 'ann:1@2@a.example'])
      expect(await on(`mongodb://${odd}`)).toBe('On MongoDB at NEXCHAT_MONGODB_URI/nexchat');
  });

  test('blames the file that was named, not the data directory', async () => {
    await withPeople(async () => {});
    const nowhere = at('none/b.sqlite');
    for (const command of ['backup', 'export']) {
      const { exit, err } = await nexchat(command, nowhere);
      expect([exit, err]).toEqual([EXIT.missing, expect.stringContaining(nowhere)]);
      expect(err).not.toContain('NEXCHAT_DATA');
    }
    for (const command of ['restore', 'import']) {
      if (command === 'import') data = at('other');
      const { err: said, exit } = await nexchat(command, dir);
      const err = said.replace(/^On .*\n/, '');
      expect([exit, err]).toEqual([EXIT.missing, `${dir} can't be a file (EISDIR). Name another one.\n`]);
    }
  });
});

describe('the doctor', () => {
  test('tells of secrets that are not those of the accounts, and makes none', async () => {
    await withPeople(async () => {});
    const say = async (env: Record<string, string>): Promise<string> => {
      let out = '';
      const terminal = { print: (line: string) => void (out += line), complain: () => {} };
      expect(await runCommand(['doctor'], { NEXCHAT_DATA: data, ...env }, terminal)).toBe(EXIT.failed);
      return out;
    };
    expect(await say({})).toMatch(/secrets\.json with their secrets is missing\. Restore it/);
    expect(await readdir(data)).not.toContain('secrets.json');
    expect(await say({ ...secrets, NEXCHAT_PEPPERS: `p2:${randomSecret()}` })).toMatch(
      /a pepper named p1, which is not in NEXCHAT_PEPPERS/,
    );
  });

  async function examine(harm: string): Promise<string> {
    await withPeople(async () => {});
    const db = new Sqlite(file);
    db.pragma('foreign_keys = OFF');
    db.exec(harm);
    db.close();
    const { exit, out, err } = await nexchat('doctor');
    expect([exit, err]).toEqual([EXIT.failed, '']);
    return out;
  }

  test.each([
    ['DELETE FROM messages WHERE n = 2', /message 3 follows message 1: numbers must have no gap/],
    ['DELETE FROM log WHERE seq = 8', /position 9 follows 7: positions must have no gap/],
    ['UPDATE log SET ref = 999999 WHERE kind = 2', /refers to a pair that is not theirs/],
    ['DROP INDEX log_by_position', /The index log_by_position is missing\./],
    ['CREATE TABLE mine (x)', /The table mine is not one of NexChat’s\./],
    [`DELETE FROM users WHERE name = 'cas'`, /\d rows refer to users that are missing, in pairs\./],
    [`DELETE FROM meta`, /one name for the history/],
  ])('tells after %s', async (harm, say) => {
    expect(await examine(harm)).toMatch(say);
  });

  test('says what a database of another version needs', async () => {
    await withPeople(async () => {});
    const db = new Sqlite(file);
    db.pragma('user_version = 1');
    db.close();
    const { exit, err } = await nexchat('doctor');
    expect([exit, err]).toEqual([
      EXIT.data,
      expect.stringMatching(/Start the server once: it brings it up to date/),
    ]);
  });
});
