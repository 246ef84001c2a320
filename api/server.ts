import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import type { UserId } from '#shared/ids.ts';
import type { Clock, Timers } from '#sync/server/ports.ts';
import { createSyncServer } from '#sync/server/server.ts';
import { createApp } from './app.ts';
import { createAccessTokens } from './auth/access-token.ts';
import { createPasswords } from './auth/passwords.ts';
import { createRecoveryCodes } from './auth/recovery-codes.ts';
import type { Secrets } from './auth/secrets.ts';
import { createSessions } from './auth/sessions.ts';
import { createLocalBus } from './bus/local.ts';
import type { Settings } from './config.ts';
import { createLimits } from './limits.ts';
import { startMaintenance } from './maintenance.ts';
import { createOrigins } from './origins.ts';
import { attachSockets } from './socket.ts';
import { createMemoryStore } from './store/memory/store.ts';
import type { Store } from './store/ports.ts';
import { openSqliteStore } from './store/sqlite/store.ts';
import { createTags } from './store/tags.ts';

/** What a running server is made of: the settings without their secrets' sources, and the secrets themselves. */
export type ServerConfig = Omit<Settings, 'jwtKeys' | 'peppers' | 'preloginKey'> & {
  readonly secrets: Secrets;
};

export interface ServerOptions {
  /** Where the built app lies; null serves the API alone. */
  readonly clientDir: string | null;
  /** Instead of the system's clock. */
  readonly clock?: Clock;
  readonly log?: Logger;
}

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  readonly store: Store;
  /** Locks an account out, which ends its sign-ins and sockets at once, or lets it in again. False when there is none. */
  suspend(user: UserId, suspended: boolean): Promise<boolean>;
  /** Takes no more connections, says goodbye on every socket, finishes what it began, and closes the store. */
  close(): Promise<void>;
}

/** None of them keeps the process alive: the open door does. */
const systemTimers: Timers = {
  after(ms, callback) {
    const timer = setTimeout(callback, ms).unref();
    return () => clearTimeout(timer);
  },
};

/** Builds the real parts, connects them and listens. Rejects when the address can't be had. */
export async function startServer(config: ServerConfig, options: ServerOptions): Promise<RunningServer> {
  const { secrets, directory, proxies, framesPerSecond } = config;
  const clock = options.clock ?? { now: Date.now };
  const log = options.log ?? pino({ level: config.logLevel });
  const store = openStore(config);
  const bus = createLocalBus();
  const origins = createOrigins(config.origins);
  const limits = createLimits(config.limitScale);
  const tokens = createAccessTokens({ keys: secrets.jwt, ttl: config.accessTtl, clock });
  const sessions = createSessions({ store, tokens, bus, clock, days: config.sessionDays });
  const { peppers, prelogin } = secrets;
  const passwords = createPasswords({ peppers, prelogin, cost: config.bcryptCost });
  const recoveryCodes = createRecoveryCodes({ peppers });
  const sync = createSyncServer({
    store,
    bus,
    clock,
    timers: systemTimers,
    digest: (data) => new Uint8Array(createHash('sha256').update(data).digest()),
    report: (code, error) => log.error({ code, err: error }, 'a synchronisation failed'),
  });

  const { execute, exchange, online, announce } = sync;
  const { clientDir } = options;
  const proofs = { sessions, passwords, recoveryCodes, limits, origins };
  const doors = { execute, exchange, online, announce };
  const app = createApp({ ...proofs, ...doors, store, clock, directory, log, proxies, clientDir });
  const answer = app.callback();
  const server = createServer((request, response) => void answer(request, response));
  const gate = { sessions, origins, limiter: limits.socket, proxies, framesPerSecond };
  const sockets = attachSockets(server, { ...gate, sync, clock, log });

  let port: number;
  try {
    port = await listen(server, config.port, config.host);
  } catch (error) {
    await store.close();
    throw error;
  }
  origins.bind(port);
  const stopMaintenance = startMaintenance({
    store,
    timers: systemTimers,
    keep: config.logKeep,
    onRound: (forgotten) => log.debug({ forgotten }, 'logs were truncated'),
    onError: (err) => log.error({ err }, 'logs could not be truncated'),
  });
  let closing: Promise<void> | undefined;

  async function close(): Promise<void> {
    const closed = once(server, 'close');
    stopMaintenance();
    server.close();
    const goodbye = sockets.stop();
    sync.stop();
    await goodbye;
    server.closeIdleConnections();
    const deadline = setTimeout(() => server.closeAllConnections(), 2_000);
    await closed;
    clearTimeout(deadline);
    await store.close();
  }

  return {
    url: `http://${shownHost(config.host)}:${port}`,
    port,
    store,
    suspend: sessions.suspend,
    close: () => (closing ??= close()),
  };
}

function openStore({ store, dataDir }: ServerConfig): Store {
  const tag = createTags();
  if (store === 'memory') return createMemoryStore({ epoch: randomBytes(16).toString('base64url'), tag });
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  return openSqliteStore({ file: join(dataDir, 'nexchat.sqlite'), tag });
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Browsers treat localhost as secure, whichever loopback address we listen on. */
function shownHost(host: string): string {
  return ['127.0.0.1', '0.0.0.0', '::', '::1'].includes(host) ? 'localhost' : host;
}
