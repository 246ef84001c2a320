/** How the server's process stands, as it tells by itself when asked. */
export interface Sample {
  /** Bytes: of the whole process, of the heap right after garbage was collected, and of buffers outside of it. */
  readonly rss: number;
  readonly heap: number;
  readonly external: number;
  /** What keeps the process alive (sockets, timers, requests under way), by type. */
  readonly resources: Readonly<Record<string, number>>;
  /** How late the event loop was since the last sample, in ms: the 99th percentile. */
  readonly lag: number;
}

/** Begins the line that holds a sample in what the server prints. */
export const SAMPLE_MARK = 'soak-sample ';

/** Asks for a sample. Of the signals that are free for use, SIGUSR2 stops the server and SIGUSR1 opens Node's debugger. */
export const SAMPLE_SIGNAL = 'SIGURG';
