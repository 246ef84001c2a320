interface Due {
  readonly at: number;
  readonly order: number;
  run: (() => void) | null;
}

/**
 * Virtual time: a queue of things to do, each at its moment. Between two of them everything that was started runs to
 * its end (the shells' promises), so that one seed gives one order of events, whatever the machine does.
 */
export function createWorld() {
  // A binary heap by (at, order).
  const heap: Due[] = [];
  let now = 1_800_000_000_000;
  let orders = 0;
  let print = 0;

  const before = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

  function push(due: Due): void {
    let at = heap.push(due) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Due;
      if (!before(due, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = due;
  }

  function pop(): void {
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      const right = heap[child + 1];
      if (right && before(right, heap[child] as Due)) child += 1;
      const least = heap[child] as Due;
      if (!before(least, last)) break;
      heap[at] = least;
      at = child;
    }
    heap[at] = last;
  }

  /** The next thing to do up to `until`, taken out of the queue. */
  function take(until: number): Due | undefined {
    for (let due = heap[0]; due && due.at <= until; due = heap[0]) {
      pop();
      if (due.run) return due;
    }
    return undefined;
  }

  return {
    now: () => now,
    /** A digest of when what happened so far. */
    print: () => print >>> 0,

    after(ms: number, callback: () => void): () => void {
      const due: Due = { at: now + Math.max(0, Math.floor(ms)), order: orders++, run: callback };
      push(due);
      return () => {
        due.run = null;
      };
    },

    /**
     * Runs until `until` (virtual milliseconds since 1970), or until `over` says so after something was done. Returns
     * how many events there were.
     */
    run(until: number, over = () => false): Promise<number> {
      return new Promise((resolve, reject) => {
        let events = 0;
        function turn(): void {
          const due = take(until);
          if (!due || over()) {
            now = due ? due.at : until;
            return resolve(events);
          }
          now = due.at;
          print = Math.imul(print ^ (due.at & 0xffff_ffff) ^ due.order, 0x0100_0193);
          events += 1;
          try {
            due.run?.();
          } catch (error) {
            return reject(error instanceof Error ? error : new Error(String(error)));
          }
          settle();
        }
        // The next tick comes when no promise has anything left to do, and costs no turn of the event loop.
        const settle = (): void => queueMicrotask(() => process.nextTick(turn));
        settle();
      });
    },
  };
}
export type World = ReturnType<typeof createWorld>;
