/** A shield that waits for the key beside it. */
export function KeyDrawing() {
  return (
    <svg class="drawing" viewBox="0 0 160 112" aria-hidden="true">
      <ellipse class="draw-shade" cx="80" cy="102" rx="52" ry="6" />
      <path
        class="draw-soft"
        d="M94 10 124 20a6 6 0 0 1 4 6v26c0 20-14 34-32 42a5 5 0 0 1-4 0C74 86 60 72 60 52V26a6 6 0 0 1 4-6Z"
      />
      <path
        class="draw-strong"
        d="M48 40a18 18 0 1 0 16.6 25H82v8a4 4 0 0 0 4 4h4a4 4 0 0 0 4-4v-8h4a4 4 0 0 0 4-4v-3a4 4 0 0 0-4-4H65.5A18 18 0 0 0 48 40Z"
      />
      <circle class="draw-hole" cx="46" cy="58" r="6" />
    </svg>
  );
}
