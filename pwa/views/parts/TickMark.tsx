import { useRef } from 'preact/hooks';
import type { Tick } from '../../models/timeline.ts';
import { say } from '../strings.ts';

const SHAPES: Record<Tick, string> = {
  // Nothing is claimed of what is not stored, and its place is kept.
  writing: '',
  queued: 'M11 1.25a4.75 4.75 0 1 0 0 9.5a4.75 4.75 0 0 0 0-9.5M11 3.5V6l1.75 1.25',
  sent: 'm7 6.5 2.75 2.75 5.75-6.5',
  delivered: 'm2 6.5 2.75 2.75 5.75-6.5M9.6 9.25l6.15-6.5',
  seen: 'm1.75 6.5 2.75 2.75 5.5-6.5M9.75 9.25l6-6.5',
  failed: 'M11 1.25a4.75 4.75 0 1 0 0 9.5a4.75 4.75 0 0 0 0-9.5M11 3.5v3M11 8.4v.1',
};

/** Nothing, clock, ✓, ✓✓, heavy blue ✓✓, or ! in a circle. All take the same room, so that nothing moves when one follows another. */
export function TickMark({ tick }: { tick: Tick }) {
  const pops = useJustSeen(tick);
  return drawTick(tick, pops, say.conversation.tick[tick]);
}

/** The same, where it has no `label` because what it stands in says it. */
export function drawTick(tick: Tick, pops: boolean, label?: string) {
  return (
    <svg
      class="tick"
      data-tick={tick}
      data-pops={pops || undefined}
      viewBox="0 0 18 12"
      role={label === undefined ? undefined : 'img'}
      aria-label={label}
    >
      <path d={SHAPES[tick]} />
    </svg>
  );
}

/** True from the moment that a message on the screen is seen; not for one that is drawn as seen from the start. */
export function useJustSeen(tick: Tick | null): boolean {
  const known = useRef({ tick, just: false });
  if (known.current.tick !== tick) known.current = { tick, just: tick === 'seen' };
  return known.current.just;
}
