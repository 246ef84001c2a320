/** Remembers what was opened last, by the name of the sealed record: the same rows are shown again and again. */
export interface OpenedCache<T> {
  get(name: string, open: () => Promise<T>): Promise<T>;
  clear(): void;
}

export function createOpenedCache<T>(limit: number): OpenedCache<T> {
  // In the order of use, oldest first.
  const byName = new Map<string, T>();
  return {
    async get(name, open) {
      const known = byName.get(name);
      const value = known ?? (await open());
      byName.delete(name);
      byName.set(name, value);
      for (const oldest of byName.keys()) {
        if (byName.size <= limit) break;
        byName.delete(oldest);
      }
      return value;
    },
    clear: () => byName.clear(),
  };
}
