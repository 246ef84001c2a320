/** A lens over a bubble in which nothing stands. */
export function LensDrawing() {
  return (
    <svg class="drawing" viewBox="0 0 160 112" aria-hidden="true">
      <ellipse class="draw-shade" cx="80" cy="102" rx="52" ry="6" />
      <path
        class="draw-soft"
        d="M46 12h56a20 20 0 0 1 20 20v22a20 20 0 0 1-20 20H76L58 88a3 3 0 0 1-5-2V74h-7a20 20 0 0 1-20-20V32a20 20 0 0 1 20-20Z"
      />
      <path class="draw-line" d="M46 32h34M46 45h20" />
      <path
        class="draw-strong"
        d="M98 34a26 26 0 1 0 13.6 48.2L127 97.6a6 6 0 0 0 8.5-8.5L120.1 73.7A26 26 0 0 0 98 34Z"
      />
      <circle class="draw-hole" cx="98" cy="60" r="17" />
    </svg>
  );
}
