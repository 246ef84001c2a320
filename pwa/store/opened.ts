/** Remembers what was opened last, by the name of the sealed record: the same rows are shown again and again. */
export interface OpenedCache<T> {
  /** Opened once, also for several who ask at a time. */
  get(name: string, open: () => Promise<T>): Promise<T>;
  clear(): void;
}

export function createOpenedCache<T>(limit: number): OpenedCache<T> {
  // In the order of use, oldest first.
  const byName = new Map<string, Promise<T>>();
  return {
    get(name, open) {
      const known = byName.get(name);
      const opened = known ?? open();
      byName.delete(name);
      byName.set(name, opened);
      if (known === undefined) {
        for (const oldest of byName.keys()) {
          if (byName.size <= limit) break;
          byName.delete(oldest);
        }
        // What could not be opened is tried again.
        opened.catch(() => byName.get(name) === opened && byName.delete(name));
      }
      return opened;
    },
    clear: () => byName.clear(),
  };
}
