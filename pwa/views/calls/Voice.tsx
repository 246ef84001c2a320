import { useRef } from 'preact/hooks';
import { hueOf } from '../format.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { useLevel } from './use-level.ts';

/** Somebody who is heard and not seen: their initials, in a ring that swells when they speak. */
export function Voice(props: { name: string; stream: MediaStream | null; waiting: boolean }) {
  const ring = useRef<HTMLDivElement>(null);
  useLevel(ring, props.stream);
  return (
    <div class="call-voice">
      <div ref={ring} class="call-ring" data-hue={hueOf(props.name)} data-waiting={props.waiting}>
        <Avatar name={props.name} />
      </div>
    </div>
  );
}
