/** Small drawings for empty places. Their colours come from styles/base.css, so they follow the theme. */

/** Two speech bubbles, one with a keyhole. */
export function LettersDrawing() {
  return (
    <svg class="drawing" viewBox="0 0 160 112" aria-hidden="true">
      <ellipse class="draw-shade" cx="80" cy="102" rx="58" ry="6" />
      <path
        class="draw-soft"
        d="M88 14h38a18 18 0 0 1 18 18v18a18 18 0 0 1-18 18h-2v12a3 3 0 0 1-5 2L104 68H88a18 18 0 0 1-18-18V32a18 18 0 0 1 18-18Z"
      />
      <path class="draw-line" d="M90 36h34M90 47h22" />
      <path
        class="draw-strong"
        d="M34 34h42a18 18 0 0 1 18 18v18a18 18 0 0 1-18 18H58L41 99a3 3 0 0 1-5-2v-9h-2a18 18 0 0 1-18-18V52a18 18 0 0 1 18-18Z"
      />
      <path
        class="draw-hole"
        d="M55 51a8 8 0 0 0-4 15l-2 8a2 2 0 0 0 2 3h8a2 2 0 0 0 2-3l-2-8a8 8 0 0 0-4-15Z"
      />
    </svg>
  );
}

/** A bubble that waits to be filled. */
export function BubbleDrawing() {
  return (
    <svg class="drawing" viewBox="0 0 160 112" aria-hidden="true">
      <ellipse class="draw-shade" cx="80" cy="102" rx="46" ry="6" />
      <path
        class="draw-soft"
        d="M52 18h56a22 22 0 0 1 22 22v20a22 22 0 0 1-22 22H84L64 97a3 3 0 0 1-5-2V82h-7a22 22 0 0 1-22-22V40a22 22 0 0 1 22-22Z"
      />
      <g class="draw-dots">
        <circle cx="60" cy="50" r="6" />
        <circle cx="80" cy="50" r="6" />
        <circle cx="100" cy="50" r="6" />
      </g>
    </svg>
  );
}
