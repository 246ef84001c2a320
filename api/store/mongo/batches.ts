/** Something to do, and whom to tell. Told once; what comes later is not heard. */
export interface Job<Item, Result> {
  readonly item: Item;
  resolve(result: Result | PromiseLike<Result>): void;
  reject(error: unknown): void;
}

export interface Batches<Key, Item, Result> {
  /** Joins what waits under `key`, in the order of the calls. */
  add(key: Key, item: Item): Promise<Result>;
  /** Resolves when nothing waits or runs. */
  idle(): Promise<void>;
}

/**
 * One run at a time for each key: what is added meanwhile waits, and goes together into the next, at most `max` at once.
 * `run` tells each job what came of it; those that it leaves untold are told its error.
 */
export function createBatches<Key, Item, Result>(
  run: (key: Key, jobs: readonly Job<Item, Result>[]) => Promise<void>,
  max: number,
): Batches<Key, Item, Result> {
  const waitingByKey = new Map<Key, Job<Item, Result>[]>();
  let whenIdle: (() => void)[] = [];

  async function drain(key: Key, waiting: Job<Item, Result>[]): Promise<void> {
    // Whatever is added in this turn of the event loop goes along.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const jobs = waiting.splice(0, max);
      const end = await run(key, jobs).then(
        () => new Error('a batch ended without telling what came of it'),
        (error: unknown) => error,
      );
      for (const job of jobs) job.reject(end);
    }
    waitingByKey.delete(key);
    if (waitingByKey.size > 0) return;
    for (const tell of whenIdle) tell();
    whenIdle = [];
  }

  return {
    add(key, item) {
      return new Promise((resolve, reject) => {
        const job = { item, resolve, reject };
        const waiting = waitingByKey.get(key);
        if (waiting) return void waiting.push(job);
        const first = [job];
        waitingByKey.set(key, first);
        void drain(key, first);
      });
    },
    async idle() {
      if (waitingByKey.size > 0) await new Promise<void>((resolve) => whenIdle.push(resolve));
    },
  };
}
