import { useRef } from 'preact/hooks';
import type { Tick } from '../../models/timeline.ts';
import { say } from '../strings.ts';

const SHAPES: Record<Tick, string[]> = {
  // Nothing is claimed of what is not stored, and its place is kept.
  writing: [],
  queued: ['M11 1.25a4.75 4.75 0 1 0 0 9.5a4.75 4.75 0 0 0 0-9.5', 'M11 3.5V6l1.75 1.25'],
  sent: ['m7 6.5 2.75 2.75 5.75-6.5'],
  delivered: ['m2 6.5 2.75 2.75 5.75-6.5', 'm9.6 9.25 6.15-6.5'],
  seen: ['m1.75 6.5 2.75 2.75 5.5-6.5', 'm9.75 9.25 6-6.5'],
  failed: ['M11 1.25a4.75 4.75 0 1 0 0 9.5a4.75 4.75 0 0 0 0-9.5', 'M11 3.5v3', 'M11 8.4v.1'],
};

/** Nothing, clock, ✓, ✓✓, heavy blue ✓✓, or ! in a circle. All take the same room, so that nothing moves when one follows another. */
export function TickMark(props: { tick: Tick }) {
  const pops = useJustSeen(props.tick);
  return (
    <svg
      class="tick"
      data-tick={props.tick}
      data-pops={pops}
      viewBox="0 0 18 12"
      role="img"
      aria-label={say.conversation.tick[props.tick]}
    >
      {SHAPES[props.tick].map((path) => (
        <path key={path} d={path} />
      ))}
    </svg>
  );
}

/** True from the moment that a message on the screen is seen; not for one that is drawn as seen from the start. */
function useJustSeen(tick: Tick): boolean {
  const before = useRef(tick);
  const just = useRef(false);
  if (before.current !== tick) {
    just.current = tick === 'seen';
    before.current = tick;
  }
  return just.current;
}
