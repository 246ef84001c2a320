import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { UserId } from '#shared/ids.ts';
import type { Bus, Clock, Timers } from '#sync/server/ports.ts';
import { createSyncServer } from '#sync/server/server.ts';
import { createApp } from './app.ts';
import { createAccessTokens } from './auth/access-token.ts';
import { createPasswords } from './auth/passwords.ts';
import { createRecoveryCodes } from './auth/recovery-codes.ts';
import type { Secrets } from './auth/secrets.ts';
import { createSessions } from './auth/sessions.ts';
import { openBus } from './bus/open.ts';
import type { Settings } from './config.ts';
import { createIceServers } from './ice-servers.ts';
import { createLimits } from './limits.ts';
import { createLog } from './log.ts';
import { startMaintenance } from './maintenance.ts';
import { createMetrics } from './metrics.ts';
import { createOrigins } from './origins.ts';
import { openPush } from './push/open.ts';
import { watchSignIns } from './sign-in-watch.ts';
import { attachSockets } from './socket.ts';
import type { CommitMeter } from './store/commit-meter.ts';
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
  /** Milliseconds between two signs of life to other nodes, instead of those of production. */
  readonly busBeat?: number;
  /** Instead of the one that the settings name. It is not closed with the server. */
  readonly store?: Store;
}

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  readonly store: Store;
  /** Locks an account out, which ends its sign-ins and sockets at once, or lets it in again. False when there is none. */
  suspend(user: UserId, suspended: boolean): Promise<boolean>;
  /**
   * Goes on for as long as the settings say, takes no more connections, says goodbye on every socket, finishes what it
   * began, and closes the store.
   */
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
  const log = options.log ?? createLog(config.logLevel);
  const metrics = createMetrics();
  const {
    bus,
    node,
    redis,
    state: busState,
    close: closeBus,
  } = await openBus({ ...config, beat: options.busBeat }, systemTimers, log);
  const store =
    options.store ??
    (await openStore(config, { meter: metrics.commits, log, bus }).catch(async (error: unknown) => {
      await closeBus();
      throw error;
    }));
  const origins = createOrigins(config.origins);
  const limits = createLimits(config.limitScale, redis ?? undefined);
  const tokens = createAccessTokens({ keys: secrets.jwt, ttl: config.accessTtl, clock });
  const sessions = createSessions({ store, tokens, bus, clock, days: config.sessionDays });
  const { peppers, prelogin } = secrets;
  const passwords = createPasswords({ peppers, prelogin, cost: config.bcryptCost });
  const recoveryCodes = createRecoveryCodes({ peppers });
  const { pusher, offered } = openPush(config, {
    secret: prelogin,
    store,
    clock,
    timers: systemTimers,
    log,
    count: metrics.countPush,
  });
  const served = createSyncServer({
    store,
    bus,
    clock,
    timers: systemTimers,
    node,
    meter: metrics.meter,
    waker: pusher,
    digest: (data) => new Uint8Array(createHash('sha256').update(data).digest()),
    report: (code, error) => log.error({ code, err: error }, 'a synchronisation failed'),
  });
  const { sync, stop: stopWatch } = watchSignIns({
    sync: served,
    store,
    bus,
    clock,
    timers: systemTimers,
    onError: (err) => log.error({ err }, 'sign-ins could not be looked up'),
  });

  const { execute, exchange, online, announce } = sync;
  const { clientDir } = options;
  const proofs = { sessions, passwords, recoveryCodes, limits, origins };
  const doors = { execute, exchange, online, announce };
  let closing: Promise<void> | undefined;
  const draining = (): boolean => closing !== undefined;
  const { metricsToken } = config;
  const watched = { metrics, metricsToken, busState, draining };
  const app = createApp({
    ...proofs,
    ...doors,
    ...watched,
    store,
    clock,
    directory,
    iceServers: createIceServers(config, clock),
    push: offered,
    log,
    proxies,
    clientDir,
  });
  metrics.watch({ counts: sync.counts, busState });
  const answer = app.callback();
  const server = createServer((request, response) => void answer(request, response));
  const gate = { sessions, origins, limiter: limits.socket, proxies, framesPerSecond };
  const sockets = attachSockets(server, { ...gate, sync, clock, log });

  const closeStore = async (): Promise<void> => (options.store ? undefined : store.close());
  let port: number;
  try {
    port = await listen(server, config.port, config.host);
  } catch (error) {
    stopWatch();
    await closeBus();
    await closeStore();
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

  async function close(): Promise<void> {
    await sleep(config.drain * 1_000);
    const closed = once(server, 'close');
    stopMaintenance();
    stopWatch();
    server.close();
    const goodbye = sockets.stop();
    sync.stop();
    await goodbye;
    server.closeIdleConnections();
    const deadline = setTimeout(() => server.closeAllConnections(), 2_000);
    await closed;
    clearTimeout(deadline);
    await pusher?.stop();
    await closeBus();
    await closeStore();
  }

  return {
    url: `http://${shownHost(config.host)}:${port}`,
    port,
    store,
    suspend: sessions.suspend,
    close: () => (closing ??= close()),
  };
}

interface StoreDeps {
  readonly meter: CommitMeter;
  readonly log: Logger;
  readonly bus: Bus;
}

async function openStore({ store, mongodb, dataDir }: ServerConfig, deps: StoreDeps): Promise<Store> {
  const { meter, log, bus } = deps;
  const tag = createTags();
  if (mongodb) {
    // Whoever keeps everything in SQLite does without the driver.
    const { openMongoStore } = await import('./store/mongo/store.ts');
    return openMongoStore({
      ...mongodb,
      tag,
      onError: (err) => log.error({ err }, 'the database will be asked again'),
      onRepaired(users) {
        log.warn({ users: users.size }, 'finished what a server had left unfinished');
        for (const user of users) bus.publish({ kind: 'grew', user });
      },
    });
  }
  if (store === 'memory') return createMemoryStore({ epoch: randomBytes(16).toString('base64url'), tag });
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  return openSqliteStore({ file: join(dataDir, 'nexchat.sqlite'), tag, meter });
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
