import type { RedisClientType } from 'redis';
import type { Bus, BusEvent, Timers } from '#sync/server/ports.ts';
import { decodeFrame, encodeFrame } from './frame.ts';
import { createPeers } from './peers.ts';
import { type Line, openLine } from './redis-line.ts';

export interface RedisBusDeps {
  /** redis[s]://[[user]:password@]host[:port][/database] */
  readonly url: string;
  /** Names this process among the others; see PeersDeps. */
  readonly node: string;
  readonly timers: Timers;
  /** Told when the way to the others opens or breaks; `error` says why, when somebody knows. */
  readonly onChange: (connected: boolean, error?: unknown) => void;
  /** Milliseconds between two signs of life. */
  readonly beat?: number | undefined;
}

/** The bus of several nodes, over Redis' publish and subscribe. Nothing is kept there. */
export interface RedisBus extends Bus {
  /** For what else is shared between nodes. Its commands fail at once while Redis can't be reached. */
  readonly client: RedisClient;
  /** Whether this node hears what is said on the bus, as it hears itself. */
  connected(): boolean;
  /** Resolves when it is connected, or after so many milliseconds without. */
  ready(ms: number): Promise<void>;
  close(): Promise<void>;
}
export type RedisClient = Pick<RedisClientType, 'isReady' | 'eval' | 'multi' | 'del'>;

const BEAT = 5_000;
/** Without hearing itself for so many beats a connection counts as dead, whatever the system says of it. */
const DEAF_BEATS = 3;

/**
 * Subscribers of this node hear its events at once, with or without Redis. While Redis can't be reached the others
 * hear nothing: heartbeats and reconnections find what they missed, and everybody catches up when it is back.
 */
export function createRedisBus({ url, node, timers, onChange, beat = BEAT }: RedisBusDeps): RedisBus {
  // Redis doesn't keep the channels of its databases apart.
  const channel = `nexchat:${new URL(url).pathname.slice(1) || '0'}`;
  const listeners = new Set<(event: BusEvent) => void>();
  const onceConnected = new Set<() => void>();
  let connected = false;
  let deafBeats = 0;
  let lastError: unknown;

  const deliver = (event: BusEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const peers = createPeers({
    node,
    timers,
    beat,
    deliver,
    // Who should have heard what is dropped notices by its number.
    send: (frame) => line.say(encodeFrame(frame)),
  });
  let line = open();
  let cancelWatch = timers.after(beat, watch);

  function open(): Line {
    return openLine({ url, channel, onText, onOpen: () => peers.greet(), onError: onBreak });
  }

  function onText(text: string): void {
    const frame = decodeFrame(text);
    if (!frame) return;
    if (frame.node === node) onEcho();
    else peers.hear(frame);
  }

  function onEcho(): void {
    deafBeats = 0;
    if (connected) return;
    connected = true;
    onChange(true);
    for (const tell of onceConnected) tell();
  }

  function onBreak(error: unknown): void {
    lastError = error;
    if (!connected) return;
    connected = false;
    onChange(false, error);
  }

  function watch(): void {
    deafBeats += 1;
    if (deafBeats >= DEAF_BEATS && line.isOpen()) {
      deafBeats = 0;
      onBreak(new Error('Redis does not answer'));
      line.drop();
      line = open();
    }
    cancelWatch = timers.after(beat, watch);
  }

  return {
    client: {
      get isReady() {
        return line.speaker.isReady;
      },
      eval: (script, options) => line.speaker.eval(script, options),
      multi: () => line.speaker.multi(),
      del: (keys) => line.speaker.del(keys),
    },
    connected: () => connected,

    publish(event) {
      deliver(event);
      peers.publish(event);
    },

    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },

    ready(ms) {
      return new Promise((resolve) => {
        if (connected) return resolve();
        const timer = setTimeout(finish, ms);
        onceConnected.add(finish);
        function finish(): void {
          clearTimeout(timer);
          onceConnected.delete(finish);
          if (!connected) onChange(false, lastError);
          resolve();
        }
      });
    },

    async close() {
      cancelWatch();
      peers.stop();
      await line.close();
    },
  };
}
