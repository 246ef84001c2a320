import { type RedisClientType, createClient } from 'redis';

export interface LineDeps {
  readonly url: string;
  readonly channel: string;
  readonly onText: (text: string) => void;
  /** Both ends work, for the first time or again. */
  readonly onOpen: () => void;
  readonly onError: (error: unknown) => void;
}

/** Two connections to Redis: one that speaks, and one that listens, which may do nothing else. */
export interface Line {
  readonly speaker: RedisClientType;
  isOpen(): boolean;
  /** Drops what can't be said now. */
  say(text: string): void;
  /** Says what was begun, for half a second at most, and lets go. */
  close(): Promise<void>;
  /** Lets go at once. */
  drop(): void;
}

/** Commands that wait for an answer; more are refused, so that a Redis that hangs doesn't fill the memory. */
const MOST_COMMANDS = 20_000;
const CONNECT_LIMIT = 5_000;
const CLOSE_LIMIT = 500;

/** Connects again and again until it is let go. */
export function openLine({ url, channel, onText, onOpen, onError }: LineDeps): Line {
  const speaker: RedisClientType = createClient({
    url,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MOST_COMMANDS,
    maintNotifications: 'disabled',
    socket: { reconnectStrategy: backoff, connectTimeout: CONNECT_LIMIT },
  });
  const ear = speaker.duplicate();
  let subscribed = false;
  let dropped = false;

  const isOpen = (): boolean => !dropped && subscribed && speaker.isReady && ear.isReady;
  // What a line says that was let go is of no interest: its last commands are refused, and its attempts end.
  const ignoreOnceDropped = (error: unknown): void => {
    if (!dropped) onError(error);
  };
  for (const client of [speaker, ear]) {
    client.on('error', ignoreOnceDropped);
    client.on('ready', () => void onReady().catch(ignoreOnceDropped));
    client.connect().catch(ignoreOnceDropped);
  }

  /** Each end comes and goes by itself. A subscription outlives reconnections, once it was made. */
  async function onReady(): Promise<void> {
    if (!subscribed && ear.isReady) {
      await ear.subscribe(channel, hear);
      subscribed = true;
    }
    if (isOpen()) onOpen();
  }

  function hear(text: string): void {
    if (!dropped) onText(text);
  }

  function drop(): void {
    dropped = true;
    for (const client of [speaker, ear]) if (client.isOpen) client.destroy();
  }

  return {
    speaker,
    isOpen,
    say(text) {
      if (speaker.isReady) speaker.publish(channel, text).catch(ignoreOnceDropped);
    },
    async close() {
      dropped = true;
      const limit = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_LIMIT).unref());
      if (speaker.isReady) await Promise.race([speaker.close(), limit]);
      drop();
    },
    drop,
  };
}

/** Milliseconds until the next attempt: up to two seconds, and never all nodes at once. */
function backoff(retries: number): number {
  return Math.min(2_000, 50 * 2 ** Math.min(retries, 6)) * (0.5 + Math.random() / 2);
}
