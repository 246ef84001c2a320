/**
 * Virtual time: a queue of things to do, each at its moment. Between two of them everything that was started runs to
 * its end (the shells' promises), so that one seed gives one order of events, whatever the machine does.
 */
export function createWorld() {
  interface Due {
    readonly at: number;
    readonly order: number;
    run: (() => void) | null;
  }
  // A binary heap by (at, order).
  const heap: Due[] = [];
  let now = 1_800_000_000_000;
  let orders = 0;

  const before = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
  function swap(i: number, j: number): void {
    const held = heap[i] as Due;
    heap[i] = heap[j] as Due;
    heap[j] = held;
  }
  function push(due: Due): void {
    let i = heap.push(due) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(due, heap[parent] as Due)) break;
      swap(i, parent);
      i = parent;
    }
  }
  function pop(): Due | undefined {
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || first === last) return first;
    heap[0] = last;
    for (let i = 0; ;) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < heap.length && before(heap[child] as Due, heap[least] as Due)) least = child;
      }
      if (least === i) return first;
      swap(i, least);
      i = least;
    }
  }

  const drain = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  return {
    now: () => now,
    after(ms: number, callback: () => void): () => void {
      const due: Due = { at: now + Math.max(0, Math.floor(ms)), order: orders++, run: callback };
      push(due);
      return () => {
        due.run = null;
      };
    },
    /** Runs until `until` (virtual milliseconds since 1970). Returns how many events there were. */
    async run(until: number): Promise<number> {
      let events = 0;
      await drain();
      for (;;) {
        const due = heap[0];
        if (!due || due.at > until) break;
        pop();
        if (!due.run) continue;
        now = due.at;
        due.run();
        events += 1;
        await drain();
      }
      now = until;
      return events;
    },
  };
}
export type World = ReturnType<typeof createWorld>;
