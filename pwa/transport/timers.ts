import type { Random, Timers } from '#sync/client/ports.ts';

/** The browser's timers, as ports want them. */
export const timers: Timers = {
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** Spreads retries; nothing secret hangs on it. */
export const random: Random = { next: () => Math.random() };
