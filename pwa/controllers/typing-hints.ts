import type { UserId } from '#shared/ids.ts';
import type { Timers } from '#sync/client/ports.ts';

/** Turns key presses into "is typing" hints: one at most every 3 s, and one that it ended. */
export interface TypingHints {
  key(to: UserId): void;
  stop(): void;
}

interface TypingDeps {
  readonly say: (to: UserId, on: boolean) => void;
  readonly timers: Timers;
  /** Milliseconds, from any start. */
  readonly now: () => number;
}

const EVERY_MS = 3_000;
const IDLE_MS = 4_000;

export function createTypingHints({ say, timers, now }: TypingDeps): TypingHints {
  let hinted: { readonly to: UserId; readonly at: number } | null = null;
  let cancelIdle = () => {};

  function stop(): void {
    cancelIdle();
    if (hinted !== null) say(hinted.to, false);
    hinted = null;
  }

  return {
    key(to) {
      if (hinted !== null && hinted.to !== to) stop();
      if (hinted === null || now() - hinted.at >= EVERY_MS) {
        say(to, true);
        hinted = { to, at: now() };
      }
      cancelIdle();
      cancelIdle = timers.after(IDLE_MS, stop);
    },
    stop,
  };
}
