import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { settled } from './wait.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Reads TypeScript within the process itself: a process of tsx's own would outlive the one that started it. */
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const WITHIN = 30_000;

export interface RunOptions {
  /** Settings; those of the shell that runs the tests are left out. */
  readonly env?: Readonly<Record<string, string>>;
  /** Runs as this user and group. */
  readonly uid?: number;
  /** Put in front of the command, such as a program that limits it. */
  readonly before?: readonly string[];
}

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A source file of ours as a process of its own, in a directory without settings. */
export interface Running {
  readonly child: ChildProcess;
  /** What it printed on standard output so far. */
  out(): string;
  /** Rejects, and kills it, when it takes longer than half a minute. */
  readonly ended: Promise<Ended>;
}

export function startNode(script: string, args: readonly string[], options: RunOptions = {}): Running {
  const { env = {}, uid, before = [] } = options;
  const [command = '', ...rest] = [...before, process.execPath, '--import', TSX, ROOT + script, ...args];
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('NEXCHAT_'));
  const child = spawn(command, rest, {
    cwd: '/',
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid !== undefined && { uid, gid: uid }),
  });
  const printed = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => void (printed.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void (printed.err += chunk.toString()));
  const closed = once(child, 'close') as Promise<[number | null]>;
  const ended = settled(closed, { within: WITHIN, for: `${script} to end` })
    .then(([code]) => ({ code, ...printed }))
    .finally(() => child.kill('SIGKILL'));
  return { child, out: () => printed.out, ended };
}

/** Runs a source file of ours to its end. */
export function runNode(script: string, args: readonly string[], options?: RunOptions): Promise<Ended> {
  return startNode(script, args, options).ended;
}
