import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ephemeralSecrets } from '#api/auth/secrets.ts';
import { parseSettings } from '#api/config.ts';
import { EXIT, type Refusal } from '#api/refusal.ts';
import { startServer } from '#api/server.ts';
import { refusing } from '#api/store/mongo/connect.ts';
import { type MongoStoreOptions, openMongoStore } from '#api/store/mongo/store.ts';
import type { Store } from '#api/store/ports.ts';
import { accountOf, signInOf, someDeviceId, someTag, writeOf } from '../support/api-people.ts';
import { freePort } from '../support/free-port.ts';
import { serverError } from '../support/mongo-faults.ts';
import { type MongoServer, findMongo, startMongo, withClient } from '../support/mongo-server.ts';
import { message } from './effects.ts';

const found = findMongo();
const PLENTY = { entries: 1_000, bytes: 10_000_000 };

/** Every sentence that an operator may read is one line, and never holds the address. */
async function refusalOf(opening: Promise<unknown>): Promise<Refusal> {
  const refusal = await opening.then(
    () => expect.fail('it was not refused'),
    (error: unknown) => error as Refusal,
  );
  expect(refusal.name).toBe('Refusal');
  expect(refusal.message).not.toMatch(/\n|hunter2/);
  return refusal;
}

const optionsFor = (uri: string, overrides: Partial<MongoStoreOptions> = {}): MongoStoreOptions => ({
  uri,
  database: 'nexchat',
  allowStandalone: true,
  tag: someTag,
  onError: (error) => expect.fail(String(error)),
  onRepaired: () => {},
  ...overrides,
});

describe('mongodb that is not there', () => {
  test('an address that is none is refused in a sentence', async () => {
    for (const uri of ['nonsense', 'mongodb://', 'mongodb://ann:hunter2@', 'mongodb://h/?tls=maybe']) {
      const refusal = await refusalOf(openMongoStore(optionsFor(uri)));
      expect([refusal.exit, refusal.message]).toEqual([
        EXIT.settings,
        expect.stringContaining('NEXCHAT_MONGODB_URI is not an address of MongoDB'),
      ]);
    }
  });

  test('a server that does not answer is refused in a sentence, after a few seconds', async () => {
    const uri = `mongodb://ann:hunter2@127.0.0.1:${await freePort()}`;
    const refusal = await refusalOf(openMongoStore(optionsFor(uri)));
    expect([refusal.exit, refusal.message]).toEqual([
      EXIT.unavailable,
      expect.stringContaining('MongoDB does not answer at NEXCHAT_MONGODB_URI'),
    ]);
  });

  test.each([
    [18, /user or the password/],
    [13, /Give it the role readWrite/],
  ])('what the server answers with code %d is refused in a sentence', async (code, sentence) => {
    const answer = (): Promise<never> => Promise.reject(serverError(code, 'not for ann:hunter2'));
    const refusal = await refusalOf(refusing(answer));
    expect([refusal.exit, refusal.message]).toEqual([EXIT.permission, expect.stringMatching(sentence)]);
  });

  test('the store mongodb needs an address, and another store does not hold on to one', () => {
    const uri = 'mongodb+srv://ann:hunter2@db.example.org/?replicaSet=rs0';
    expect(parseSettings({ NEXCHAT_STORE: 'mongodb' })).toEqual({
      ok: false,
      error: ['NEXCHAT_MONGODB_URI must be set when NEXCHAT_STORE is mongodb.'],
    });
    expect(parseSettings({ NEXCHAT_STORE: 'mongodb', NEXCHAT_MONGODB_URI: uri })).toMatchObject({
      value: { store: 'mongodb', mongodb: { uri, database: 'nexchat', allowStandalone: false } },
    });
    expect(parseSettings({ NEXCHAT_MONGODB_URI: uri })).toMatchObject({ value: { mongodb: null } });
    expect(parseSettings({ NEXCHAT_MONGODB_URI: 'http://hunter2', NEXCHAT_MONGODB_DB: 'a/b' })).toEqual({
      ok: false,
      error: [
        'NEXCHAT_MONGODB_URI must be an address such as mongodb://user:password@127.0.0.1:27017/?replicaSet=rs0.',
        'NEXCHAT_MONGODB_DB must be a name of letters, digits, dashes and underscores.',
      ],
    });
  });
});

