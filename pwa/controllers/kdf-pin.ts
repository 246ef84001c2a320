import type { Kdf } from '#shared/schema/http.ts';

/**
 * The strongest password settings that the account of this device was seen with: a server that asks for weaker ones
 * later is refused. Forgotten at log-out, with everything else of the person.
 */
const PIN = 'nexchat-kdf-iterations';

export function pinnedIterations(): number {
  const stored = Number(localStorage.getItem(PIN));
  return Number.isSafeInteger(stored) ? stored : 0;
}

export function pinIterations({ iterations }: Kdf): void {
  localStorage.setItem(PIN, String(Math.max(iterations, pinnedIterations())));
}

export function forgetIterations(): void {
  localStorage.removeItem(PIN);
}
