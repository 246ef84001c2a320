/** Two people side by side, for places without anybody; drawn like those of drawings.tsx. */
export function PeopleDrawing() {
  return (
    <svg class="drawing" viewBox="0 0 160 112" aria-hidden="true">
      <ellipse class="draw-shade" cx="80" cy="102" rx="54" ry="6" />
      <circle class="draw-soft" cx="102" cy="38" r="16" />
      <path class="draw-soft" d="M74 92c0-18 12-30 28-30s28 12 28 30a4 4 0 0 1-4 4H78a4 4 0 0 1-4-4Z" />
      <circle class="draw-strong" cx="62" cy="34" r="18" />
      <path class="draw-strong" d="M30 92c0-21 14-34 32-34s32 13 32 34a4 4 0 0 1-4 4H34a4 4 0 0 1-4-4Z" />
    </svg>
  );
}
