/** Keeps the screen on while there is something to see (W3C Screen Wake Lock). Returns a function that ends it. */
export function keepAwake(note: (what: string, error: unknown) => void): () => void {
  if (!('wakeLock' in navigator)) return () => {};
  let held: WakeLockSentinel | null = null;
  let over = false;

  /** The browser lets go of it whenever the page is hidden. */
  function hold(): void {
    if (over || document.visibilityState === 'hidden') return;
    navigator.wakeLock
      .request('screen')
      .then((lock) => {
        if (over) return lock.release();
        held = lock;
      })
      // A battery that is nearly empty comes first.
      .catch((error: unknown) => note('the screen may go dark', error));
  }

  document.addEventListener('visibilitychange', hold);
  hold();
  return () => {
    over = true;
    document.removeEventListener('visibilitychange', hold);
    held?.release().catch((error: unknown) => note('the screen stays on', error));
  };
}
