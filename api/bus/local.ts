import type { Bus, BusEvent } from '#sync/server/ports.ts';

/** The bus of a single process: every subscriber hears every event, in order, in the turn it is published. */
export function createLocalBus(): Bus {
  const listeners = new Set<(event: BusEvent) => void>();
  return {
    publish(event) {
      for (const listener of listeners) listener(event);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
