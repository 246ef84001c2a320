import type { Timers } from '#sync/client/ports.ts';

/** Notices that nobody has used the app for some time, in any tab. */
export interface Idle {
  /** Begins anew, as if somebody had just used it. */
  start(minutes: number): void;
  /** Somebody uses another tab. */
  heard(): void;
  stop(): void;
}

interface IdleDeps {
  readonly timers: Timers;
  /** Milliseconds since 1970: unlike the time of a page, it goes on while the device sleeps. */
  readonly now: () => number;
  /** Where people point, type and come back. */
  readonly page: EventTarget;
  /** Called now and then while somebody uses this tab. */
  readonly used: () => void;
  readonly idle: () => void;
}

const TELL_EVERY_MS = 5_000;
const INPUTS = ['pointerdown', 'pointermove', 'keydown', 'wheel'] as const;
/** A page that slept has missed its timers. */
const RETURNS = ['visibilitychange', 'focus', 'pageshow'] as const;

export function createIdle({ timers, now, page, used, idle }: IdleDeps): Idle {
  let limit = 0;
  let last = 0;
  let told = 0;
  let cancel = () => {};
  let listening = new AbortController();

  /** False when it was idle for too long: what a person does next is no use any more, or a thief could keep it open. */
  function check(): boolean {
    cancel();
    const rest = last + limit - now();
    if (rest > 0) {
      cancel = timers.after(rest, check);
      return true;
    }
    stop();
    idle();
    return false;
  }

  function heard(): void {
    if (limit > 0 && now() - last < limit) last = now();
  }

  function input(): void {
    if (now() - last >= limit) return void check();
    last = now();
    if (last - told < TELL_EVERY_MS) return;
    told = last;
    used();
  }

  function stop(): void {
    cancel();
    listening.abort();
    limit = 0;
  }

  return {
    start(minutes) {
      stop();
      limit = minutes * 60_000;
      last = now();
      listening = new AbortController();
      const options = { signal: listening.signal, passive: true, capture: true };
      for (const name of INPUTS) page.addEventListener(name, input, options);
      for (const name of RETURNS) page.addEventListener(name, check, options);
      check();
    },
    heard,
    stop,
  };
}
