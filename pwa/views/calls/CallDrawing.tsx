/** A handset that rings in a speech bubble. */
export function CallDrawing() {
  return (
    <svg class="drawing" viewBox="0 0 160 112" aria-hidden="true">
      <ellipse class="draw-shade" cx="80" cy="102" rx="50" ry="6" />
      <path
        class="draw-soft"
        d="M50 12h60a22 22 0 0 1 22 22v32a22 22 0 0 1-22 22H86L66 101a3 3 0 0 1-5-2V88H50a22 22 0 0 1-22-22V34a22 22 0 0 1 22-22Z"
      />
      <path
        class="draw-strong"
        d="M68 28c2-1 5 0 6 2l5 10c1 2 0 4-1 5l-6 6c4 8 9 13 17 17l6-6c1-1 3-2 5-1l10 5c2 1 3 4 2 6-2 7-8 11-15 10-23-3-36-16-39-39-1-7 3-13 10-15Z"
      />
      <path class="draw-line" d="M94 26c10 2 17 9 19 19M93 37c5 1 8 4 9 9" />
    </svg>
  );
}
