import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Bus, Timers } from '#sync/server/ports.ts';
import { createLocalBus } from './local.ts';
import { type RedisClient, createRedisBus } from './redis.ts';

/** `alone`: there are no other nodes. */
export type BusState = 'alone' | 'connected' | 'disconnected';

/** A node's way to the others. */
export interface OpenBus {
  readonly bus: Bus;
  /** Names this process. */
  readonly node: string;
  /** What all nodes share beside the store; null when there is one node. */
  readonly redis: RedisClient | null;
  state(): BusState;
  close(): Promise<void>;
}

export interface BusConfig {
  /** Milliseconds between two signs of life; those of production when left out. */
  readonly beat?: number | undefined;
  readonly redisUrl: string | null;
  readonly node: string | null;
}

/** How long a start waits for Redis before it goes on without, in ms. */
const PATIENCE = 2_000;

/** The bus that the settings ask for. A Redis that does not answer is no reason not to start. */
export async function openBus(config: BusConfig, timers: Timers, log: Logger): Promise<OpenBus> {
  // Another one after every start: what the others knew of the life before is not true of this one.
  const life = randomBytes(9).toString('base64url');
  const node = config.node === null ? life : `${config.node}.${life}`;
  if (config.redisUrl === null) {
    return { bus: createLocalBus(), node, redis: null, state: () => 'alone', close: async () => {} };
  }
  const bus = createRedisBus({
    url: config.redisUrl,
    node,
    timers,
    beat: config.beat,
    onChange(connected, err) {
      if (connected) log.info({ node }, 'connected to the other nodes');
      else log.warn({ node, err }, 'Redis does not answer: other nodes hear of news with delay');
    },
  });
  await bus.ready(PATIENCE);
  return {
    bus,
    node,
    redis: bus.client,
    state: () => (bus.connected() ? 'connected' : 'disconnected'),
    close: () => bus.close(),
  };
}
