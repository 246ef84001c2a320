import { signal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { isCalm } from '../is-calm.ts';
import { sayCalls } from '../strings/calls.ts';
import { Picture } from './Picture.tsx';

interface Corner {
  readonly block: 'start' | 'end';
  readonly inline: 'start' | 'end';
}

/** Kept while the call is minimised, and for the next one. */
const corner = signal<Corner>({ block: 'end', inline: 'end' });

/** Further than this a press is a drag, in pixels. */
const SLOP = 6;

/** The person's own picture in a corner of the screen: dragged there, sent with an arrow key, or by a press. */
export function SelfView(props: { stream: MediaStream }) {
  const button = useRef<HTMLButtonElement>(null);
  const grip = useRef<{ x: number; y: number; moved: boolean } | null>(null);
  const dragged = useRef(false);

  const goTo = (next: Corner) => {
    const element = button.current;
    const before = element?.getBoundingClientRect();
    element?.style.removeProperty('translate');
    corner.value = next;
    if (!element || !before) return;
    // Drawn in its new place by then: it glides there from the old one.
    requestAnimationFrame(() => glide(element, before));
  };

  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0) return;
    dragged.current = false;
    grip.current = { x: event.clientX, y: event.clientY, moved: false };
    button.current?.setPointerCapture(event.pointerId);
  };
  const onPointerMove = (event: PointerEvent) => {
    const held = grip.current;
    if (held === null) return;
    const [x, y] = [event.clientX - held.x, event.clientY - held.y];
    held.moved ||= Math.hypot(x, y) > SLOP;
    if (held.moved) button.current?.style.setProperty('translate', `${x}px ${y}px`);
  };
  const onPointerUp = () => {
    const element = button.current;
    dragged.current = grip.current?.moved ?? false;
    grip.current = null;
    if (dragged.current && element !== null) goTo(nearest(element));
  };

  return (
    <button
      ref={button}
      type="button"
      class="self-view"
      data-block={corner.value.block}
      data-inline={corner.value.inline}
      aria-label={sayCalls.ownPicture}
      aria-keyshortcuts="ArrowUp ArrowDown ArrowLeft ArrowRight"
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerCancel={onPointerUp}
      onKeyDown={(event) => {
        const next = towards(event.key, corner.value, event.currentTarget);
        if (next === null) return;
        event.preventDefault();
        goTo(next);
      }}
      onClick={() => {
        if (!dragged.current) goTo(after(corner.value));
        dragged.current = false;
      }}
    >
      <Picture stream={props.stream} own />
    </button>
  );
}

const isRtl = (element: Element) => getComputedStyle(element).direction === 'rtl';

function nearest(element: HTMLElement): Corner {
  const { left, top, width, height } = element.getBoundingClientRect();
  const onLeft = left + width / 2 < innerWidth / 2;
  return {
    block: top + height / 2 < innerHeight / 2 ? 'start' : 'end',
    inline: onLeft === isRtl(element) ? 'end' : 'start',
  };
}

/** Where an arrow key sends it; null for other keys. */
function towards(key: string, from: Corner, element: Element): Corner | null {
  const left = isRtl(element) ? 'end' : 'start';
  switch (key) {
    case 'ArrowUp':
      return { ...from, block: 'start' };
    case 'ArrowDown':
      return { ...from, block: 'end' };
    case 'ArrowLeft':
      return { ...from, inline: left };
    case 'ArrowRight':
      return { ...from, inline: left === 'start' ? 'end' : 'start' };
    default:
      return null;
  }
}

/** Round the screen. */
function after({ block, inline }: Corner): Corner {
  if (block === 'end') return inline === 'end' ? { block, inline: 'start' } : { block: 'start', inline };
  return inline === 'start' ? { block, inline: 'end' } : { block: 'end', inline };
}

function glide(element: HTMLElement, before: DOMRect): void {
  if (isCalm()) return;
  const { left, top } = element.getBoundingClientRect();
  const from = `${before.left - left}px ${before.top - top}px`;
  element.animate([{ translate: from }, { translate: '0 0' }], { duration: 240, easing: 'ease-out' });
}
