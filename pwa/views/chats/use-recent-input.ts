import { useEffect, useRef } from 'preact/hooks';

/** For how long after an input somebody is taken to be there still, in milliseconds. */
const THERE = 60_000;

/** What only people cause. `scroll` isn't among it: what comes in scrolls, too. */
const INPUTS = ['pointerdown', 'pointermove', 'keydown', 'input', 'wheel', 'touchmove'] as const;
const LISTENING = { capture: true, passive: true } as const;

/**
 * Tells whether somebody used this window within the last minute. Opening what asks counts, and so does coming back to
 * the window. `onInput` is called at each input, and finds it counted.
 */
export function useRecentInput(onInput: () => void): () => boolean {
  const last = useRef(Date.now());
  const latest = useRef(onInput);
  latest.current = onInput;

  useEffect(() => {
    const came = () => {
      last.current = Date.now();
      latest.current();
    };
    const onVisibility = () => {
      if (document.visibilityState === 'visible') came();
    };
    for (const input of INPUTS) window.addEventListener(input, came, LISTENING);
    window.addEventListener('focus', came);
    document.addEventListener('visibilitychange', onVisibility);
    return () => {
      for (const input of INPUTS) window.removeEventListener(input, came, LISTENING);
      window.removeEventListener('focus', came);
      document.removeEventListener('visibilitychange', onVisibility);
    };
  }, []);

  return () => Date.now() - last.current < THERE;
}