describe.skipIf('none' in found)('mongodb at the start', () => {
  vi.setConfig({ testTimeout: 60_000 });
  let server: MongoServer;
  const [ann, bob] = [accountOf('ann'), accountOf('bob')];
  beforeAll(async () => {
    if (!('none' in found)) server = await startMongo(found.kind);
  });
  afterAll(() => server.stop());

  const inDatabase = async (act: (database: string) => Promise<void>): Promise<void> => {
    const database = server.freshDatabase();
    try {
      await act(database);
    } finally {
      await server.dropDatabase(database);
    }
  };
  const open = (database: string): Promise<Store> => openMongoStore(optionsFor(server.uri, { database }));

  test.skipIf('kind' in found && found.kind !== 'memory')(
    'a single server without a replica set is refused unless that is allowed',
    async () => {
      const refusal = await refusalOf(openMongoStore(optionsFor(server.uri, { allowStandalone: false })));
      expect(refusal.exit).toBe(EXIT.settings);
      expect(refusal.message).toContain('NEXCHAT_MONGODB_ALLOW_STANDALONE=1');
    },
  );

  test('everything is there after closing and opening again, under the same epoch', () =>
    inDatabase(async (database) => {
      const store = await open(database);
      for (const account of [ann, bob]) await store.createAccount(account);
      const write = writeOf(ann.user, message(ann, bob));
      await store.commit(write);
      const [signIn, device] = [signInOf(ann), someDeviceId()];
      await store.startSession(signIn);
      for (const gen of [0, 1, 2]) await store.useDevice(ann.user, device, gen);
      const [epoch, account] = [await store.epoch(), await store.account('ann')];
      const page = await store.read(bob.user, null, PLENTY);
      await store.close();

      const again = await open(database);
      expect(await again.epoch()).toBe(epoch);
      expect(await again.account('ann')).toEqual(account);
      expect(await again.read(bob.user, null, PLENTY)).toEqual(page);
      expect(await again.session(signIn.id)).toEqual(signIn);
      expect(await again.commit(write)).toMatchObject({ kind: 'repeat', result: { n: 1 } });
      expect(await again.useDevice(ann.user, device, 1)).toBe('cloned');
      await again.close();
    }));

  test('servers that start at once on a new database name one history; another database has another', () =>
    inDatabase(async (database) => {
      const other = server.freshDatabase();
      const stores = await Promise.all([database, database, database, other].map(open));
      const epochs = await Promise.all(stores.map((store) => store.epoch()));
      expect(new Set(epochs).size).toBe(2);
      expect(epochs[3]).not.toBe(epochs[0]);
      await Promise.all(stores.map((store) => store.close()));
      await server.dropDatabase(other);
    }));

  test('a database of a newer version is refused untouched', () =>
    inDatabase(async (database) => {
      await (await open(database)).close();
      await withClient(server.uri, (client) =>
        client
          .db(database)
          .collection<{ _id: string }>('meta')
          .updateOne({ _id: { $eq: 'schema' } }, { $set: { value: 9_999 } }),
      );
      const refusal = await refusalOf(open(database));
      expect([refusal.exit, refusal.message]).toEqual([EXIT.data, expect.stringContaining('schema 9999')]);
    }));

  test('a server with these settings keeps its accounts there', () =>
    inDatabase(async (database) => {
      const settings = parseSettings({
        NEXCHAT_STORE: 'mongodb',
        NEXCHAT_MONGODB_URI: server.uri,
        NEXCHAT_MONGODB_DB: database,
        NEXCHAT_MONGODB_ALLOW_STANDALONE: '1',
        NEXCHAT_PORT: '0',
        NEXCHAT_LOG_LEVEL: 'silent',
        NEXCHAT_DATA: await mkdtemp(join(tmpdir(), 'nexchat-mongo-')),
      });
      if (!settings.ok) throw new Error(settings.error.join(' '));
      const config = { ...settings.value, secrets: ephemeralSecrets() };
      const first = await startServer(config, { clientDir: null });
      await first.store.createAccount(ann);
      expect((await fetch(`http://127.0.0.1:${first.port}/healthz`)).ok).toBe(true);
      await first.close();
      const second = await startServer(config, { clientDir: null });
      expect((await second.store.account('ann'))?.user).toBe(ann.user);
      await second.close();
      await rm(settings.value.dataDir, { recursive: true, force: true });
    }));
});
