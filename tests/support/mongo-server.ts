import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { freePort } from './free-port.ts';
import { settled, until } from './wait.ts';

/** A MongoDB, or what speaks its language, for the time of a test file. */
export interface MongoServer {
  readonly uri: string;
  /** Which one it is, for people. */
  readonly name: string;
  /** False for the one in memory: it is slow, and lacks what the store does not use. */
  readonly real: boolean;
  /** The name of a database that nobody has used. */
  freshDatabase(): string;
  dropDatabase(name: string): Promise<void>;
  stop(): Promise<void>;
}

const IN_MEMORY = fileURLToPath(
  new URL('../../node_modules/@jongodb/memory-server-bin-linux-x64-gnu/bin/jongodb', import.meta.url),
);
const START_MS = 20_000;

/** Which server there is: one that is named, one on the path, one in memory, or null with the reason. */
export function findMongo(): { readonly kind: 'named' | 'path' | 'memory' } | { readonly none: string } {
  if (process.env.MONGODB_URI) return { kind: 'named' };
  if (spawnSync('mongod', ['--version']).status === 0) return { kind: 'path' };
  if (existsSync(IN_MEMORY)) return { kind: 'memory' };
  return { none: 'no MONGODB_URI, no mongod on the path, and no server in memory for this machine' };
}

export async function startMongo(kind: 'named' | 'path' | 'memory'): Promise<MongoServer> {
  if (kind === 'named') return serverAt(process.env.MONGODB_URI ?? '', 'MONGODB_URI', true, async () => {});
  const port = await freePort();
  const uri = `mongodb://127.0.0.1:${port}/?directConnection=true`;
  if (kind === 'memory') {
    const child = spawn(IN_MEMORY, [`--port=${port}`], { stdio: 'ignore' });
    return serverAt(uri, 'the server in memory (@jongodb)', false, () => end(child));
  }
  const dir = await mkdtemp(join(tmpdir(), 'nexchat-mongod-'));
  const child = spawn(
    'mongod',
    ['--dbpath', dir, '--port', String(port), '--bind_ip', '127.0.0.1', '--replSet', 'rs0'],
    { stdio: 'ignore' },
  );
  const stop = async (): Promise<void> => {
    await end(child);
    await rm(dir, { recursive: true, force: true });
  };
  const server = await serverAt(uri, 'mongod on the path, a replica set of one', true, stop);
  await withClient(uri, async (client) => {
    const members = [{ _id: 0, host: `127.0.0.1:${port}` }];
    await client.db('admin').command({ replSetInitiate: { _id: 'rs0', members } });
    await until(async () => (await client.db('admin').command({ hello: 1 })).isWritablePrimary === true, {
      within: START_MS,
      for: 'a primary',
    });
  });
  return server;
}

async function serverAt(
  uri: string,
  name: string,
  real: boolean,
  stop: () => Promise<void>,
): Promise<MongoServer> {
  try {
    await until(() => withClient(uri, async (client) => client.db('admin').command({ ping: 1 })), {
      within: START_MS,
      for: 'MongoDB to answer',
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    uri,
    name,
    real,
    freshDatabase: () => `nexchat-test-${randomBytes(6).toString('hex')}`,
    async dropDatabase(database) {
      if (real) await withClient(uri, (client) => client.db(database).dropDatabase());
    },
    stop,
  };
}

export async function withClient<T>(uri: string, act: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 2_000 });
  try {
    return await act(client);
  } finally {
    await client.close();
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await settled(exit, { within: 10_000, for: 'MongoDB to end' });
}
