/** The app's mark: a speech bubble with a keyhole. The same shapes as icons/icon.svg. */
export function BrandMark() {
  return (
    <svg class="brand-mark" viewBox="0 0 512 512" aria-hidden="true">
      <path
        class="brand-bubble"
        d="M256 112c-90 0-160 60-160 138 0 42 21 79 54 104l-12 50c-2 9 7 16 15 12l58-31c14 3 29 4 45 4 90 0 160-61 160-139S346 112 256 112Z"
      />
      <path
        class="brand-keyhole"
        d="M256 182a42 42 0 0 0-21 78l-12 50a10 10 0 0 0 10 12h46a10 10 0 0 0 10-12l-12-50a42 42 0 0 0-21-78Z"
      />
    </svg>
  );
}
