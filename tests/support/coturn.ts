import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Island } from './island.ts';
import { until } from './wait.ts';

const run = promisify(execFile);
const PROGRAM = ['/usr/bin/turnserver', '/usr/local/bin/turnserver'].find((path) => existsSync(path));
const CONFIG = fileURLToPath(new URL('../../deploy/coturn/turnserver.conf', import.meta.url));

/** Why tests with a relay are skipped here; undefined when they run. */
export const noCoturn = PROGRAM === undefined ? 'coturn is not installed' : undefined;

/** A relay as it is deployed, on an island. */
export interface Coturn {
  /** For NEXCHAT_TURN_URLS. */
  readonly url: string;
  /** What it relays from: an address of the world, as it refuses all others. */
  readonly address: string;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const ADDRESS = '8.8.4.4';

export async function startCoturn(island: Island, secret: string): Promise<Coturn> {
  if (PROGRAM === undefined) throw new Error(noCoturn);
  const [command, ...before] = island.enter;
  const inside = (...args: string[]) => run(command, [...before, ...args], { timeout: 5_000 });
  await inside('ip', 'address', 'add', `${ADDRESS}/32`, 'dev', 'lo');
  const dir = await mkdtemp(join(tmpdir(), 'nexchat-turn-'));
  const options = [
    ['-c', CONFIG],
    ['--realm=test', `--static-auth-secret=${secret}`],
    [`--listening-ip=${HOST}`, `--relay-ip=${ADDRESS}`, '--no-tls', '--no-dtls'],
    [`--log-file=${join(dir, 'log')}`, `--pidfile=${join(dir, 'pid')}`, `--userdb=${join(dir, 'db')}`],
  ].flat();
  const relay = spawn(command, [...before, PROGRAM, ...options], { stdio: 'ignore' });
  const close = async () => {
    await end(relay);
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const answers = () => inside('turnutils_stunclient', HOST).then(() => true);
    await until(answers, { within: 10_000, every: 100, for: 'the relay to answer' });
  } catch (error) {
    await close();
    throw error;
  }
  return { url: `turn:${HOST}:3478?transport=udp`, address: ADDRESS, close };
}

async function end(relay: ChildProcess): Promise<void> {
  if (relay.exitCode !== null || relay.signalCode !== null) return;
  const exit = once(relay, 'exit');
  relay.kill('SIGKILL');
  await exit;
}
