import { useEffect, useState } from 'preact/hooks';

/** As many as a phone’s screen holds, and little enough to be drawn in one frame of a slow phone. */
const PORTION = 14;

/**
 * How many of `count` rows to draw: at first as many as a screen can hold, which so is there sooner, then more with each
 * frame, until all are drawn.
 */
export function useGrowing(count: number): number {
  const [drawn, setDrawn] = useState(PORTION);
  useEffect(() => {
    if (drawn >= count) return;
    const frame = requestAnimationFrame(() => setDrawn(drawn + PORTION));
    return () => cancelAnimationFrame(frame);
  }, [count, drawn]);
  return drawn;
}
