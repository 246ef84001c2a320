import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Logger, createLogger, createServer } from 'vite';

/**
 * `npm run dev`: the app at one address, with hot reload of pages (Vite) and restart of the server (tsx). The server
 * is a process of its own behind Vite, so that a change of it does not reload the page: the app reconnects, as it
 * does in life. Data lie in data/dev; `npm run dev -- --fresh` begins anew.
 */
const root = fileURLToPath(new URL('../..', import.meta.url));
const tsx = `${root}node_modules/.bin/tsx`;
const port = Number(process.env['NEXCHAT_PORT'] ?? 3000);
const url = `http://localhost:${port}`;
const data = `${root}data/dev`;
const children = new Set<ChildProcess>();

if (process.argv.includes('--fresh')) await rm(data, { recursive: true, force: true });

const apiPort = await freePort();
const api = run([tsx, 'watch', '--clear-screen=false', 'api/main.ts'], {
  NEXCHAT_HOST: '127.0.0.1',
  NEXCHAT_PORT: String(apiPort),
  NEXCHAT_DATA: data,
  NEXCHAT_ORIGINS: url,
  NEXCHAT_LOG_LEVEL: process.env['NEXCHAT_LOG_LEVEL'] ?? 'warn',
  // Seeding writes faster than people do.
  NEXCHAT_LIMIT_SCALE: '1000',
  NEXCHAT_FRAMES_PER_SECOND: '100000',
});
api.once('exit', (code) => void stop(code ?? 1));
if (api.stdout !== null) {
  // Its own address is an inner one, and of no use to a person.
  const lines = createInterface({ input: api.stdout });
  lines.on('line', (line) => line.startsWith('NexChat is at') || console.log(line));
}

const vite = await createServer({
  configFile: `${root}vite.config.ts`,
  customLogger: quietWhileRestarting(),
  server: {
    host: 'localhost',
    port,
    strictPort: true,
    // Vite takes only upgrades that ask for its own protocol; /api/socket goes on to the server.
    proxy: { '^/(api|healthz)(/|$)': { target: `http://127.0.0.1:${apiPort}`, ws: true } },
  },
});
await vite.listen();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(0));

await ready();
console.log(`\nNexChat is at ${url}`);
console.log('Seeding alice and bob with 10,000 messages…');
await once(run([tsx, 'tests/support/seed.ts', url], null), 'exit');
console.log('Ready. Sign in as alice or bob; both have the password "correct horse battery".');
// It waits on a device, where no server can put it.
console.log('For a message that waits, choose "Offline" in the network panel of DevTools, and write.\n');

function run([command = '', ...args]: readonly string[], env: NodeJS.ProcessEnv | null): ChildProcess {
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', env === null ? 'inherit' : 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** Vite's own log, without a stack for each request that meets no server: a restart refuses them all for a moment. */
function quietWhileRestarting(): Logger {
  const logger = createLogger();
  const { error } = logger;
  return Object.assign(logger, {
    error(...[message, options]: Parameters<Logger['error']>) {
      const cause = options?.error;
      if (!(cause && 'code' in cause && cause.code === 'ECONNREFUSED')) error(message, options);
    },
  });
}

async function stop(code: number): Promise<void> {
  for (const child of children) child.kill('SIGTERM');
  await vite.close();
  process.exit(code);
}

/** Resolves when the server answers. Asked directly, as Vite would report every attempt that comes too early. */
async function ready(): Promise<void> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline;) {
    const answer = await fetch(`http://127.0.0.1:${apiPort}/healthz`).catch(() => null);
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('The server does not answer.');
}

async function freePort(): Promise<number> {
  const probe = createTcpServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port: free } = probe.address() as AddressInfo;
  probe.close();
  return free;
}
