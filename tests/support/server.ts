import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';
import type { Island } from './island.ts';
import { settled, until } from './wait.ts';

export interface ServerOptions {
  /** Settings of api/config.ts beside those that a test server has anyway. */
  readonly env?: Readonly<Record<`NEXCHAT_${string}`, string>>;
  /** Origins that pages may have beside the server's own, such as those of a proxy in front. */
  readonly origins?: readonly string[];
  readonly port?: number;
  /** A data directory to use again. Without it a fresh one is made, and removed at the end. */
  readonly dataDir?: string;
  /** A network to run in, which this process then can't reach. */
  readonly island?: Island;
}

/** The built server as a process of its own. */
export interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  /** Of the process that runs, or ran last. */
  pid(): number;
  /** Everything that it printed, over all restarts. */
  logs(): string;
  /** Starts it again on the same port and data, and waits until it is ready. */
  start(): Promise<void>;
  /** Ends it as an operator would (SIGTERM) and gives its exit code. */
  stop(): Promise<number | null>;
  /** Ends it as a crash would. */
  sigkill(): Promise<void>;
  /** Ends it if it runs, and removes its data if they were made for it. */
  close(): Promise<void>;
}

const BUILT = fileURLToPath(new URL('../../dist/server/main.js', import.meta.url));
const READY_MS = 15_000;
const STOP_MS = 15_000;

/** Starts the built server and waits until it is ready. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const port = options.port ?? (await freePort());
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'nexchat-data-')));
  const url = `http://localhost:${port}`;
  const env = {
    ...inherited(),
    NODE_ENV: 'production',
    NEXCHAT_HOST: '127.0.0.1',
    NEXCHAT_PORT: String(port),
    NEXCHAT_DATA: dataDir,
    // Tests sign up many users from one address, one after the other.
    NEXCHAT_BCRYPT_COST: '10',
    NEXCHAT_LIMIT_SCALE: '1000',
    // A test talks to nobody outside.
    NEXCHAT_STUN_URLS: 'none',
    ...(options.origins === undefined ? {} : { NEXCHAT_ORIGINS: [url, ...options.origins].join(',') }),
    ...options.env,
  };
  let child: ChildProcess | null = null;
  let lastPid = 0;
  let output = '';

  const start = async () => {
    if (child !== null) throw new Error('The server runs already.');
    const said = output.length;
    const [command, ...args] = [
      ...(options.island?.enter ?? []),
      process.execPath,
      '--enable-source-maps',
      BUILT,
    ] as const;
    const started = spawn(command ?? process.execPath, args, {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer) => void (output += chunk.toString());
    started.stdout.on('data', keep);
    started.stderr.on('data', keep);
    started.on('error', (error) => void (output += `${error.message}\n`));
    started.once('exit', () => {
      if (child === started) child = null;
    });
    child = started;
    lastPid = started.pid ?? 0;
    try {
      const isUp = async () =>
        options.island ? output.slice(said).includes('NexChat is at') : await isReady(port);
      await until(async () => child === null || (await isUp()), {
        within: READY_MS,
        for: 'the server to be ready',
      });
    } catch (error) {
      started.kill('SIGKILL');
      throw new Error(`The server is not ready after ${READY_MS} ms. It printed:\n${output}`, {
        cause: error,
      });
    }
    if (child === null) throw new Error(`The server ended at its start. It printed:\n${output}`);
  };

  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    const running = child;
    if (running === null) return null;
    const exit = once(running, 'exit') as Promise<[number | null]>;
    running.kill(signal);
    const [code] = await settled(exit, { within: STOP_MS, for: `the server to end after ${signal}` });
    return code;
  };

  await start();
  return {
    url,
    port,
    dataDir,
    pid: () => lastPid,
    logs: () => output,
    start,
    stop: async () => end('SIGTERM'),
    async sigkill() {
      await end('SIGKILL');
    },
    async close() {
      await end('SIGTERM').catch(async () => end('SIGKILL'));
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Settings of the shell that runs the tests are not settings of the server under test. */
function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NEXCHAT_')));
}

async function isReady(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(1000) });
  await response.arrayBuffer();
  return response.ok;
}
